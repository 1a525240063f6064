"""
Reference timers out of order, in a test image (test/faults/timers.c), in the deterministic lane: the TSC is
true time there. A timer that stands still, leaps, is bent, loses time or cannot be read is told, blamed, and
replaced where it is the reference; no promise is broken by it.
"""

import re

from boot import Row
from expect import all_vcpus, bounded, check_says, exact_time, never_back, one_line, sound, undisturbed
from rows_cpus import says

RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded, one_line, exact_time,
         check_says("in-step", linux="unsure", option="none"))
FAKED_PPM = 500 # faketime's 1.01 is 1.01004
WHEN = 2100     # millions of the TSC: a second after the guest began


def replaced(what, to="pmtimer", by="hpet", off_ns=None, within_ns=10**6):
    """Once, with what it did; and the rest of the run goes on by the new one."""
    def told(row, log):
        lines = log.all("reference")
        assert [(line["what"], line["from"], line["to"]) for line in lines] == [(what, by, to)], \
            [dict(line) for line in lines]
        if off_ns is not None:
            assert abs(lines[0].number("off_ns") - off_ns) <= within_ns, dict(lines[0])
        assert lines[0].number("slack_ns") < 1000, dict(lines[0])
        check = log.all("check")[0]
        assert (check["source"], check["disputed"]) == (to, by), dict(check)
    return told


def kept(name="hpet", disputed="none"):
    def stayed(row, log):
        assert not log.all("reference")
        check = log.all("check")[0]
        assert (check["source"], check["disputed"]) == (name, disputed), dict(check)
    return stayed


def rate_within_bound(row, log):
    """Of every TSC, which runs at 1 GHz: however wrong the reference, if the others do not say so too."""
    for line in log.all("row"):
        allowed = line.number("hz") * line.number("hz_ppb") // 10**9 + 1
        assert abs(line.number("hz") - 10**9) <= allowed, dict(line)


def in_code(names):
    def told(row, log):
        assert f"_DISPUTED:{names.upper().replace(',', '.')}_" in log.all("qr")[0]["text"]
    return told


def differ(*names, says_so):
    """The TSCs are in step; no more of the rate is claimed than is known, and no option names these."""
    return (sound, all_vcpus, never_back, undisturbed, bounded, one_line, rate_within_bound,
            check_says("in-step", linux="unsure", option="none", disputed=",".join(names)),
            in_code(",".join(names)), says(f"check: .*{says_so}.*"))


def whole_lines(row, log):
    """Every line for programs is a word and key=value pairs, and none stands within another."""
    for line in log.text.splitlines():
        assert "@" not in line[1:] or not re.search(r"@(verdict|disruption|clock|check)\b", line[1:]), line
        if line.startswith("@") and not line.startswith("@machine"):
            assert re.fullmatch(r"@\w+( \w+=\S+)*", line), line


def whole_window(row, log):
    """Eleven readings, 10 ms apart: a wait that ends early makes a window that tells little of the rate."""
    window = log.all("window")[0]
    assert window.number("ns") > 95 * 10**6 and window.number("readings") == 11, dict(window)


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
    assert 0 < line.number("others_ns") <= 20000, dict(line)
    assert 0 < line.number("others_permille") <= 50, dict(line)


def crystal(ppm, most_ppm, *wanted):
    """What the RTC's lines say at last: so fast beside the HPET, known to within so much, by these states."""
    def told(row, log):
        lines = [line for line in log.all("witness") if line["name"] == "rtc"]
        assert lines and lines[-1]["against"] == "hpet", "nothing is told of the RTC"
        off, bound = lines[-1].number("ratio_ppb") / 1000 - ppm, lines[-1].number("bound_ppb") / 1000
        assert bound <= most_ppm, dict(lines[-1])
        assert abs(off) <= bound + FAKED_PPM * (ppm != 0), dict(lines[-1])
        assert {line["state"] for line in lines} <= set(wanted), [dict(line) for line in lines]
        (check,) = log.all("check")
        assert check["crystals"] == ("rtc-off" if ppm else "agree"), dict(check)
        off, bound = check.number("rtc_ppb") / 1000 - ppm, check.number("rtc_bound_ppb") / 1000
        assert abs(off) <= bound + FAKED_PPM * (ppm != 0), dict(check)
        assert "_RTC:" in log.all("qr")[0]["text"], log.all("qr")[0]["text"]
    return told


def timers(name, fault, *expect, **settings):
    return Row(name, "exact", expect, kernel="timers", cmdline=f"timer={fault}",
               **{"guest_cmdline": "quiet", "seconds": 5, "limit_s": 120, **settings})


def rtc(name, fault, *wanted, amount=""):
    """Nothing but a line is made of it."""
    return Row(name, "exact", (*RIGHT, kept(), states("rtc", *wanted)), kernel="timers", cpus=1, seconds=12,
               cmdline=f"rtc={fault}@6000{amount}", guest_cmdline="quiet", limit_s=120)


