"""
Bochs: x2APIC mode and TSC-deadline timers, which QEMU's TCG has not got; and an emulator with other faults.
Its own log is a second witness of what Meridian did to the hardware.
"""

import os
import re

from bochs import IPS
from boot import LOGS, Row
from expect import (all_vcpus, bounded, check_says, idles, line_begins, never_back, one_line, per_cpu,
                    sound, undisturbed, verdict)

SMEP, SMAP, UMIP = 1 << 20, 1 << 21, 1 << 11    # in CR4
TICKS_A_SECOND = 90     # of 100: the guest's last one may be cut


def true_hz(row):
    """The TSC's rate; what Bochs says in CPUID leaf 15h is about a hundred times that."""
    return row.bochs.get("ips", IPS)


def at_ips(row, log):
    """The TSC's rate by measurement, not by CPUID; on every CPU within what is said of it."""
    for line in log.all("cpu"):
        allowed_hz = true_hz(row) * line.number("hz_ppb") // 10**9 + 1
        assert abs(line.number("hz") - true_hz(row)) <= allowed_hz, f"hz={line['hz']}"
    assert abs(verdict(log).number("rate_ppb")) <= 1000


def true_time(row, log):
    """Bochs' TSC and HPET are one time: between two reports the clock is right within its bounds (T3)."""
    seconds = log.all("second")
    for early, late in zip(seconds, seconds[1:]):
        truth_ns = (late.number("tsc") - early.number("tsc")) * (10**9 // true_hz(row))
        off_ns = abs(late.number("time_ns") - early.number("time_ns") - truth_ns)
        assert off_ns <= late.number("err_ns") + early.number("err_ns"), f"off by {off_ns} ns"


def alarms_came(row, log):
    """Every VCPU had its 100 ticks a second: no CPU's timer was lost."""
    wanted = TICKS_A_SECOND * row.cpus * row.seconds
    ticks = log.all("events")[-1].number("ticks")
    assert ticks >= wanted, f"{ticks} ticks on {row.cpus} VCPUs in {row.seconds} s"


def _of_each_cpu(row, pattern):
    """What Bochs' log says last of each CPU, by its number (in hex there)."""
    with open(os.path.join(LOGS, f"{row.name}-bochs.log"), encoding="utf-8", errors="replace") as file:
        last = {int(number, 16): said for number, said in re.findall(pattern, file.read())}
    assert sorted(last) == list(range(row.cpus)), f"Bochs speaks of CPUs {sorted(last)}"
    return last


def protected(bits):
    """On every CPU, to the end."""
    def on(row, log):
        for cpu, cr4 in _of_each_cpu(row, r"\[CPU(\w) *\] \| CR3=\S+ CR4=0x(\w+)").items():
            assert int(cr4, 16) & bits == bits, f"CPU{cpu}: CR4={cr4}"
    return on


def apics_left(state):
    """As the last change of every APIC's mode left it."""
    def left(row, log):
        for cpu, mmio in _of_each_cpu(row, r"\[APIC(\w) *\] allocate APIC id=\w+ \(MMIO (\w+)\)").items():
            assert mmio == state, f"APIC{cpu}: MMIO {mmio}"
    return left


def adjusts(*ticks):
    """TSC_ADJUST as firmware left it on each CPU: shown."""
    def shown(row, log):
        found = tuple(line.number("tsc_adjust") for line in log.all("cpu"))
        assert found == ticks, f"tsc_adjust={found}"
    return shown


RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded, at_ips, true_time, alarms_came,
         protected(SMEP | SMAP))
GOOD = RIGHT + (one_line,)
XAPIC = (line_begins("apic: xAPIC mode"), apics_left("enabled"))
X2APIC = (line_begins("apic: x2APIC mode"), apics_left("disabled"))
# Tiger Lake, the default here; Bochs' Ryzen has neither.
DEADLINE = (line_begins("apic: alarms are deadlines on the TSC"), protected(UMIP))
COUNTER = (line_begins("apic: alarms by its counter"),)

# TSC_ADJUST of the boot CPU alone, as firmware leaves it: 50 s ahead, or 0.5 s behind. Bochs' own sum of
# deadlines leaves it out: on that CPU they never come, or all come at once.
AHEAD = "wrmsr 0x3b 0x3b9aca00"
BEHIND = "wrmsr 0x3b 0xffffffffff676980"

ROWS = [
    Row("bochs-1", "bochs", GOOD + XAPIC + DEADLINE, cpus=1, seconds=2, repeat=True),
    # Its MWAIT sleeps, in as deep a state as it names, and is woken by the store.
    Row("bochs-4", "bochs", GOOD + XAPIC + DEADLINE + (idles("C7", goes_on=3),), cpus=4, seconds=1,
        limit_s=120),
    Row("bochs-15", "bochs", GOOD + XAPIC + DEADLINE + (idles("C7", goes_on=14),), cpus=15, seconds=1,
        limit_s=300, bochs={"ips": 10000000}),
    Row("hw-x2apic-handover", "bochs", GOOD + X2APIC + DEADLINE, cpus=4, seconds=1, limit_s=120,
        prepare="wrmsr 0x1b 0xfee00d00"),
    Row("bochs-counter", "bochs", GOOD + XAPIC + COUNTER, cpus=2, seconds=1, limit_s=120,
        bochs={"cpu_model": "ryzen"}),
    Row("hw-tsc-adjust-ahead", "bochs",
        RIGHT + (per_cpu, adjusts(10**9, 0), check_says("not-in-step", linux="unsure", option="none"),
                 line_begins("apic: CPU0's deadline on its TSC does not come")),
        cpus=2, seconds=1, limit_s=120, prepare=AHEAD),
    Row("hw-tsc-adjust-behind", "bochs",
        RIGHT + (per_cpu, adjusts(-10**7, 0), check_says("not-in-step", linux="unsure", option="none"),
                 line_begins("apic: CPU0's deadline on its TSC comes early")),
        cpus=2, seconds=1, limit_s=120, prepare=BEHIND),
]
