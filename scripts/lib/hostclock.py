"""The host's CLOCK_MONOTONIC as a function of its TSC, sampled by a small program beside what is judged."""

import bisect
import contextlib
import os
import platform
import subprocess
import time

from variables import Refused

SAMPLER = os.path.join("build", "outside", "hostclock")
REACH_NS = 1_000_000_000    # a sample says something of moments so far away
WANDER = 0.2e-6             # and there the clock's rate is within this of the rate round here
EDGES = 8                   # samples at the edges of that reach, of which the tightest give the rate


class Unsteady(ValueError):
    """There is nothing to judge by; the message says why."""


class HostClock:
    """
    samples: (TSC, ns, TSC), in order. The clock's true value was in [ns, ns + 1) at some TSC between the two.
    What is assumed is checked by what it leads to: `at` refuses where samples contradict one another.
    """

    def __init__(self, samples):
        if len(samples) < 2 * EDGES:
            raise Unsteady(f"{len(samples)} samples of the host's clock are too few")
        self.samples = samples
        self._starts = [low for low, _, _ in samples]
        self.first_tsc, self.last_tsc = samples[0][0], samples[-1][2]
        (low, early, _), (_, late, high) = samples[0], samples[-1]
        self._ticks = (high - low) / (late - early)     # a ns

    def _near(self, tsc):
        reach = REACH_NS * self._ticks
        return self.samples[bisect.bisect_left(self._starts, tsc - reach):
                            bisect.bisect_right(self._starts, tsc + reach)]

    def rate(self, tsc):
        """ns a tick round here."""
        near = self._near(tsc)
        if len(near) < 2 * EDGES:
            raise Unsteady(f"{len(near)} samples of the host's clock within a second are too few")
        first = min(near[:EDGES], key=lambda sample: sample[2] - sample[0])
        last = min(near[-EDGES:], key=lambda sample: sample[2] - sample[0])
        return (last[1] - first[1]) * 2 / (last[0] + last[2] - first[0] - first[2])

    def at(self, tsc):
        """(lowest, highest) that the clock can have shown at this TSC: float ns after the first sample."""
        if not self.first_tsc <= tsc <= self.last_tsc:
            raise Unsteady("asked for a moment outside of what was sampled")
        rate, base = self.rate(tsc), self.samples[0][1]
        slow, fast = rate * (1 - WANDER), rate * (1 + WANDER)
        lowest, highest = float("-inf"), float("inf")
        for low, ns, high in self._near(tsc):
            since_low, since_high = tsc - low, tsc - high
            highest = min(highest, ns - base + 1 + since_low * (fast if since_low > 0 else slow))
            lowest = max(lowest, ns - base + since_high * (slow if since_high > 0 else fast))
        if lowest > highest:
            raise Unsteady(f"the host's clock changed its rate by more than {WANDER * 1e6:g} ppm in a second")
        return lowest, highest

    def slope(self, early, late):
        """(lowest, highest) mean rate from TSC to TSC, ns a tick."""
        (early_low, early_high), (late_low, late_high) = self.at(early), self.at(late)
        return (late_low - early_high) / (late - early), (late_high - early_low) / (late - early)

    def tsc_of(self, ns):
        """The TSC about when CLOCK_MONOTONIC showed this (to some us, for what is not sharp itself)."""
        _, base, _ = self.samples[0]
        return self.first_tsc + round((ns - base) * self._ticks)

    def unevenness(self, early, late):
        """By how much the rate may have differed between any two seconds from TSC to TSC, as a ratio."""
        step = round(REACH_NS * self._ticks)
        slopes = [self.slope(tsc, tsc + step) for tsc in range(early, late - step, step)]
        if not slopes:
            return WANDER
        return (max(high for _, high in slopes) - min(low for low, _ in slopes)) * self._ticks


@contextlib.contextmanager
def sampling(path):
    """Within the block the host's clock is sampled into the file; give it to `sampled` afterwards."""
    if platform.machine() != "x86_64":
        raise Refused("the host's TSC is needed as a witness: this works on x86-64 hosts only")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        sampler = subprocess.Popen([SAMPLER], stdin=subprocess.DEVNULL, stdout=file)
        try:
            time.sleep(0.1)     # some samples before whatever begins now
            yield
            time.sleep(0.1)
        finally:
            sampler.terminate()
            sampler.wait()


def sampled(path):
    """The last line may have been cut."""
    with open(path, encoding="ascii") as file:
        lines = file.read().split("\n")[:-1]
    return HostClock([tuple(int(word) for word in line.split()) for line in lines])
