"""
Whether a TSC goes on while its CPU idles deeply (hv/keeper/idle.c). QEMU's MWAIT comes back at once; Bochs'
sleeps (rows_bochs.py). A TSC that stands still there by the layer of SVM in test/faults/inject.c, CPUs that
do not sleep or wake as they should by test/faults/cpus.c.
"""

from boot import Row
from expect import (all_vcpus, bounded, check_says, exact_hz, idles, line_begins, never_back, one_line, sound,
                    undisturbed)
from rows_cpus import TIME, apic_ids, fails
from rows_inject import inject

STOOD_NS = 10**7    # of the 20 ms


def stood_still(row, log):
    """No longer than it did, and less only by what went by before all slept and after they woke."""
    (line,) = log.all("idle")
    assert 0 <= STOOD_NS - line.number("stopped_ns") < 200000, f"stopped_ns={line['stopped_ns']}"


RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded)
ALL_THREE = TIME + (apic_ids(0, 1, 2), one_line, exact_hz)

ROWS = [
    inject("idle-stops", f"stands=1:{STOOD_NS}", *RIGHT, idles("C1", stopped=1, awake=1), stood_still,
           check_says("stops-in-idle", linux="unsafe", option="clocksource=hpet", mode="percpu"),
           line_begins("idle: the TSC of CPU1 stood still, or was set back, for "), cpus=3, seconds=4),
    Row("idle-off", "exact", RIGHT + (one_line, idles("none"), line_begins(
        "idle: deep idle was not tried: idle=off")), cpus=2, seconds=1,
        cmdline="idle=off"),
    Row("idle-alone", "exact", RIGHT + (idles("none"), line_begins(
        "idle: deep idle was not tried: there is no other CPU")), cpus=1, seconds=1),
    Row("idle-no-mwait", "exact", RIGHT + (one_line, idles("none"), line_begins(
        "idle: deep idle was not tried: no MWAIT")), cpus=2, seconds=1,
        cpu_model="max,-monitor"),
    fails("idle-restless", "restless@1", *ALL_THREE, idles("C1", awake=1, no_answer=1),
          line_begins("idle: CPU1 gave no answer")),
    # It waits in HLT, where a store wakes nobody: the interrupt after it does.
    fails("idle-deaf", "deaf@1", *ALL_THREE, idles("C1", awake=1, goes_on=1)),
]
