"""Reader and publisher under relacy (test/weak/): how one run is made, and what it found."""

import concurrent.futures
import os
import re
import subprocess
import sys
import time
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "test", "weak"))

from interleavings import RUNS  # noqa: E402

BINARY = os.path.join("build", "weak", "weak")
CHECKED = 100_000       # interleavings of each right world in `make check`
ALL = 1_000_000         # ... and in `make model`
BROKEN_WITHIN = 300_000  # a variant that has not failed by then has not failed
LIMIT_S = 1800     # beside much other work

Found = namedtuple("Found", "good interleavings seconds broken said")


def names():
    return list(RUNS)


def _command(name, interleavings):
    run = RUNS[name]
    return [BINARY, run.world, str(interleavings), *([run.variant] if run.variant else [])]


def run(name, interleavings=ALL):
    """One run: all interleavings of a right world, a variant's until it fails."""
    started = time.monotonic()
    count = interleavings if RUNS[name].broken is None else BROKEN_WITHIN
    try:
        said = subprocess.run(_command(name, count), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False, text=True).stdout
    except subprocess.TimeoutExpired:
        said = f"ended after {LIMIT_S} s"
    match = re.search(r"iterations=(\d+) broken=(.+)$", said, re.M)
    done, broken = (int(match.group(1)), match.group(2)) if match else (0, said.strip())
    want = RUNS[name].broken
    good = broken == "none" and done == count if want is None else broken in want.split()
    return Found(good, done, time.monotonic() - started, broken, said)


def run_all(wanted, interleavings=ALL):
    """(name, what was found), in the order of names: two at a time, where there are two CPUs."""
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        yield from zip(wanted, pool.map(lambda name: run(name, interleavings), wanted))


def trail(name, iteration):
    """What happened in that interleaving, an event a line."""
    told = subprocess.run(_command(name, iteration), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          env={**os.environ, "WEAK_TELL": str(iteration)}, check=False, text=True).stdout
    return "\n".join(line for line in told.splitlines() if line.startswith("cpu "))
