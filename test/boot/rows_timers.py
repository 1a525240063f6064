"""
Reference timers out of order, in a test image (test/faults/timers.c), in the deterministic lane: the TSC is
true time there. A timer that stands still, leaps, is bent, loses time or cannot be read is told, blamed, and
replaced where it is the reference; no promise is broken by it.
"""

from boot import Row
from expect import all_vcpus, bounded, check_says, exact_time, never_back, one_line, sound, undisturbed
from rows_cpus import says

RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded, one_line, exact_time,
         check_says("in-step", linux="unsure", option="none"))
WHEN = 2100     # millions of the TSC: a second after the guest began


def replaced(what, to="pmtimer", by="hpet", off_ns=None, within_ns=10**6):
    """Once, with what it did; and the rest of the run goes on by the new one."""
    def told(row, log):
        lines = log.all("reference")
        assert [(line["what"], line["from"], line["to"]) for line in lines] == [(what, by, to)], \
            [line.text for line in lines]
        if off_ns is not None:
            assert abs(lines[0].number("off_ns") - off_ns) <= within_ns, lines[0].text
        assert lines[0].number("slack_ns") < 1000, lines[0].text
        assert log.all("check")[0]["source"] == to
    return told


def kept(name="hpet"):
    def stayed(row, log):
        assert not log.all("reference")
        assert log.all("check")[0]["source"] == name
    return stayed


def whole_window(row, log):
    """Eleven readings, 10 ms apart: a wait that ends early makes a window that tells little of the rate."""
    window = log.all("window")[0]
    assert window.number("ns") > 95 * 10**6 and window.number("readings") == 11, window.text


def some_misread(row, log):
    assert log.all("check")[0].number("misreads") > 0


def states(name, *wanted):
    """The states of a timer beside the HPET, one after another, as told while the guest ran."""
    def gone_through(row, log):
        found = [line["state"] for line in log.all("witness") if line["name"] == name]
        squeezed = [state for at, state in enumerate(found) if at == 0 or found[at - 1] != state]
        assert squeezed == list(wanted), f"{name}: {found}"
    return gone_through


def looks_stay_short(row, log):
    """On one CPU no other takes a turn in between. 20 us more, and a twentieth in all."""
    (line,) = log.all("looks")
    assert 0 < line.number("others_ns") <= 20000, line.text
    assert 0 < line.number("others_permille") <= 50, line.text


def timers(name, fault, *expect, **settings):
    return Row(name, "exact", expect, kernel="timers", cmdline=f"timer={fault}",
               **{"guest_cmdline": "quiet", "seconds": 5, "limit_s": 120, **settings})


ROWS = [
    # All in order: each is read by turns, until its estimate has all the brackets that it keeps.
    Row("timer-turns", "exact", (*RIGHT, kept(), looks_stay_short), cpus=1, seconds=16, limit_s=120,
        guest_cmdline="quiet"),
    # The reference: all TSCs leave it together, are in step, and two other timers go with them.
    timers("timer-stands-still", f"hpet:stands@{WHEN}", *RIGHT, replaced("stands-still")),
    timers("timer-leaps", f"hpet:leap@{WHEN}:20000", *RIGHT, replaced("off", off_ns=20 * 10**6)),
    timers("timer-set-back", f"hpet:leap@{WHEN}:-20000", *RIGHT, replaced("off", off_ns=-20 * 10**6)),
    timers("timer-bent", f"hpet:bent@{WHEN}:5000", *RIGHT, replaced("off")),
    timers("timer-loses-time", f"hpet:lossy@{WHEN}:20000", *RIGHT, replaced("off", off_ns=-20 * 10**6)),
    timers("timer-dead", f"hpet:dead@{WHEN}", *RIGHT, replaced("unreadable")),
    timers("timer-stands-still-1", f"hpet:stands@{WHEN}", *RIGHT, replaced("stands-still"), cpus=1),
    # Another timer: nothing but a line is made of it.
    timers("timer-other-leaps", f"pmtimer:leap@{WHEN}:20000", *RIGHT, kept(),
           states("pmtimer", "agrees", "apart"), says(r"clock: the pmtimer has left the hpet.*")),
    # Wrong from the start: it never becomes the reference.
    timers("timer-bent-from-start", "hpet:bent@0:5000", *RIGHT, kept("pmtimer"),
           says(r"hpet: refused: by it the TSC runs at \d+ kHz, by pmtimer at 10\d+ kHz, 0\.[45] % apart")),
    # What cannot be read rightly now and then is left out: all ones from the first reading on, old counts
    # from the window on (during the trial they look like a counter that steps, and another one is taken).
    timers("timer-all-ones", "hpet:ones@0:64", *RIGHT, kept(), whole_window, some_misread,
           says(never=(r"rtc: no clock.*",))),
    timers("timer-stale", "hpet:stale@230:16", *RIGHT, kept(), whole_window, some_misread,
           says(never=(r"rtc: no clock.*",))),
    # All together, which is what a TSC at a new rate looks like: nobody can tell.
    timers("timer-all-bent", f"all:bent@{WHEN}:5000", sound, all_vcpus,
           says(r"clock: the timers go on together.*rate of the TSCs against all timers, cause unknown"),
           verdict="fail"),
]
