"""docs/hardware.md names a test for each trap: all of them must exist, and none may be missing there."""

import glob
import os
import re

from boot import LOGS
from emulator import run
from load import patient
from machines import meridian_by_iso
from rows import ROWS
from rows_screen import SCREENS

DOCUMENT = os.path.join("docs", "hardware.md")
FUNCTION = re.compile(r"cmocka_unit_test\((\w+)\)")


def table():
    """The rows of its first table: (trap, rule, where, tests)."""
    with open(DOCUMENT, encoding="utf-8") as file:
        part = file.read().split("## Traps")[1].split("\n## ")[0]
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line] for line in lines]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def unit_tests():
    """As the document names them: `test_mtrr: trap_mtrrs_differ`; only those that are run."""
    found = set()
    for path in glob.glob("test/unit/test_*.c"):
        with open(path, encoding="utf-8") as file:
            found |= {f"{os.path.basename(path)[:-2]}: {name}" for name in FUNCTION.findall(file.read())}
    return found


def boot_tests():
    """Those that are no rows: `test_usb: test_a_stick_is_taken`."""
    found = set()
    for path in glob.glob("test/boot/test_*.py"):
        with open(path, encoding="utf-8") as file:
            names = re.findall(r"^def (test_\w+)", file.read(), re.M)
            found |= {f"{os.path.basename(path)[:-3]}: {name}" for name in names}
    return found


def test_every_trap_has_its_test():
    known = {row.name for row in ROWS if not row.beside} | {shown.row.name for shown in SCREENS}
    known |= unit_tests() | boot_tests()
    lines = table()
    assert len(lines) >= 20
    for line in lines:
        assert len(line) == 4, f"not four cells: {line}"
        named = quoted(line[3])
        assert named, f"no test for: {line[0]}"
        missing = [name for name in named if name not in known]
        assert not missing, f"{line[0]}: there is no test {missing}"


def test_every_rule_has_its_place():
    for line in table():
        files = quoted(line[2])
        assert files, f"no file for: {line[0]}"
        missing = [name for name in files if not os.path.isfile(name)]
        assert not missing, f"{line[0]}: there is no file {missing}"


def test_no_trap_is_missing():
    named = {name for line in table() for name in quoted(line[3])}
    traps = {row.name for row in ROWS if row.name.startswith("hw-")}
    traps |= {name for name in unit_tests() if name.split(": ")[1].startswith("trap_")}
    assert len(traps) >= 25
    assert traps <= named, f"not in {DOCUMENT}: {sorted(traps - named)}"


def test_secure_boot_refuses(tmp_path):
    """Firmware with Microsoft's keys and no others starts nothing of ours, which the README says."""
    firmware = "if=pflash,format=raw"
    keys = ["-global", "driver=cfi.pflash01,property=secure,value=on",
            "-drive", f"{firmware},unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
            "-drive", f"{firmware},unit=1,snapshot=on,file=/usr/share/OVMF/OVMF_VARS_4M.ms.fd"]
    machine = meridian_by_iso(str(tmp_path / "meridian.iso"), "build/meridian.elf", "build/guest.elf", "", "",
                              cpus=1, machine="q35,smm=on", extra=keys)
    outcome = run(machine.command(), limit_s=patient(120), log_path=os.path.join(LOGS, "secure-boot.log"),
                  stop_at=lambda text: "Access Denied" in text or "Meridian" in text)
    assert "Access Denied" in outcome.log.text and "Meridian" not in outcome.log.text
    with open("README.md", encoding="utf-8") as file:
        assert re.search(r"[Tt]urn\s+Secure\s+Boot\s+off", file.read())
