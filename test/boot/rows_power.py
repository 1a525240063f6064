"""
The end of a run by the machine's own means: switched off by ACPI, reset by each way that a PC may have.
A machine that goes off ends its emulator, one that resets boots again (emulator.py); QEMU's log says whether
it was a triple fault that did it. UEFI and Bochs are switched off in rows_menu.py.
"""

import os
import re

from boot import LOGS, Row
from emulator import THREAD_EACH
from expect import all_vcpus, bounded, never_back, sound

GOOD = (sound, all_vcpus, never_back, bounded)
SHORT = {"cpus": 2, "seconds": 1}
OFF = "power: switching off by ACPI"
NO_WAY = "power: ACPI names no way of switching this machine off"
ACPI, CHIPSET, KEYBOARD, FAULT = (f"power: reset by {way}" for way in (
    "ACPI's register", "the chipset's port 0xcf9", "the keyboard controller", "a triple fault"))

# No PCI and no ACPI; without PCI nor a keyboard controller; and ACPI's hardware-reduced kind, whose sleep and
# reset registers lie in memory.
ISA, BARE, REDUCED = "isapc", "microvm,pit=on,pic=on,rtc=on,acpi=off", "microvm,pit=on,pic=on,rtc=on"


def power_lines(*wanted):
    """These and no other, and nothing is said after them."""
    def lines(row, log):
        said = [line for line in log.text.splitlines() if line.startswith("power: ")]
        assert said == list(wanted), f"said: {said}"
        _, _, after = log.text.partition(wanted[-1])
        # A firmware that starts again may speak first.
        assert row.leaves == "reset" or not after.strip(), f"said after the end: {after}"
    return lines


def triple_faults(count):
    """Of ours, in 64-bit mode: SeaBIOS resets by one of its own when it is started again."""
    def faults(row, log):
        with open(resets(row.name), encoding="ascii", errors="replace") as file:
            seen = len(re.findall(r"^Triple fault\nCPU Reset .*\nRAX=", file.read(), re.M))
        assert seen == count, f"QEMU saw {seen} triple faults, not {count}"
    return faults


def resets(name):
    """QEMU's own log of what its CPUs did when they were reset."""
    return os.path.join(LOGS, f"{name}-resets.log")


def by_the_boot_cpu(row, log):
    """Another CPU ends the run; the last act is the boot CPU's."""
    said = re.findall(r"^fault test: (CPU \d+ (?:ends|flushes))", log.text, re.M)
    assert said == ["CPU 2 ends", "CPU 2 flushes", "CPU 0 flushes"], f"said: {said}"


def off(name, lane, **settings):
    return Row(name, lane, GOOD + (power_lines(OFF),), cmdline="end=poweroff", leaves="off",
               **{**SHORT, **settings})


def reset(name, ways, words="", **settings):
    faults = int(ways[-1] == FAULT)
    return Row(name, "kernel", GOOD + (power_lines(*ways), triple_faults(faults)), leaves="reset",
               cmdline=f"end=reset {words}".strip(), firmware=lambda folder: [
                   "-d", "cpu_reset", "-D", resets(name)], **{**SHORT, **settings})


ELSEWHERE = {"cpus": 4, "seconds": 1, "kernel": "cpus"}

ROWS = [
    Row("off-by-another", "kernel", (by_the_boot_cpu,), leaves="off",
        cmdline="cpufault=ends@2 end=poweroff", accel=THREAD_EACH, **ELSEWHERE),
    off("off-kernel", "kernel"),
    # Where there is no way the run ends as any other.
    Row("off-no-way", "kernel", (sound, never_back, bounded, power_lines(NO_WAY)), cpus=1, seconds=1,
        cmdline="acpi=off end=poweroff"),
    off("off-first-acpi", "kernel", machine="pc"),
    off("off-reduced", "kernel", machine=REDUCED),
    reset("reset-acpi", [ACPI]),
    reset("reset-reduced", [ACPI], machine=REDUCED),
    reset("reset-chipset", [CHIPSET], machine="pc"),
    reset("reset-keyboard", [CHIPSET, KEYBOARD], words="acpi=off", machine=ISA, cpus=1),
    Row("reset-bochs", "bochs", GOOD + (power_lines(CHIPSET),), cmdline="end=reset", leaves="reset",
        **{**SHORT, "limit_s": 120}),
    reset("reset-fault", [CHIPSET, KEYBOARD, FAULT], machine=BARE, cpus=1),
]
