"""What a log must say when TSCs were put out of step on purpose, or publishers in a hurry."""

import re

from bochs import IPS
from expect import verdict

S = 10**9
REAL_HZ = S         # of the deterministic lane's TSC, below every layer
JUDGE = re.compile(r"^judge: (\d+) records, (\d+) of them without a bound, (\d+) outside, "
                   r"the worst used (\d+) thousandths, at the end no bound above (\d+) ns$", re.M)
FOREIGN = re.compile(r"^foreign: vcpus=\d+ spread_ns=(\d+) back=(\d+) reads=(\d+)", re.M)


def judged(log):
    """Records, without a bound, outside, how much of its bound the worst used, the largest one at the end."""
    found = JUDGE.findall(log.text)
    assert len(found) == 1, "no word of the judge's"
    return tuple(map(int, found[0]))


def bound_kept(least, without=0):
    """T3 by the judge in the image: so many records, each to its end, none outside its bound."""
    def kept(row, log):
        records, unknown, outside = judged(log)[:3]
        assert records >= least, f"{records} records judged, fewer than {least}"
        assert unknown <= without, f"{unknown} records had no bound"
        assert outside == 0, f"{outside} of {records} records outside their bounds"
    return kept


def bounds_below(limit_ns):
    """On every CPU, at the end."""
    def below(row, log):
        assert judged(log)[4] < limit_ns, f"a bound of {judged(log)[4]} ns at the end"
    return below


def bound_tried(thousandths):
    """The bound was needed: some record used up so much of it."""
    def tried(row, log):
        assert judged(log)[3] >= thousandths, f"the worst used {judged(log)[3]} thousandths of its bound"
    return tried


def judge_sees(row, log):
    """The judge's own trial: bounds that were not raised by what the lines are bent."""
    assert judged(log)[2] > 0, "records with false bounds, and the judge saw none"


def modes(*expected):
    """Mode and reason, in the order in which they were chosen."""
    def chosen(row, log):
        said = re.findall(r"^clock: (unified|per-CPU) mode, (.*)$", log.text, re.M)
        assert said == list(expected), f"modes: {said}"
    return chosen


APART = ("per-CPU", "the TSCs are not in step")
IN_STEP = ("unified", "the TSCs are in step")


def ends_in(mode):
    def ended(row, log):
        assert verdict(log)["mode"] == mode, f"mode={verdict(log)['mode']}"
    return ended


def owned_up(off_ns, at_ns):
    """A jump that may be noise: told as a breach at that CPU's next look, and as a step after eight."""
    def told(row, log):
        first = log.all("breach")[0]
        least, most = first.number("at_least_ns"), first.number("at_most_ns")
        # Beyond a bound that is some 1200 ns there.
        assert 0 < least <= off_ns <= most + 1500, f"{least} to {most} ns told of {off_ns}"
        assert most - least < 2000, f"told no closer than {least} to {most} ns"
        assert abs(first.number("told_ns") - at_ns) < S // 2, f"told at {first.number('told_ns')}"
        (disruption,) = log.all("disruption")
        looks = (disruption.number("at_ns") - first.number("told_ns")) / (S / 4)
        assert 6 <= looks <= 9, f"a step after {looks} looks"
    return told


def slewed(ppm, at_ns):
    """A rate that noise explains at first, look after look, and then nothing does: it is told all along."""
    def told(row, log):
        first, disruption = log.all("breach")[0], log.all("disruption")[0]
        assert abs(first.number("told_ns") - at_ns) < S // 2, f"told at {first.number('told_ns')}"
        assert 0 < first.number("at_least_ns") <= ppm * 250, f"{first.number('at_least_ns')} ns at least"
        assert disruption.number("at_ns") - at_ns < 16 * S // 4, f"at {disruption.number('at_ns')}"
        assert len(log.all("established")) == len(log.all("disruption")), "the bound is not known again"
    return told


def new_rate(cpu, ppm, at_ns):
    """A rate beyond all that is assumed: measured anew once, and the bound known within 16 periods."""
    def told(row, log):
        rate = [line for line in log.all("rate") if line.number("cpu") == cpu]
        assert len(rate) == 1 and len(log.all("rate")) == 1, "not measured anew, or more than once"
        assert abs(rate[0].number("ppm") - ppm) <= 2, f"{rate[0].number('ppm')} ppm"
        last = log.all("established")[-1]
        first = log.all("disruption")[0].number("at_ns")
        known = log.all("disruption")[-1].number("at_ns") + last.number("delay_ns")
        assert first - at_ns < S // 2 and known - at_ns <= 16 * S // 4, f"known again at {known}"
    return told


