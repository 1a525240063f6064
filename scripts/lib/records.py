"""
The guest's @record lines, and what a reader makes of a record: written from the table in docs/abi.md, in
whole numbers, and sharing nothing with the reader itself.
"""

from dataclasses import dataclass

NONE_NS, NONE_PPB = 2**64 - 1, 2**32 - 1    # the bound is unknown
STABLE = 1
FRESH_NS, STALE_PPB = 10**9, 100_000        # from this age on the bound grows faster


@dataclass(frozen=True)
class Record:
    """first, last: the TSC when the guest read it whole for the first and the last time."""

    vcpu: int
    version: int
    first: int
    last: int
    stamp: int
    time: int
    mul: int
    shift: int
    err_ns: int
    err_ppb: int
    disruptions: int
    flags: int

    def bounded(self):
        return self.err_ns != NONE_NS and self.err_ppb != NONE_PPB

    def rate(self):
        """ns a tick."""
        return self.mul / 2**32 * 2.0**self.shift

    def age_ns(self, tsc):
        ticks = max(0, tsc - self.stamp)
        ticks = ticks >> -self.shift if self.shift < 0 else ticks << self.shift
        return ticks * self.mul >> 32

    def ns(self, tsc):
        return self.time + self.age_ns(tsc)

    def growth_ns(self, age_ns):
        """A reader may round it up further; the judge does not."""
        stale = max(0, age_ns - FRESH_NS)
        return -(-(age_ns * self.err_ppb + stale * STALE_PPB) // 10**9)

    def bound_ns(self, tsc):
        return self.err_ns + self.growth_ns(self.age_ns(tsc))


def records_of(log):
    """Of an atlines.Log, in its order."""
    return [Record(**{key: line.number(key) for key in Record.__annotations__}) for line in log.all("record")]


def lives(records):
    """
    (record, its last moment) for each. Where the next one follows without a gap the last moment is the joint:
    nobody reads the old line beyond it. Else it is when the record was last seen in force.
    """
    following, out = {}, []
    for record in reversed(records):
        line = (record.flags & STABLE, record.vcpu)
        after = following.get(line)
        follows = after and after.version == (record.version + 2) % 2**32 and after.stamp >= record.last
        out.append((record, after.stamp if follows else record.last))
        following[line] = record
    return out[::-1]
