"""
Truth from outside: a guest's raw records against the host's CLOCK_MONOTONIC, which drives QEMU's timers and
so is the reference R, up to a constant. The guest's TSC is the host's, up to another constant, as long as one
host thread runs all CPUs (emulator.py says what happens with more).

The judge asks whether one constant c exists for which, at every moment checked of every record,
abs(S - (MONOTONIC + c)) <= the bound that the record gives there. Each moment leaves an interval for c; if
they have nothing in common, the clock was outside its bound at some moment, whatever c is. After a disruption
R is counted on from elsewhere (docs/clock.md), so each count of them has a c of its own.
"""

import contextlib
import time
from dataclasses import dataclass, field

from hostclock import HostClock, Unsteady, sampled, sampling
from records import lives, records_of

RATE_SPAN_NS = 50_000_000   # of a shorter life the host's samples say too little for `worst_rate_ppb`
WINDOW_NS = 10_000_000_000  # the host's rate beside a record's: over so long a time round it


@dataclass
class Offset:
    """Host's TSC minus guest's: known within these."""

    lowest: int
    highest: int

    def middle(self):
        return (self.lowest + self.highest) // 2


class Witness:
    """
    What was seen from outside of the guest's TSC: it is 0 when QEMU starts and no earlier, and a line that
    names a TSC arrives later than that. `see` takes the guest's output as it comes.
    """

    def __init__(self, path, now_ns=time.monotonic_ns):
        self._path, self._now_ns, self._rest = path, now_ns, ""
        self.started_ns = now_ns()
        self.arrivals = []      # (TSC, ns)

    def see(self, text):
        now_ns = self._now_ns()
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.startswith("@record "):
                words = dict(word.split("=", 1) for word in line.split()[1:])
                self.arrivals.append((int(words["last"]), now_ns))

    def offset(self, clock, since_tsc=0):
        """While QEMU is stopped its TSC stands, and the offset grows: what came before says nothing then."""
        return Offset(clock.tsc_of(self.started_ns),
                      min(clock.tsc_of(now_ns) - tsc for tsc, now_ns in self.arrivals if tsc >= since_tsc))

    def hold_court(self, log):
        """The judge for this log, or part of one, once the sampling is over."""
        records = records_of(log)
        if not records:
            raise Unsteady("no record came: the guest needs its option `records`")
        clock = sampled(self._path)
        return Judge(clock, self.offset(clock, min(record.last for record in records)))

    def judge(self, log):
        return self.hold_court(log).judge(log)


@contextlib.contextmanager
def court(path):
    """Within the block the host's clock is sampled to the file at `path`, and its Witness hears the guest."""
    with sampling(path):
        yield Witness(path)


@contextlib.contextmanager
def no_court():
    """The same where nothing is to be judged."""
    yield Witness("")


@dataclass
class Truth:
    """What the judge found. All ns and ppb; `room_ns`: by how much c may still be moved, below 0: refused."""

    records: int = 0
    bounded: int = 0            # of them, those whose bound is known
    moments: int = 0
    room_ns: float = float("inf")
    worst_ns: float = 0.0       # the farthest S was from R, with the c that is kindest to it
    worst_rate_ppb: float = 0.0     # the same of a record's rate over its life
    last_bound_ns: int = 0
    doubt_ns: float = 0.0       # of the judge himself
    complaints: list = field(default_factory=list)

    def kept(self):
        return self.bounded > 0 and not self.complaints


@dataclass
class Moment:
    """At one TSC of a record's life: S less what the host's clock can have been, and the bound."""

    record: object
    tsc: int
    above: float    # S less the lowest that the clock can have been
    below: float    # S less the highest
    bound: int


class Judge:
    def __init__(self, clock: HostClock, offset: Offset):
        self._clock, self._offset = clock, offset.middle()
        span = clock.last_tsc - clock.first_tsc
        # An offset that is wrong by x moves all moments by x, which c takes up where the host's rate is even.
        half_ns = (offset.highest - offset.lowest) / 2 * clock.rate(clock.first_tsc + span // 2)
        self.doubt_ns = half_ns * clock.unevenness(clock.first_tsc, clock.last_tsc)

    def _moment(self, record, tsc):
        lowest, highest = self._clock.at(tsc + self._offset)
        s = record.ns(tsc)
        bound = record.bound_ns(tsc) if record.bounded() else None
        return Moment(record, tsc, s - lowest + self.doubt_ns, s - highest - self.doubt_ns, bound)

    def rate_ppb(self, record, window_ns=WINDOW_NS):
        """(lowest, highest) of the record's rate against the host's over a window round its stamp."""
        half = round(window_ns / 2 / record.rate())
        middle = record.stamp + self._offset
        early = max(self._clock.first_tsc, min(middle - half, self._clock.last_tsc - 2 * half))
        late = min(self._clock.last_tsc, early + 2 * half)
        slow, fast = self._clock.slope(early, late)
        return (record.rate() / fast - 1) * 1e9, (record.rate() / slow - 1) * 1e9

    def judge(self, log):
        truth = Truth(doubt_ns=self.doubt_ns)
        groups = {}
        for record, end in lives(records_of(log)):
            truth.records += 1
            moments = [self._moment(record, tsc) for tsc in sorted({record.first, record.last, end})]
            groups.setdefault(record.disruptions, []).extend(moments)
            self._judge_growth(truth, moments[0], moments[-1])
            if record.bounded():
                truth.bounded += 1
                truth.last_bound_ns = moments[-1].bound
        for moments in groups.values():
            self._judge_place(truth, moments)
        if not truth.bounded:
            truth.room_ns = float("nan")
        return truth

    def _judge_growth(self, truth, early, late):
        """err_ppb is by how much S and R may part while the record ages."""
        record, host_ns = early.record, (late.tsc - early.tsc) * self._clock.rate(early.tsc + self._offset)
        if host_ns <= 0:
            return
        # What S has gained on R: at most, and at least.
        fast, slow = late.above - early.below, late.below - early.above
        if host_ns >= RATE_SPAN_NS:
            middle_ppb = (fast + slow) / 2 / host_ns * 1e9
            truth.worst_rate_ppb = max(truth.worst_rate_ppb, middle_ppb, -middle_ppb)
        if record.bounded():
            allowed = late.bound - early.bound + 2      # S was rounded down at either end
            if slow > allowed or fast < -allowed:
                truth.complaints.append(
                    f"VCPU {record.vcpu}, record {record.version}: in {host_ns / 1e6:.1f} ms it gained "
                    f"between {slow:.0f} and {fast:.0f} ns, and its bound allows {allowed}")

    @staticmethod
    def _judge_place(truth, moments):
        truth.moments += len(moments)
        middles = [(moment.above + moment.below) / 2 for moment in moments]
        truth.worst_ns = max(truth.worst_ns, (max(middles) - min(middles)) / 2)
        bounded = [moment for moment in moments if moment.bound is not None]
        if not bounded:
            return
        least = max(bounded, key=lambda moment: moment.below - moment.bound)
        most = min(bounded, key=lambda moment: moment.above + moment.bound)
        room = (most.above + most.bound) - (least.below - least.bound)
        truth.room_ns = min(truth.room_ns, room)
        if room < 0:
            truth.complaints.append(
                f"no constant suits both record {least.record.version} of VCPU {least.record.vcpu} "
                f"({least.record.time} ns, bound {least.bound}) and record {most.record.version} of VCPU "
                f"{most.record.vcpu} ({most.record.time} ns, bound {most.bound}): {-room:.0f} ns are missing")