ROWS = [
    # All in order: each is read by turns, until its estimate has all the brackets that it keeps.
    Row("timer-turns", "exact", (*RIGHT, kept(), looks_stay_short, crystal(0, 2, "agrees")), cpus=1,
        seconds=16, limit_s=120, guest_cmdline="quiet"),
    # The reference: all TSCs leave it together, are in step, and two other timers go with them.
    timers("timer-stands-still", f"hpet:stands@{WHEN}", *RIGHT, replaced("stands-still")),
    timers("timer-leaps", f"hpet:leap@{WHEN}:20000", *RIGHT, replaced("off", off_ns=20 * 10**6)),
    timers("timer-set-back", f"hpet:leap@{WHEN}:-20000", *RIGHT, replaced("off", off_ns=-20 * 10**6)),
    timers("timer-bent", f"hpet:bent@{WHEN}:5000", *RIGHT, replaced("off")),
    timers("timer-loses-time", f"hpet:lossy@{WHEN}:20000", *RIGHT, replaced("off", off_ns=-20 * 10**6)),
    timers("timer-dead", f"hpet:dead@{WHEN}", *RIGHT, replaced("unreadable")),
    timers("timer-pauses", f"hpet:pauses@{WHEN}:700000", *RIGHT, replaced("stands-still")),
    timers("timer-stands-still-of-two", f"hpet:stands@{WHEN}", *RIGHT, replaced("stands-still"),
           machine="q35,pit=off"),
    timers("timer-stands-still-1", f"hpet:stands@{WHEN}", *RIGHT, replaced("stands-still"), cpus=1),
    # Another timer: nothing but a line is made of it.
    timers("timer-other-leaps", f"pmtimer:leap@{WHEN}:20000", *RIGHT, kept(disputed="pmtimer"),
           states("pmtimer", "agrees", "apart"), says(r"clock: the pmtimer has left the hpet.*")),
    # Wrong from the start: it never becomes the reference.
    timers("timer-bent-from-start", "hpet:bent@0:5000", *RIGHT, kept("pmtimer", "hpet"),
           says(r"hpet: refused: by it the TSC runs at \d+ kHz, by pmtimer at (?:10|99)\d+ kHz, "
                r"0\.[45] % apart")),
    # What cannot be read rightly now and then is left out: all ones from the first reading on, old counts
    # from the window on (during the trial they look like a counter that steps, and another one is taken).
    timers("timer-all-ones", "hpet:ones@0:64", *RIGHT, kept(), whole_window, some_misread,
           says(never=(r"rtc: no clock.*",))),
    timers("timer-stale", "hpet:stale@230:16", *RIGHT, kept(), whole_window, some_misread,
           says(never=(r"rtc: no clock.*",))),
    # The RTC, whose crystal is another: off by 1 %, right, and out of order. QEMU's own shows a second's end
    # as late as its main loop comes round: on a busy host some ms, which no bracket can know of. So the bent
    # one is run by its name, on an idle host.
    Row("rtc-bent", "kernel", (sound, never_back, undisturbed, crystal(10000, 5000, "differs"), says(
        r"clock: the rtc is \+\d+ \+/- \d+ ppm beside the hpet: the other timers agree with the reference, "
        r"so the RTC's crystal is off", several=True),
        says(r"check: .* The rtc's crystal is off: [01]\.\d+ % fast, to within .*")), cpus=2, seconds=12,
        wall_rate=1.01, guest_cmdline="quiet", counts=True, beside=True),
    Row("rtc-right", "exact", (sound, never_back, undisturbed, says(never=(r"clock: the rtc .*",))), cpus=2,
        seconds=8, guest_cmdline="quiet"),
    rtc("rtc-stands", "stands", "agrees", "apart"),
    rtc("rtc-leaps", "leap", "agrees", "apart", amount=":-7"),
    rtc("rtc-dead", "dead", "agrees", "unread"),
    # All together, which is what a TSC at a new rate looks like: nobody can tell.
    timers("timer-all-bent", f"all:bent@{WHEN}:5000", sound, all_vcpus,
           says(r"clock: the timers go on together.*rate of the TSCs against all timers, cause unknown"),
           check_says("unknown", linux="unsure", option="none", disputed="none"),
           says(r"check: \d+ times all TSCs together and all timers together disagreed .*"), verdict="fail"),
    # One timer alone, and all TSCs leave it: nobody can tell either, and Linux is not sent to that timer.
    timers("timer-alone-leaps", f"hpet:leap@{WHEN}:20000 clocksource=hpet", sound, all_vcpus,
           check_says("unknown", linux="unsure", option="none", source="hpet"),
           says(r"check: 1 times all TSCs together and the reference disagreed .*"), verdict="fail"),
    # Disruptions to the very end, told by any CPU: the verdict is a whole line, and the last for programs.
    timers("timer-lines-whole", f"hpet:lossy@{WHEN}:20000 clocksource=hpet", sound, whole_lines,
           check_says("unknown", linux="unsure", option="none"), verdict="fail", seconds=8),
    timers("timer-alone-set-back", f"hpet:leap@{WHEN}:-20000 clocksource=hpet", sound, all_vcpus,
           check_says("unknown", linux="unsure", option="none", source="hpet"), verdict="fail"),
    # Rates that differ: less than what is refused at start-up, and more; with a third timer and without.
    timers("timer-bent-little", "hpet:bent@0:1000",
           *differ("hpet", says_so=r"The hpet's rate is off, by up to 0\.1[12]\d %")),
    timers("timer-bent-little-of-two", "hpet:bent@0:1000",
           *differ("hpet", "pmtimer", says_so="The pmtimer differs from the reference by .* nothing tells"),
           machine="q35,pit=off"),
    timers("timer-bent-much-of-two", "hpet:bent@0:5000",
           *differ("hpet", "pmtimer", says_so="The pmtimer differs from the reference by .* nothing tells"),
           machine="q35,pit=off"),
    timers("timer-other-bent-little", "pmtimer:bent@0:1000",
           *differ("pmtimer", says_so=r"The pmtimer's rate is off, by")),
]
