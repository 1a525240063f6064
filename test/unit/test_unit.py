"""Each host test: a program of cmocka's, which counts tests of its own."""

import os
import re

import checks
import pytest

FOLDER = os.path.dirname(os.path.abspath(__file__))
LIMIT_S = 300
SLOWEST = ("test_keeper_sim",)
# Two threads that must be at once to see anything.
ALONE = ("test_meeting_threads",)


def names():
    return sorted(name[:-2] for name in os.listdir(FOLDER) if re.fullmatch(r"test_\w+\.c", name))


def marked(name):
    marks = [pytest.mark.long] * (name in SLOWEST) + [pytest.mark.alone] * (name in ALONE)
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [marked(name) for name in names()])
def test_unit(name, record_property):
    binary = f"build/unit/{name}"
    why = checks.built(binary)
    if why:
        pytest.fail(why, pytrace=False)
    status, path = checks.logged([binary], f"unit-{name}", LIMIT_S)
    with open(path, encoding="utf-8", errors="replace") as log:
        text = log.read()
    # cmocka's own lines; a test that ended the process has none, and the process' status tells.
    passed = len(re.findall(r"^\[       OK \]", text, re.M))
    failed = len(set(re.findall(r"^\[  FAILED  \] (?!.*:)(.+)$", text, re.M)))
    if (status != 0 and not failed) or passed + failed == 0:
        failed += 1
    record_property("passed", passed)
    record_property("failed", failed)
    if failed:
        pytest.fail(checks.tail(path), pytrace=False)
