"""The fuzz tests of test/fuzz/: their names, and how one is run."""

import os
import re
import shutil

FOLDER = os.path.join("test", "fuzz")
BUILT = os.path.join("build", "fuzz")
# No parser here takes 5 s or half a GiB for one input of 4 KiB: libFuzzer calls it a failure.
LIMITS = ["-timeout=5", "-rss_limit_mb=512", "-max_len=4096"]


def names():
    """As the tests are called: fuzz-acpi is test/fuzz/fuzz_acpi.c."""
    files = [re.fullmatch(r"fuzz_(\w+)\.c", name) for name in os.listdir(FOLDER)]
    return sorted(f"fuzz-{match.group(1).replace('_', '-')}" for match in files if match)


def binary(name):
    return os.path.join(BUILT, name.replace("-", "_"))


def counted_runs(name):
    """What the second line of its source says."""
    with open(os.path.join(FOLDER, name.replace("-", "_") + ".c"), encoding="utf-8") as source:
        return int(re.search(r"^/\* runs: (\d+) \*/$", source.read(), re.M).group(1))


def _command(name, corpus, *bounds):
    os.makedirs(corpus, exist_ok=True)
    return [binary(name), *LIMITS, *bounds, f"-artifact_prefix={BUILT}/{name}-", corpus]


def counted(name):
    """The same inputs on every run: a fixed seed, and a corpus of nothing but the seeds."""
    corpus = os.path.join(BUILT, "counted", name)
    shutil.rmtree(corpus, ignore_errors=True)
    return _command(name, corpus, "-seed=1", f"-runs={counted_runs(name)}")


def long(name, seconds):
    """Goes on from what earlier runs found."""
    return _command(name, os.path.join(BUILT, "corpus", name), f"-max_total_time={seconds}",
                    "-print_final_stats=1")
