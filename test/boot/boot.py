"""From a row of the table to a boot and its outcome. Logs stay under build/test/logs/."""

import contextlib
import os
import subprocess
import tempfile
from dataclasses import dataclass

from atlines import xen_is_done
from emulator import ONE_THREAD, run
from machines import meridian_by_iso, meridian_by_kernel, xen

LOGS = os.path.join("build", "test", "logs")
KERNELS = {"meridian": "build/meridian.elf", "test": "build/test/meridian.elf",
           "clang": "build/clang/meridian.elf"}
GUESTS = {"guest": "build/guest.elf", "foreign": "build/foreign.elf", "clang": "build/clang/guest.elf"}


@dataclass(frozen=True)
class Row:
    """
    One boot. lane: iso-bios, iso-uefi, kernel (QEMU's loader), exact (the same, deterministic),
    xen, xen-exact.
    expect: functions of expect.py, called with (row, log). load: busy loops beside it.
    verdict: ok, fail, or any.
    repeat: boots twice and wants the same output.
    """

    name: str
    lane: str
    expect: tuple
    cpus: int = 4
    seconds: int = 3
    cmdline: str = ""
    guest_cmdline: str = ""
    guest: str = "guest"
    kernel: str = "meridian"
    machine: str = "q35"
    accel: str = ONE_THREAD
    load: int = 0
    verdict: str = "ok"
    repeat: bool = False
    limit_s: int = 60

    def on_xen(self):
        return self.lane.startswith("xen")

    def words_for_guest(self):
        return f"duration={self.seconds} {self.guest_cmdline}".strip()


def machine(row, folder):
    programs = (KERNELS[row.kernel], GUESTS[row.guest])
    words = (row.cmdline, row.words_for_guest())
    settings = {"cpus": row.cpus, "accel": row.accel}
    if row.lane in ("xen", "xen-exact"):
        return xen(programs[1], words[1], deterministic=row.lane == "xen-exact", **settings)
    settings["machine"] = row.machine
    if row.lane.startswith("iso-"):
        firmware = row.lane.removeprefix("iso-")
        iso = os.path.join(folder, "meridian.iso")
        return meridian_by_iso(iso, *programs, *words, firmware=firmware, **settings)
    if row.lane in ("kernel", "exact"):
        return meridian_by_kernel(*programs, *words, deterministic=row.lane == "exact", **settings)
    raise ValueError(f"row {row.name}: no lane is called {row.lane}")


@contextlib.contextmanager
def busy_loops(count):
    """So many processes that use a host CPU each, for as long as the block lasts."""
    loops = []
    try:
        for _ in range(count):
            # `timeout` ends the loop even if this process is killed.
            loops.append(subprocess.Popen(["timeout", "-k", "1", "300", "sh", "-c", "while :; do :; done"]))
        yield
    finally:
        for loop in loops:
            loop.terminate()
            loop.wait()


def boot(row, suffix=""):
    """Boots the row's machine once; gives its Outcome and the log's path."""
    path = os.path.join(LOGS, f"{row.name}{suffix}.log")
    # Xen stays up when its guest is gone.
    stop_at = xen_is_done if row.on_xen() else None
    os.makedirs("build/test", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder, busy_loops(row.load):
        outcome = run(machine(row, folder).command(), limit_s=row.limit_s, log_path=path, stop_at=stop_at)
    return outcome, path

