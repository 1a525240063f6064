"""
Time that is stolen from CPUs (`stolen=`, hv/check/stolen.c). In the deterministic lane the test image takes
it at known times (test/faults/thief.c), and all CPUs lose it, for they take turns; nobody else takes any
there. Elsewhere the host takes more, and what is injected is among it.
"""

import re

from boot import Row
from expect import bounded, never_back, sound
from rows_cpus import TIME, says

EACH_S = "150:1000000"      # 150 us, once a second
PERIOD_NS = 10**9
SLACK_US = 10               # what a turn of all CPUs may add


def stolen(log):
    return log.all("stolen")


def decades(line):
    return [int(part) for part in line["decades"].split(",")]


def stolen_for(seconds):
    """A line for each CPU, which watched so long; but a host may stall it when that is over."""
    def told(row, log):
        lines = stolen(log)
        assert [line.number("cpu") for line in lines] == list(range(row.cpus)), f"{len(lines)} lines"
        for line in lines:
            watched = line.number("watched_ns")
            assert abs(watched - seconds * 10**9) < 10**9 / 4, f"watched_ns={watched}"
            assert line.number("gaps") == sum(decades(line)[1:]), line
            assert line.number("back") == 0, line
    return told


def nothing(row, log):
    for line in stolen(log):
        assert line.number("gaps") == 0 and line.number("largest_ns") < 10000, line
        assert line["period_ns"] == line["second_period_ns"] == "unknown", line


def injected(log):
    turns = re.findall(r"^fault test: thief \d+ came (\d+) times$", log.text, re.M)
    return sum(int(count) for count in turns)


def found(count, longest_us, shorter=0):
    """So many gaps of 150 us and more on each CPU, beside so many shorter ones, and no other."""
    def seen(row, log):
        assert injected(log) == count + shorter, f"{injected(log)} were injected"
        for line in stolen(log):
            assert line.number("long") == count and line.number("gaps") == count + shorter, line
            assert longest_us <= line.number("largest_ns") / 1000 <= longest_us + SLACK_US, line
    return seen


def period(ns, gaps, second_ns=None):
    """The period on each CPU, to within 0.1 %, and how many of the last gaps have it."""
    def seen(row, log):
        for line in stolen(log):
            assert abs(line.number("period_ns") - ns) <= ns / 1000, line
            assert line.number("period_gaps") == gaps, line
            if second_ns is None:
                assert line["second_period_ns"] == "unknown", line
            else:
                assert abs(line.number("second_period_ns") - second_ns) <= second_ns / 1000, line
    return seen


def no_period(row, log):
    assert all(line["period_ns"] == "unknown" for line in stolen(log)), [str(line) for line in stolen(log)]


def among_those_found(row, log):
    """The boot CPU, from which it is taken, has at least as many."""
    assert injected(log) >= 10, f"{injected(log)} were injected"
    assert stolen(log)[0].number("long") >= injected(log), stolen(log)[0]


def smis(row, log):
    """One more each time that the MSR is read, on CPU 1 alone: at the phase's begin and at its end."""
    counts = [line["smi"] for line in stolen(log)]
    assert counts == ["0", "1", "0"], counts


def not_asked(row, log):
    assert not stolen(log) and "stolen:" not in log.text


def steals(name, words, *expect, seconds=12, **settings):
    settings = {"lane": "exact", "kernel": "cpus", "guest_cmdline": "quiet", "seconds": 1, "limit_s": 150,
                **settings}
    time = TIME if settings["lane"] == "exact" else (sound, never_back, bounded)
    return Row(f"stolen-{name}", expect=time + (stolen_for(seconds),) + expect,
               cmdline=f"stolen={seconds}{' steals=' if words else ''}{words}", **settings)


ROWS = [
    steals("each-second", EACH_S, found(12, 150), period(PERIOD_NS, 12), says(
        r"stolen: Time was stolen: on CPU\d 12 gaps of 10 us or more in 12 s, the longest 15\d us, "
        r"12 of 150 us or more; one each 1000\.0 ms\. SMIs: unknown\.")),
    steals("nothing", "", nothing, says("stolen: No time was stolen: no gap of 10 us in 8 s."), seconds=8,
           kernel="meridian"),
    # 150 us each second, and 40 us each 300 ms.
    steals("two-periods", f"{EACH_S},40:300000", found(9, 150, shorter=30),
           period(PERIOD_NS, 9, 300 * 10**6), seconds=9),
    # Late by up to 5 ms it is still one each second; by up to half a second there is no period, and still 9.
    steals("jitter", f"{EACH_S}:5000", found(9, 150), period(PERIOD_NS, 9), seconds=9, cpus=2),
    steals("wild", f"{EACH_S}:500000", found(9, 150), no_period, seconds=9, cpus=2),
    # Too few for a period.
    steals("few", EACH_S, found(4, 150), no_period, seconds=4, cpus=1),
    steals("smi", f"{EACH_S} cpufault=smis@1", smis, seconds=2, cpus=3),
    steals("among-others", "150:200000", among_those_found, seconds=3, lane="kernel"),
    Row("stolen-off", "exact", TIME + (not_asked,), kernel="cpus", cpus=1, seconds=1, guest_cmdline="quiet",
        cmdline="stolen=0"),
    # A minute of both; by name only.
    steals("minute", EACH_S, found(60, 150), period(PERIOD_NS, 60), seconds=60, beside=True, limit_s=400),
    steals("minute-nothing", "", nothing, seconds=60, kernel="meridian", beside=True, limit_s=400),
]