def figures(log, word, cpus):
    """The lines of that word, each with the number of its CPU; there are some of each."""
    lines = [(line.number("id" if word == "cpu" else "cpu"), line) for line in log.all(word)]
    assert {cpu for cpu, _ in lines} == set(range(cpus)), f"not all CPUs in the @{word} lines"
    return lines


def rates(*ppm, real_hz=REAL_HZ):
    """Each CPU's rate as it was made, and beside the boot CPU's, within what is said of it; at all times."""
    def measured(row, log):
        for word in ("cpu", "sample", "row"):
            for cpu, line in figures(log, word, len(ppm)):
                hz = real_hz + real_hz * ppm[cpu] // 10**6
                allowed = hz * line.number("hz_ppb") // 10**9 + 1
                off = line.number("hz") - hz
                assert abs(off) <= allowed, f"@{word}: CPU {cpu}: hz={line['hz']}, not {hz}"
        for cpu, line in figures(log, "sample", len(ppm)):
            off = line.number("rate_ppb") - 1000 * (ppm[cpu] - ppm[0]) / (1 + ppm[0] / 10**6)
            assert abs(off) <= line.number("rate_bound_ppb"), f"CPU {cpu}: rate_ppb={line['rate_ppb']}"
    return measured


def offsets(*skew_ns):
    """Each CPU's offset from the boot CPU's as it was made, within what is said of it; at every moment."""
    def measured(row, log):
        for word in ("cpu", "sample", "row"):
            for cpu, line in figures(log, word, len(skew_ns)):
                off = line.number("offset_ns") - (skew_ns[cpu] - skew_ns[0])
                assert abs(off) <= line.number("offset_bound_ns"), f"@{word}: CPU {cpu}: {line['offset_ns']}"
    return measured


