"""
Machines without any timer: QEMU's microvm with none of its own, and others of which the timers are off or not
named. No time is kept and no guest runs, but TSCs are held against one another, and a verdict is told.
"""

import re

from boot import Row
from expect import check_says

NOTHING = "microvm,pit=off,pic=off,rtc=off"
UNKNOWN = check_says("unknown", linux="unsure", option="none", source="none", unit="ticks", watched_s="0")


def no_panic(row, log):
    """It ends with a verdict of its own reason, and claims no rate."""
    assert log.verdict["reason"] == "no-timer", dict(log.verdict)
    assert "panic" not in log.text and not log.all("second") and len(log.all("row")) == row.cpus
    for line in log.all("row"):
        assert (line["hz"], line["hz_ppb"], line["source"]) == ("0", "unknown", "none"), dict(line)
    assert re.search(r"^check: There is no timer to hold TSCs against\.|^check: CPU1's TSC", log.text, re.M)
    assert "_TICKS:" in log.all("qr")[0]["text"]


def figure(name, wanted, within):
    """Of CPU1, in ticks of the boot CPU's TSC, or ppb."""
    def found(row, log):
        check = log.all("check")[0]
        assert abs(check.number(name) - wanted) <= within, f"{name}={check[name]}"
    return found


def bounded(most_ticks, most_ppb):
    def known(row, log):
        check = log.all("check")[0]
        assert 0 < check.number("offset_bound_ns") <= most_ticks, dict(check)
        assert 0 < check.number("rate_bound_ppb") <= most_ppb, dict(check)
    return known


def timeless(name, *expect, **settings):
    return Row(f"timeless-{name}", "exact", (no_panic, *expect),
               **{"cpus": 4, "machine": NOTHING, "verdict": "fail", "limit_s": 60, **settings})


ROWS = [
    timeless("4", UNKNOWN, bounded(2000, 10000)),
    timeless("1", UNKNOWN, cpus=1),
    # A PC whose timers are off, or that names none.
    timeless("pc", UNKNOWN, bounded(2000, 10000), machine="q35,hpet=off,pit=off", cmdline="acpi=off",
             firmware=lambda folder: ["-smp", "2,sockets=2"], cpus=2),
    # A TSC that is ahead, and one that is fast.
    timeless("ahead", check_says("not-in-step", linux="unsafe", option="tsc=unstable", unit="ticks"),
             figure("offset_ns", 10**6, 2000), kernel="inject", cpus=2, cmdline="skew=0,1000000"),
    timeless("drift", check_says("drift", linux="unsafe", option="tsc=unstable", unit="ticks"),
             figure("rate_ppb", 200000, 10000), kernel="inject", cpus=2, cmdline="rate=0,200"),
]
