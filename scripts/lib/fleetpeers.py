"""What a row has that others of its machine and CPU have not: by median and MAD, which a few odd ones do not move."""

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
    return known and (known[0], known[0] * (known[1] / 1e9 + CRYSTALS))


def smis(row):
    """SMIs a minute; a count of n may as well have been another by some sqrt(n)."""
    count, seconds = row.figures["smi"], row.figures["watched_s"]
    if count is None or count < 0 or not seconds or seconds < 0:
        return None
    return 60 * count / seconds, MADS * 60 * math.sqrt(max(count, 1)) / seconds


def _known(value, bound):
    return None if value is None or bound is None else (abs(value), abs(bound))


# name: (measure, its words)
MEASURES = {"offset": (offset, "{:.0f} ns"), "rate": (rate, "{:.0f} ppb"),
            "frequency": (frequency, "{:.0f} Hz"), "SMIs": (smis, "{:.1f} a minute")}


def groups_of(rows):
    groups = collections.defaultdict(list)
    for row in rows:
        if row.machine:
            groups[row.machine, row.cpu].append(row)
    return groups.values()


def judge_peers(rows):
    """Says of each row what is far from those of the same machine and CPU. Where these are too few, any SMI is odd."""
    compared = set()
    for group in groups_of(rows):
        for name, (measure, words) in MEASURES.items():
            known = [(row, *pair) for row in group if (pair := measure(row)) is not None]
            if len(known) >= FEWEST:
                judge_measure(known, name, words)
                if name == "SMIs":
                    compared.update(id(row) for row, _, _ in known)
    for row in rows:
        if row.figures["smi"] and id(row) not in compared:
            row.because(SMI, f"SMIs: {row.figures['smi']}")


def judge_measure(known, name, words):
    """A distance counts beyond the bound of the row itself, for so far it is explained."""
    median = statistics.median(value for _, value, _ in known)
    mad = statistics.median(abs(value - median) for _, value, _ in known)
    for row, value, bound in known:
        if abs(value - median) > bound + MADS * SIGMA * mad:
            row.because(SMI if name == "SMIs" else FAR, f"{name} {words.format(value)}, where the median of "
                                                        f"{len(known)} such machines is {words.format(median)}")
