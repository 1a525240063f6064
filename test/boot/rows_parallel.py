"""
TSCs in parallel: apart by a constant, at equal rates. And what is next to that: an offset that grows, none,
and what was not watched for long enough.
"""

from bochs import IPS
from boot import Row
from expect import all_vcpus, bounded, check_says, never_back, one_line, per_cpu, sound, undisturbed
from injected import APART, IN_STEP, modes, offsets, rates
from rows_cpus import says

S = 10**9
RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded)
PACKAGE = (0, 0, 1873 * 10**6, 1873 * 10**6)     # the second of two, as firmware left it
PARALLEL = (r"check: CPU2's TSC runs in parallel with the boot CPU's: offset 1\.873 s \+/- \d+ ns, "
            r"rates equal to \d+ ppb\.")
REFUSED = (r"check: Without IA32_TSC_ADJUST Linux cannot correct that, and refuses the TSC\. Not safe .* "
           r"pass clocksource=hpet, .*")


def words(name, values):
    return f"{name}={','.join(str(value) for value in values)}"


def equal_rates(most_ppb):
    """As the line of figures has it, and the QR code."""
    def told(row, log):
        (line,) = log.all("check")
        assert abs(line.number("rate_ppb")) + line.number("rate_bound_ppb") <= most_ppb, dict(line)
        assert "_IN-PARALLEL_LINUX:" in log.all("qr")[0]["text"], log.all("qr")[0]["text"]
    return told


def parallel(name, cmdline, *expect, lane="exact", **settings):
    return Row(f"parallel-{name}", lane, RIGHT + expect, kernel="inject", cmdline=cmdline,
               **{"guest_cmdline": "quiet", "limit_s": 120, "cpus": 4, "seconds": 4, **settings})


ROWS = [
    # This TCG's CPUs have no TSC_ADJUST.
    parallel("package", words("skew", PACKAGE), per_cpu, modes(APART), offsets(*PACKAGE), equal_rates(1000),
             check_says("in-parallel", linux="unsafe", option="clocksource=hpet"), says(PARALLEL),
             says(REFUSED)),
    # 1 us: far below what Linux's watchdog would see.
    parallel("one", "skew=0,0,0,-1000", per_cpu, offsets(0, 0, 0, -1000), equal_rates(1000),
             check_says("in-parallel", linux="unsafe"),
             says(r"check: CPU3's TSC runs in parallel with the boot CPU's: offset -\d+ ns .*")),
    # The neighbours: it grows, by 1 ppm; all are moved alike; it is not known yet that it stays.
    parallel("grows", f"{words('skew', PACKAGE)} rate=0,0,1,1", per_cpu, rates(0, 0, 1, 1),
             check_says("drift", linux="unsafe"), seconds=8),
    parallel("alike", words("skew", (PACKAGE[2],) * 4), one_line, modes(IN_STEP), offsets(0, 0, 0, 0),
             check_says("in-step")),
    parallel("short", words("skew", PACKAGE), per_cpu, offsets(*PACKAGE),
             check_says("not-in-step", linux="unsafe"), seconds=1),
    # Written to TSC_ADJUST, which Linux makes equal.
    parallel("bochs-adjust", f"adjust=0,{IPS * 1873 // 1000}", per_cpu, modes(APART),
             check_says("in-parallel", linux="unsure", option="none"),
             says(r"check: Linux since 4\.10 makes IA32_TSC_ADJUST equal within a package, which .*"),
             lane="bochs", cpus=2),
]