def true_time(ppm=0, first=1, hz=REAL_HZ):
    """
    VCPU 0's TSC is true time but for its rate: between any two seconds' reports, from the `first` on, its
    clock is right within the two bounds together (T3).
    """
    def right(row, log):
        seconds = [line for line in log.all("second") if line.number("n") >= first]
        assert len(seconds) >= 2
        for number, early in enumerate(seconds):
            for late in seconds[number + 1:]:
                ticks = late.number("tsc") - early.number("tsc")
                truth = ticks * (S // hz) * 10**6 // (10**6 + ppm)
                off = abs(late.number("time_ns") - early.number("time_ns") - truth)
                allowed = late.number("err_ns") + early.number("err_ns") + 1
                assert off <= allowed, f"@second {early['n']} to {late['n']}: off by {off}, bound {allowed}"
    return right


def within_bounds(row, log):
    """Per-CPU mode: raw reads lay apart by no more than two bounds, each second's and the greatest so far."""
    worst = 0
    for line in log.all("second"):
        worst = max(worst, line.number("err_ns"))
        assert line.number("spread_ns") <= 2 * worst, f"@second {line['n']}: spread_ns={line['spread_ns']}"


def counted(key, least):
    """A reader's counter in the verdict, at least so much."""
    def enough(row, log):
        assert verdict(log).number(key) >= least, f"{key}={verdict(log)[key]}"
    return enough


def tried(row, log):
    """T2 was tried: readers on every VCPU met records that were being written."""
    assert all(line.number("retries") > 0 for line in log.all("vcpu"))


def apart(row, log):
    """A faulty publish: whole records of different publishes lie side by side."""
    assert verdict(log)["reason"] in ("records-apart", "steps-back"), f"reason={verdict(log)['reason']}"
    assert verdict(log).number("spread_ns") > 0


def foreign_apart(row, log):
    (spread_ns, back, reads), = FOREIGN.findall(log.text)
    assert int(reads) > 0 and int(spread_ns) + int(back) > 0, "a faulty publisher was not seen"


def adjusts(*ticks, within=0):
    """TSC_ADJUST as each CPU was found with it: read and shown."""
    def shown(row, log):
        said = [line.number("tsc_adjust") for line in log.all("cpu")]
        assert len(said) == len(ticks)
        assert all(abs(a - b) <= within for a, b in zip(said, ticks)), f"tsc_adjust: {said}"
    return shown


# ---- Changes at run time (docs/promises.md, T6) ----

PERIOD_NS = 250 * 10**6
SLACK_NS = 10 * 10**6       # the guest's tick, which may hold an alarm back
SETTLING_NS = 8 * PERIOD_NS


def first_report_after(log, line):
    later = [second for second in log.all("second") if second.line_number > line.line_number]
    assert later, f"no @second after @{line.word}"
    return later[0].number("n")


def named(cpu, real_tsc, jump_ns, what, skew_ns=0, within_ns=2000, once=True):
    """
    The change on that CPU at this TSC is named: by the CPU itself, by so much, and in the next period at the
    latest. Its S may have been thrown ahead by the jump when it says so. once=False: it goes on, and is named
    again.
    """
    def told(row, log):
        line, *more = log.all("disruption")
        assert not (once and more), f"{len(more)} more disruptions"
        before = log.all("second")[0]
        changed_ns = before.number("time_ns") + real_tsc + skew_ns - before.number("tsc")
        assert before.line_number < line.line_number, "it came before the first report"
        assert line.number("cpu") == cpu and line["what"] in what, f"{line['cpu']}: {line['what']}"
        assert abs(line.number("off_ns") + jump_ns) <= within_ns, f"off_ns={line['off_ns']}"
        late_ns = line.number("at_ns") - changed_ns - max(jump_ns, 0)
        assert late_ns <= PERIOD_NS + SLACK_NS, f"named {late_ns} ns after it happened"
    return told


def written(cpu, at_ns, ticks, hz):
    """Somebody's write to TSC_ADJUST: named as that, by how much, in the next period at the latest."""
    def told(row, log):
        (line,) = log.all("disruption")
        assert line.number("cpu") == cpu and line["what"] == "tsc-adjust-written"
        jump_ns = ticks * (S // hz)
        assert abs(line.number("off_ns") + jump_ns) <= 2000, f"off_ns={line['off_ns']}"
        assert line.number("at_ns") - at_ns - max(jump_ns, 0) <= PERIOD_NS + SLACK_NS, f"at {line['at_ns']}"
        said = f"CPU {cpu}: somebody changed IA32_TSC_ADJUST from 0 to {ticks}"
        assert said in log.text.splitlines(), f"no line: {said}"
    return told


def got_over(row, log):
    """
    The bound reads unknown, then is established again, once; nothing steps back from the first report on that
    the naming is followed by; and from the end on the clock is right again.
    """
    (end,) = log.all("established")
    assert 0 < end.number("delay_ns") <= SETTLING_NS, f"established after {end['delay_ns']} ns"
    # Of those between two looks of VCPU 0's CPU its record counts one.
    counted_ones = verdict(log).number("disruptions")
    assert 1 <= counted_ones <= len(log.all("disruption")), f"{counted_ones} disruptions counted"
    first = first_report_after(log, log.all("disruption")[-1])
    seconds = [line for line in log.all("second") if line.number("n") >= first]
    between = [line for line in seconds if line.line_number < end.line_number]
    # VCPU 0's own may be known a little before every CPU's is; known, it stays so.
    unknown = [line["err_ns"] == "unknown" for line in between]
    if unknown and not unknown[0]:
        unknown = unknown[1:]     # read before the naming, and printed after it
    assert unknown == sorted(unknown, reverse=True), "the bound was known and lost again"
    assert not unknown or unknown[0], "a bound while there was none to be known"
    assert judged(log)[1] > 0, "no record ever went without a bound"
    assert len({line["back"] for line in seconds}) == 1, "steps back after the disruption was named"
    times = [line.number("time_ns") for line in log.all("second")]
    assert times == sorted(times)
    true_time(first=first_report_after(log, end), hz=IPS if row.lane == "bochs" else REAL_HZ)(row, log)


def tscs_behind(*behind_ns, within_ns=20000):
    """Each VCPU's TSC against the foremost one, as its guest sees it: never more, and hardly less."""
    def seen(row, log):
        for line, least in zip(log.all("vcpu"), behind_ns, strict=True):
            told = line.number("tsc_behind_ns")
            assert max(0, least - within_ns) <= told <= least, f"VCPU {line['id']}: behind by {told} ns"
    return seen


def self_never_back(row, log):
    """T1: on one VCPU nothing goes back, where no TSC was set back."""
    assert all(line.number("back_self") == 0 for line in log.all("vcpu"))


def all_go_on(row, log):
    """No VCPU was held up for long by what happened on its CPU."""
    reads = [line.number("reads") for line in log.all("vcpu")]
    assert min(reads) > max(reads) / 2, f"reads: {reads}"
