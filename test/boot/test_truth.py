"""The judge of truth from outside, on clocks whose truth is known."""

from dataclasses import replace

import pytest
from hostclock import HostClock, Unsteady
from mailbox import Answer, judge
from records import NONE_NS, NONE_PPB, STABLE, Record, lives
from truth import Judge, Offset, Witness

HZ = 2_500_000_000
MUL, SHIFT = round(2**32 * 10**9 / HZ * 2), -1      # 0.4 ns a tick
OFFSET = 10**12     # the host's TSC when the guest's was 0
PERIOD = HZ // 4
SECONDS = 12


def host_clock(fast_ppm=0.0, from_s=SECONDS / 2):
    """Sampled each 10 ms, 40 ns wide; from some moment on faster by so much."""
    def ns_at(tsc):
        since = tsc - OFFSET - from_s * HZ
        return 7_000_000_000 + (tsc - OFFSET) / HZ * 1e9 + max(0, since) / HZ * fast_ppm * 1e3
    samples = []
    for tsc in range(OFFSET - HZ, OFFSET + (SECONDS + 2) * HZ, HZ // 100):
        samples.append((tsc - 50, int(ns_at(tsc)), tsc + 50))
    return HostClock(samples)


def record(number, off_ns=0, **changes):
    """The number-th of one that is published each 250 ms, and by so much off the truth."""
    stamp = (number + 1) * PERIOD
    usual = Record(vcpu=0, version=2 * number, first=stamp + HZ // 10**5, last=stamp + PERIOD - HZ // 10**5,
                   stamp=stamp, time=stamp * 10**9 // HZ + off_ns, mul=MUL, shift=SHIFT, err_ns=100,
                   err_ppb=80, disruptions=0, flags=STABLE)
    return replace(usual, **changes)


class Lines:
    """What records_of() asks of a log."""

    def __init__(self, records):
        self._records = records

    def all(self, word):
        assert word == "record"
        return [_Line(one) for one in self._records]


class _Line:
    def __init__(self, one):
        self._one = one

    def number(self, key):
        return getattr(self._one, key)


def judged(records, clock=None, offset=Offset(OFFSET - HZ // 20, OFFSET + HZ // 20)):
    return Judge(clock or host_clock(), offset).judge(Lines(records))


def good(**changes):
    return [record(number, **changes) for number in range(SECONDS * 4)]


def test_the_truth_is_kept():
    truth = judged(good())
    assert truth.kept() and truth.records == truth.bounded == SECONDS * 4
    assert truth.worst_ns < 5 and truth.worst_rate_ppb < 20
    # Twice the bound at a stamp, and what the judge doubts: the samples' width at both ends, and the offset.
    assert 200 + 40 < truth.room_ns < 200 + 2 * (40 + 10) and truth.doubt_ns < 10


@pytest.mark.parametrize("ppm", [1, -1, 0.5])
def test_a_rate_outside_its_bound_is_refused(ppm):
    records = good()
    records[20] = record(20, mul=round(MUL * (1 + ppm * 1e-6)), err_ns=10**6)
    truth = judged(records)
    assert len(truth.complaints) == 1 and "its bound allows 2" in truth.complaints[0]


def test_a_rate_inside_its_bound_is_not():
    records = good()
    records[20] = record(20, mul=round(MUL * (1 + 1e-6)), err_ns=10**6, err_ppb=1000)
    assert judged(records).kept()


def test_an_offset_outside_its_bound_is_refused():
    records = good()
    for off_ns, kept in ((260, False), (-260, False), (150, True)):
        records[30] = record(30, off_ns)
        assert judged(records).kept() == kept, off_ns
    records[30] = record(30, 260, err_ns=200)
    assert judged(records).kept()


def test_a_bound_too_small_is_refused():
    """S swings by 100 ns either way, which its bound of 100 covers and one of 20 does not."""
    swinging = [record(number, 100 if number % 2 else -100) for number in range(SECONDS * 4)]
    assert judged(swinging).kept()
    assert not judged([replace(one, err_ns=20) for one in swinging]).kept()


def test_a_slow_drift_is_refused():
    """Each record is within its own rate's bound, and yet they lead away: 50 ppb over 12 s are 600 ns."""
    drifting = [record(number, number * 12) for number in range(SECONDS * 4)]
    truth = judged(drifting)
    assert not truth.kept() and truth.worst_ns > 250 and "no constant suits" in truth.complaints[0]


def test_after_a_disruption_there_is_another_constant():
    before = [record(number) for number in range(20)]
    after = [record(number, 10**6) for number in range(20, 40)]
    assert not judged(before + after).kept()
    assert judged(before + [replace(one, disruptions=1) for one in after]).kept()


def test_an_unknown_bound_promises_nothing_and_proves_nothing():
    unknown = good(err_ns=NONE_NS, err_ppb=NONE_PPB, off_ns=0)
    truth = judged(unknown)
    assert truth.bounded == 0 and not truth.kept() and not truth.complaints


def test_lives_end_at_the_joint_or_where_they_were_seen_last():
    one, two, three = record(1), record(2), record(4)
    assert [end for _, end in lives([one, two, three])] == [two.stamp, two.last, three.last]
    other = replace(two, vcpu=1)
    assert [end for _, end in lives([one, other])] == [one.last, other.last]


def test_a_record_is_read_as_the_abi_has_it():
    one = Record(0, 2, 1000, 1000, 1000, 500, 3 << 30, 1, 10, 2000, 0, 0)
    assert [one.ns(tsc) for tsc in (900, 1000, 1001, 1100)] == [500, 500, 501, 650]     # 1.5 ns a tick
    assert replace(one, shift=-1).ns(1003) == 500     # one whole pair of ticks, 0.75 ns
    assert one.bound_ns(1000) == 10 and one.bound_ns(1100) == 11
    assert one.bound_ns(1000 + 10**9) == 10 + 3000 + 50000      # 1.5 s: 2000 ppb, and 0.5 s of 100 ppm


def test_the_hosts_clock_is_bracketed():
    clock = host_clock()
    for tsc in (OFFSET + 12345, OFFSET + HZ * 3 + 777777):
        low, high = clock.at(tsc)
        truth = (tsc - OFFSET) / HZ * 1e9 + 1e9
        assert low <= truth <= high < low + 45


def test_a_host_whose_rate_changes_is_no_judge():
    assert judged(good(), host_clock(fast_ppm=0.02)).kept()
    with pytest.raises(Unsteady):
        judged(good(), host_clock(fast_ppm=3))


def test_the_witness_knows_the_offset_by_what_came_when():
    clock, times = host_clock(), iter([7_000_000_000 - 10**8, 7_000_000_000 + 3 * 10**9])
    witness = Witness("", lambda: next(times))
    witness.see(f"@record vcpu=0 last={2 * HZ}\n")
    offset = witness.offset(clock)
    assert offset.lowest <= OFFSET <= offset.highest
    assert abs(offset.highest - offset.lowest - 1.1 * HZ) < HZ / 1000


# ---- Questions and answers ----

ANSWERS = 200


def answer(number, off_ns=0, bound_ns=1000, disruptions=0):
    """Each 20 ms: asked 500 ns before the read, and some are slow to come."""
    read_ns, slow_ns = number * 20_000_000, number % 7 * 100_000
    return Answer(number % 4, 10**12 + read_ns - 500, read_ns + off_ns, bound_ns, number // 10, disruptions,
                  10**12 + read_ns + 500 + slow_ns)


def test_answers_within_their_bound_are_believed():
    finding = judge([answer(number, 900 if number % 2 else -900) for number in range(ANSWERS)])
    assert finding.kept() and finding.judged == finding.answers == ANSWERS
    assert finding.quickest_ns == 1000 and finding.room_ns == 2 * (1000 - 900 + 500)
    assert finding.least_error_ns == 900 - 500


@pytest.mark.parametrize("off_ns", [3100, -3100])
def test_one_answer_outside_its_bound_is_refused(off_ns):
    answers = [answer(number) for number in range(ANSWERS)]
    answers[70] = answer(70, off_ns)        # a quick one: a slow one is not sharp enough, ...
    answers[71] = answer(71, max(0, off_ns) * 2)    # ... and hides nothing
    finding = judge(answers)
    assert len(finding.complaints) == 1 and finding.room_ns == 3000 - 3100
    answers[70] = answer(70, off_ns, bound_ns=1100)
    assert judge(answers).kept()
    answers[70] = answer(70, off_ns, bound_ns=NONE_NS)
    assert judge(answers).kept() and judge(answers).judged == ANSWERS - 1


def test_answers_after_a_disruption_have_another_constant_and_those_just_before_it_none():
    before = [answer(number) for number in range(100)]
    after = [answer(number, 10**6, disruptions=1) for number in range(100, ANSWERS)]
    assert judge(before + after).kept()
    assert not judge(before + [replace(one, disruptions=0) for one in after]).kept()
    for number, kept in ((99, True), (80, True), (79, False)):  # the last two lines of ten answers each
        assert judge(before[:number] + [answer(number, -5000)] + before[number + 1:] + after).kept() == kept


def test_no_answer_is_no_proof():
    assert not judge([]).kept()
    assert not judge([answer(number, bound_ns=NONE_NS) for number in range(ANSWERS)]).kept()
