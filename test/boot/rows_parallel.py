"""
TSCs in parallel: apart by a constant, at equal rates. And what is next to that: an offset that grows, none,
and what was not watched for long enough.
"""

from bochs import IPS
from boot import Row
from expect import all_vcpus, bounded, check_says, never_back, one_line, per_cpu, sound, undisturbed
from injected import APART, IN_STEP, modes, offsets, rates
from rows_bochs import adjusts
from rows_cpus import says

S = 10**9
RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded)
PACKAGE = (0, 0, 1873 * 10**6, 1873 * 10**6)     # the second of two, as firmware left it
PARALLEL = (r"check: CPU2's TSC runs in parallel with the boot CPU's: offset 1\.873 s \+/- \d+ ns, "
            r"rates equal to \d+ ppb\..*")
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


def untouched(row, log):
    """By default nothing is written, and nothing is said of it."""
    assert not log.all("repair") and not log.all("repaired") and "repair:" not in log.text


def parallel(name, cmdline, *expect, lane="exact", **settings):
    return Row(f"parallel-{name}", lane, RIGHT + expect, kernel="inject", cmdline=cmdline,
               **{"guest_cmdline": "quiet", "limit_s": 120, "cpus": 4, "seconds": 4, **settings})


AHEAD = IPS * 1873 // 1000      # ticks


def wrote(cpus):
    """Each CPU's adjustment as it was and is, to the bit; no others were written. What is left is told."""
    def told(row, log):
        found = {line.number("cpu"): (line.number("was"), line.number("now")) for line in log.all("repair")}
        assert found == cpus, f"written: {found}"
        (line,) = log.all("repaired")
        assert (line["state"], line["why"]) == ("done", "stayed"), dict(line)
        assert line.number("cpus") == len(cpus) and line.number("residue_ticks") <= 32, dict(line)
        (check,) = log.all("check")
        assert (check["verdict"], check["linux"], check["repaired"]) == ("in-step", "unsure", str(len(cpus)))
        assert f"_REPAIRED:{len(cpus)}_" in log.all("qr")[0]["text"], log.all("qr")[0]["text"]
        assert {line.number("cpu"): line.number("adjust") for line in log.all("row")
                if line.number("cpu") in cpus} == {cpu: now for cpu, (_, now) in cpus.items()}
    return told


def ended(state, why):
    def told(row, log):
        (line,) = log.all("repaired")
        assert (line["state"], line["why"], line["cpus"]) == (state, why, "0"), dict(line)
        assert not log.all("repair"), "something was written"
    return told


def repair(name, cmdline, *expect, **settings):
    return parallel(f"repair-{name}", f"repair=try {cmdline}", one_line, modes(IN_STEP), *expect,
                    **{"lane": "bochs", "cpus": 3, "seconds": 4, **settings})


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
             untouched, lane="bochs", cpus=2),
    repair("ahead", f"adjust=0,{AHEAD},{AHEAD}", wrote(cpus={1: (AHEAD, 0), 2: (AHEAD, 0)})),
    repair("boot-ahead", f"adjust={AHEAD},0,0", wrote(cpus={1: (0, AHEAD), 2: (0, AHEAD)})),
    repair("behind", f"adjust=0,-{AHEAD},0", wrote(cpus={1: (-AHEAD, 0)})),
    repair("needless", "", ended("none", "in-step"), check_says("in-step", linux="safe", repaired="0"),
           seconds=3),
    # Written too far each time: it never comes into step. All is as it was then, to the bit.
    Row("parallel-repair-misled", "bochs", RIGHT + (
        ended("put-back", "not-settled"), adjusts(0, AHEAD, -AHEAD), per_cpu,
        check_says("in-parallel", linux="unsure", repaired="0")),
        kernel="inject", cpus=3, seconds=4, guest_cmdline="quiet", limit_s=120,
        cmdline=f"repair=try misrepair=5000 adjust=0,{AHEAD},-{AHEAD}"),
    # Without TSC_ADJUST: nothing is written.
    Row("parallel-repair-refused", "bochs", RIGHT + (
        ended("refused", "no-tsc-adjust"), per_cpu,
        says(r"repair: refused: not every CPU has IA32_TSC_ADJUST, .*"),
        check_says("in-parallel", linux="unsafe", repaired="0")),
        kernel="inject", cpus=2, seconds=4, guest_cmdline="quiet", limit_s=120,
        cmdline=f"repair=try tsc={AHEAD},0", bochs={"cpu_model": "ryzen"}),
]
