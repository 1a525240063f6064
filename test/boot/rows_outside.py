"""
Machines that are stopped from outside, whole or in part, or set back; and truth from outside: records judged
by the host's clock (scripts/lib/truth.py).
"""

import mailbox
from atlines import Log
from boot import Row
from emulator import THREAD_EACH
from expect import (all_vcpus, bounded, exact_hz, exact_time, goes_back, never_back, one_line, per_cpu,
                    reported_by_guest, sound, undisturbed, verdict)
from records import records_of
from stalls import cpu_stop, monitor_stop, outside, set_back, signal_stop, threads_named

STOP_S, SHORT_NS = 2, 100_000_000    # SHORT: a host may hold QEMU up between the two
LEAST_LIFE_NS = 200_000_000
AT = "@second n=2 "
RIGHT = (sound, all_vcpus, never_back, one_line, bounded, undisturbed)


# ---- Stops ----

def gaps_ns(log):
    """From each @second line to the next: (by the clock, by the TSC)."""
    seconds, hz = log.all("second"), log.all("cpu")[0].number("hz")
    return [(late.number("time_ns") - early.number("time_ns"),
             (late.number("tsc") - early.number("tsc")) * 10**9 // hz)
            for early, late in zip(seconds, seconds[1:])]


def no_gap(row, log):
    for clock_ns, tsc_ns in gaps_ns(log):
        assert max(clock_ns, tsc_ns) < STOP_S * 10**9, f"a gap of {clock_ns} ns, {tsc_ns} by the TSC"


def goes_on_with_the_tsc(row, log):
    """One gap as long as the stop, and the clock went through it with the TSC."""
    (clock_ns, tsc_ns), = [gap for gap in gaps_ns(log) if gap[1] >= STOP_S * 10**9]
    assert abs(clock_ns - tsc_ns) < 10000, f"the clock went {clock_ns} ns, the TSC {tsc_ns}"


def told_if_it_shows(row, log):
    """
    QEMU stops its TSC and its timers one after the other, and starts them so: they may part by as long as
    that takes. Then it must be told, once.
    """
    told = log.all("disruption")
    assert len(told) == verdict(log).number("disruptions") <= 1, f"{len(told)} @disruption lines"
    assert all(abs(line.number("off_ns")) < SHORT_NS for line in told), told


# ---- Set back ----

def second_time(log):
    """The @second lines after the machine was set back: there n is lower than before."""
    seconds = log.all("second")
    for at in range(1, len(seconds)):
        if seconds[at].number("n") <= seconds[at - 1].number("n"):
            return seconds[:at], seconds[at:]
    raise AssertionError("it was never set back: the lines' numbers only grow")


def was_set_back(row, log):
    before, after = second_time(log)
    assert after[0].number("tsc") < before[-1].number("tsc")


def set_back_is_told(row, log):
    """
    Memory and timers went back by some seconds, the TSC did not. S goes on with the TSC at first; as soon as
    the reference is looked at, it is told by how much the two are apart; the bound is unknown, and known
    again.
    """
    before, after = second_time(log)
    gone_ns = (after[0].number("tsc") - before[0].number("tsc")) * 10**9 // log.all("cpu")[0].number("hz")
    # Saving stops QEMU for a moment, which may be told too (told_if_it_shows): in the life that is undone.
    told, = [line for line in log.all("disruption") if line.line_number > before[-1].line_number]
    assert told["what"] == "tsc-ahead-or-hpet-slow" and verdict(log).number("disruptions") == 1
    known_again, = [line for line in log.all("established") if line.line_number > told.line_number]
    assert known_again.number("disruptions") == 1
    assert -gone_ns < told.number("off_ns") < -STOP_S * 10**9 // 2, f"off_ns={told['off_ns']}"
    for early, late in zip(after, after[1:]):
        assert late.number("time_ns") > early.number("time_ns"), "the clock went back"
    bounds = [line["err_ns"] for line in after if line.number("time_ns") > told.number("at_ns")]
    assert "unknown" in bounds and bounds[-1] != "unknown", f"bounds after it: {bounds}"
    assert "unknown" not in bounds[bounds.count("unknown"):], f"known and unknown again: {bounds}"


def never_back_since(row, log):
    """What the guest itself counted, over what it lived through."""
    for key in ("back_self", "back_global", "worst_ns"):
        assert verdict(log).number(key) == 0, f"{key}={verdict(log)[key]}"


# ---- Truth ----

def true(row, log):
    """One constant suits all records and all moments of their lives, and each rate is within its bound."""
    truth = log.truth(log)
    assert truth.records >= row.seconds * 2, f"{truth.records} records in {row.seconds} s"
    assert truth.bounded == truth.records, f"{truth.records - truth.bounded} records without a bound"
    assert truth.kept(), "; ".join(truth.complaints[:4])


def true_when_asked(row, log):
    """The same by questions and answers, without a word about the TSC."""
    finding = mailbox.judge(log.answers)
    assert finding.judged >= row.seconds * 10, f"{finding.judged} answers in {row.seconds} s"
    assert finding.kept(), "; ".join(finding.complaints[:4])


def untrue(row, log):
    assert log.truth(log).complaints, "a publisher that lies was believed"
    assert mailbox.judge(log.answers).complaints, "a publisher that lies was believed when asked"


def judged_to_be_off(row, log):
    """The rival gives no bound; how far it is off is seen all the same."""
    truth = log.truth(log)
    assert truth.bounded == 0 and truth.records >= row.cpus
    assert truth.worst_ns > 1000, f"Xen was right to {truth.worst_ns:.0f} ns: the judge saw nothing"


def slip_allowed(log):
    """Whether Meridian found at its start that this machine's TSC slips."""
    return log.all("clock")[0].number("slip_ns") > 0


def true_where_slips_are_allowed(row, log):
    """
    With a thread for each CPU the TSC jumps ahead now and then (emulator.py), by too little to be a
    disruption. What Meridian allows for that is in its bound, where it has seen at its start that CPUs run at
    once; on a busy host they may not, and then there is no such bound to be judged.
    """
    if slip_allowed(log):
        true_when_asked(row, log)


def true_since_established(row, log):
    """After the last disruption the bound is true again."""
    _, established, after = log.text.rpartition("\n@established ")
    assert established
    lines = [line for line in after.splitlines() if " disruptions=0 " not in line]  # one may be printed late
    truth = log.truth(Log("\n".join(lines)))
    assert truth.bounded >= 2, f"{truth.bounded} bounded records since it was established"
    assert truth.kept(), "; ".join(truth.complaints[:4])


def faster_by_1_ppm(log):
    """The log with its last long-lived record a little too fast."""
    record = [one for one in records_of(log) if one.ns(one.last) - one.time > LEAST_LIFE_NS][-1]
    old = f" stamp={record.stamp} time={record.time} mul={record.mul} "
    new = f" stamp={record.stamp} time={record.time} mul={round(record.mul * (1 + 1e-6))} "
    assert log.text.count(old) == 1
    return Log(log.text.replace(old, new))


def would_see_1_ppm(row, log):
    """The judge can refuse: the very same log, one record of it changed."""
    complaints = log.truth(faster_by_1_ppm(log)).complaints
    assert len(complaints) >= 1 and "its bound allows" in complaints[0], complaints


TRUE = RIGHT + (true, true_when_asked, would_see_1_ppm)
JUDGED = {"truth": True, "guest_cmdline": "records mailbox", "counts": True}
ROWS = [
    # Plain QEMU, where a host disturbs.
    Row("stop-monitor", "kernel", (sound, all_vcpus, never_back, told_if_it_shows, no_gap),
        outside=outside((AT, monitor_stop(STOP_S))), verdict="any"),
    Row("stop-signal", "kernel", RIGHT + (goes_on_with_the_tsc, true), seconds=5,
        outside=outside((AT, signal_stop(STOP_S))), **JUDGED),
    Row("stop-signal-pit", "kernel", RIGHT + (goes_on_with_the_tsc, true), seconds=5,
        cmdline="clocksource=pit", outside=outside((AT, signal_stop(STOP_S))), **JUDGED),
    Row("stop-one-cpu", "kernel", (sound, all_vcpus, never_back), accel=THREAD_EACH, verdict="any",
        outside=outside(("@second n=1 ", cpu_stop(2, 0.1, 3)), prepare=threads_named)),
    Row("set-back", "kernel",
        (sound, all_vcpus, never_back_since, set_back_is_told, true_since_established), seconds=7,
        cmdline="clocksource=hpet", truth=True, guest_cmdline="quiet records", verdict="fail",
        outside=set_back("@second n=2 ", "@second n=4 ")),

    # In the deterministic lane the host's clock is nowhere seen: the same output as without. QEMU's own stop
    # only changes which CPU's turn it is, and set back the TSC goes back too: nobody could notice.
    Row("exact-stop-signal", "exact", RIGHT + (exact_hz, exact_time), repeat=True, seconds=2,
        outside=outside(("@second n=1 ", signal_stop(STOP_S)))),
    Row("exact-set-back", "exact", RIGHT + (exact_hz, exact_time, was_set_back),
        outside=set_back("@second n=1 ", "@second n=3 ", (AT, monitor_stop(STOP_S))), seconds=4,
        guest_cmdline="quiet"),

    Row("truth", "kernel", TRUE, seconds=6, load=2, limit_s=90, **JUDGED),
    Row("truth-percpu", "kernel", (sound, all_vcpus, never_back, undisturbed, bounded, per_cpu, true),
        cmdline="clockmode=percpu clocksource=pmtimer", **JUDGED),
    Row("truth-threads", "kernel", (sound, all_vcpus, never_back, true_where_slips_are_allowed),
        accel=THREAD_EACH, verdict="any", **JUDGED),
    Row("truth-xen", "xen", (reported_by_guest, judged_to_be_off), truth=True,
        guest_cmdline="records"),
    Row("truth-liar", "kernel", (sound, goes_back, untrue), kernel="test", verdict="fail", **JUDGED),
]
