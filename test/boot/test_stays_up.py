"""
Where no emulator can be left, Meridian stays up and the last word stands on the screen as on the serial port:
seen by reading the VGA text page and Meridian's own memory through QEMU's monitor.
"""

import contextlib
import os
import re
import subprocess
import tempfile
import time

import bad_modules as bad
import pytest
from boot import KERNELS, LOGS, Row, machine
from emulator import run
from load import patient
from monitor import arguments, commands
from rows_badinput import NOT_ELF

IMAGE_BASE = 0xffff82d000000000     # linker/meridian.lds: virtual less physical
TEXT_PAGE, TEXT_BYTES = 0xb8000, 80 * 25 * 2
LIMIT_S, PATIENCE_S = 30, 15

OVER = "The run is over; it is safe to switch off."
HALTED = "Meridian: halted"


def keeper_memory(kernel):
    """Where the keeper's state lies in physical memory: (address, bytes)."""
    symbols = subprocess.run(["nm", "-S", kernel], stdout=subprocess.PIPE, text=True, check=True).stdout
    address, size = re.search(r"^(\w+) (\w+) . keeper$", symbols, re.M).groups()
    return int(address, 16) - IMAGE_BASE, int(size, 16)


class Watcher:
    """
    Once `trigger` is in the output: takes what is on the screen when all of `lines` are there (or never will
    be), then waits for the keeper to move on.
    """

    def __init__(self, folder, trigger, lines, keeper):
        self._path, self._dump = os.path.join(folder, "qmp"), os.path.join(folder, "dump")
        self._trigger, self._lines, self._keeper, self._seen = trigger, lines, keeper, ""
        self.arguments = arguments(self._path)
        self.screen, self.moves, self.done = "", False, False

    def see(self, text):
        self._seen += text
        # Its line is to end: on a busy host the emulator may stand still in the midst of it.
        if self.done or "\n" not in self._seen.partition(self._trigger)[2]:
            return
        with commands(self._path) as give:
            self.screen = self._wait_screen(give)
            self.moves = bool(self._keeper) and self._moves(give)
        self.done = True

    def _wait_screen(self, give):
        """
        Each line goes to the serial port first, and is drawn in parts. The rows follow one another here: a
        long line is whole.
        """
        end = time.monotonic() + patient(PATIENCE_S)
        while True:
            cells = self._read(give, TEXT_PAGE, TEXT_BYTES)
            text = cells[::2].decode("ascii", "replace")    # the others are colours
            if all(line in text for line in self._lines) or time.monotonic() > end:
                return text
            time.sleep(0.2)

    def _read(self, give, address, size):
        give(f"pmemsave {address:#x} {size} {self._dump}")
        with open(self._dump, "rb") as file:
            return file.read()

    def _moves(self, give):
        """The keeper notes something at each of its ticks, four a second."""
        first, end = self._read(give, *self._keeper), time.monotonic() + patient(PATIENCE_S)
        while time.monotonic() < end:
            time.sleep(0.1)
            if self._read(give, *self._keeper) != first:
                return True
        return False


def watch(row, trigger, lines, keeper=None):
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder:
        command = machine(row, folder).command()
        at = next(i for i, word in enumerate(command) if word.startswith("isa-debug-exit"))
        del command[at - 1:at + 1]
        watcher = Watcher(folder, trigger, lines, keeper)
        outcome = run(command + watcher.arguments, limit_s=patient(LIMIT_S), show=watcher.see,
                      stop_at=lambda text: watcher.done, log_path=os.path.join(LOGS, f"{row.name}.log"))
    assert outcome.ended == "stopped", f"not up any more (QEMU: {outcome.ended}, status {outcome.status})"
    assert outcome.log.text.count("@verdict ") == 1
    assert outcome.log.verdict["result"] == "fail"
    for line in lines:
        assert line in watcher.screen
    return watcher


@contextlib.contextmanager
def no_commands(_path):
    yield None


def test_a_line_that_has_not_ended_is_waited_for(monkeypatch, tmp_path):
    monkeypatch.setitem(globals(), "commands", no_commands)
    watcher = Watcher(tmp_path, "reason=no-apic", [], None)
    watcher._read = lambda *_: b""
    for piece in ("@verdict result=fail reason=no-a", "pic li", "nes=1"):
        watcher.see(piece)
        assert not watcher.done
    watcher.see("\r\n")
    assert watcher.done


REFUSED = [
    Row("up-refused-kernel", "kernel", (), cpus=4, module=bad.bytes_of(b"no kernel")),
    Row("up-refused-bios", "iso-bios", (), cpus=2, module=bad.bytes_of(b"no kernel" * 99)),
    # A bad verdict is to be read, whatever was to follow a good one.
    Row("up-bad-option", "kernel", (), cpus=1, cmdline="end=poweroff mem=1"),
    Row("up-no-module", "kernel", (), cpus=1, module=bad.nothing),
]
LINES = {
    "up-refused-kernel": "it is shorter than an ELF header",
    "up-refused-bios": NOT_ELF,
    "up-bad-option": "option \"mem=1\" must be MiB, 8 to 4096: correct it or leave it out",
    "up-no-module": "there is no module: give the guest's ELF",
}


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_refused_guest_harms_nothing(row):
    """It is said on the screen too, and the clock is kept as if nothing had been."""
    lines = [f"guest: refused: {LINES[row.name]}", OVER]
    watcher = watch(row, OVER, lines, keeper_memory(KERNELS[row.kernel]))
    assert watcher.moves, "the keeper has stood still"


HALTS = [
    (Row("halts-no-long-mode", "kernel", (), cpus=1, cpu_model="qemu64,-lm"), "reason=no-long-mode",
     "Meridian cannot run: this CPU has no 64-bit mode"),
    (Row("halts-no-apic", "iso-bios", (), cpus=1, cpu_model="max,-apic"), "reason=no-apic",
     "Meridian cannot run: this CPU has no local APIC"),
    # The page tables cannot be built: the screen is written to through those of the 32-bit start.
    (Row("halts-no-memory", "iso-bios", (), cpus=1, prepare="cutmem 1M 1G"), HALTED,
     "Meridian panic: no memory for page tables: give the machine more"),
    # Whatever is on the screen while time is kept, the panic takes it all.
    (Row("halts-while-time-is-kept", "kernel", (), cpus=4, kernel="traps", cmdline="trap=panic@2"), HALTED,
     "Meridian panic: the test asked for it"),
]


@pytest.mark.parametrize("row, trigger, line", HALTS, ids=[row.name for row, _, _ in HALTS])
def test_halts_with_the_reason_on_the_screen(row, trigger, line):
    watch(row, trigger, [line, "@verdict result=fail reason="])


def test_without_a_timer_the_verdict_stands_on_the_screen():
    """No time runs, so it is painted once, and stays."""
    row = Row("stays-timeless", "kernel", (), cpus=1, machine="q35,hpet=off,pit=off", cmdline="acpi=off")
    watch(row, "reason=no-timer", ["There is no timer to hold TSCs against.", "offset tk", "* CPU0"])
