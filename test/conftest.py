"""
All tests, as pytest finds them: linters, host tests, fuzzers, models, proofs, boots. scripts/check builds
what they need and runs them, those that have the host for themselves (`alone`) after all others.
"""

import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "scripts", "lib"), os.path.join(ROOT, "test", "boot")]
sys.dont_write_bytecode = True
os.chdir(ROOT)

# Fast ones first; of the boots those that nothing can disturb.
ORDER = ("lint", "unit", "fuzz", "model", "prove", "boot")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: has the host for itself")
    config.addinivalue_line("markers", "long: begins before others of its kind")


def place(item):
    kind = item.path.parent.name
    return (ORDER.index(kind), item.get_closest_marker("long") is None)


@pytest.hookimpl(tryfirst=True)     # before xdist puts the group into a test's name
def pytest_collection_modifyitems(items):
    items.sort(key=place)
    for item in items:
        # The tests of a file of boots share what they build; a row of the table is by itself.
        if item.path.parent.name == "boot" and not item.name.startswith(("test_boot[", "test_screen[")):
            item.add_marker(pytest.mark.xdist_group(item.path.name))
