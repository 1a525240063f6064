"""What is far from others of its machine and CPU: by median and MAD, which a few odd ones do not move."""

import collections
import math
import statistics

from fleetrows import FAR, SMI

FEWEST = 5              # rows that a median is taken of
MADS = 5
SIGMA = 1.4826          # of a normal distribution, by its MAD
CRYSTALS = 100e-6       # two good crystals may be so far apart


def offset(row):
    bound = row.figures["offset_bound_ns"]
    return _known(row.figures["offset_ns"], bound) if row.unit == "ns" else None


def rate(row):
    return _known(row.figures["rate_ppb"], row.figures["rate_bound_ppb"])


def frequency(row):
    known = _known(row.hz, row.hz_ppb)
    return known and (known[0], lambda median: row.hz * row.hz_ppb / 1e9 + median * CRYSTALS)


def smis(row):
    """SMIs a minute. Where n are usual it may be some sqrt(n) more or fewer; where none is, any is odd."""
    count, seconds = row.figures["smi"], row.figures["watched_s"]
    if count is None or count < 0 or not seconds or seconds < 0:
        return None
    return 60 * count / seconds, lambda median: MADS * math.sqrt(60 * median / seconds)


def _known(value, bound):
    return None if value is None or bound is None else (abs(value), lambda _: abs(bound))


# name: (measure, its words). A measure gives None, or a value and by how much its bound explains a distance.
MEASURES = {"offset": (offset, "{:.0f} ns"), "rate": (rate, "{:.0f} ppb"),
            "frequency": (frequency, "{:.0f} Hz"), "SMIs": (smis, "{:.1f} a minute")}


def groups_of(rows):
    groups = collections.defaultdict(list)
    for row in rows:
        if row.machine:
            groups[row.machine, row.cpu].append(row)
    return groups.values()


def judge_peers(rows):
    """Says what of a row is far from others of its kind. Where these are too few, any SMI is odd."""
    compared = set()
    for group in groups_of(rows):
        judge_firmware([row for row in group if row.firmware])
        for name, (measure, words) in MEASURES.items():
            known = [(row, *pair) for row in group if (pair := measure(row)) is not None]
            if len(known) >= FEWEST:
                judge_measure(known, name, words)
                if name == "SMIs":
                    compared.update(id(row) for row, _, _ in known)
    for row in rows:
        if row.figures["smi"] and id(row) not in compared:
            row.because(SMI, f"SMIs: {row.figures['smi']}")


def judge_firmware(rows):
    """Another firmware than most is no fault, and often the reason of one."""
    counts = collections.Counter(row.firmware for row in rows)
    usual, count = counts.most_common(1)[0] if counts else ("", 0)
    for row in rows if 2 * count > len(rows) >= FEWEST else ():
        if row.firmware != usual:
            row.because(FAR, f"firmware {row.firmware}, where {count} of {len(rows)} such machines have "
                             f"{usual}")


def judge_measure(known, name, words):
    """A distance counts beyond what the row's own bound explains."""
    median = statistics.median(value for _, value, _ in known)
    mad = statistics.median(abs(value - median) for _, value, _ in known)
    for row, value, explained in known:
        if abs(value - median) > explained(median) + MADS * SIGMA * mad:
            row.because(SMI if name == "SMIs" else FAR,
                        f"{name} {words.format(value)}, where the median of {len(known)} such machines is "
                        f"{words.format(median)}")
