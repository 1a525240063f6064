"""Boot tests: real boots in QEMU, judged by the `@` lines of their serial logs alone."""

import os
import sys

import pytest

# What these look at is files, and ends, whenever they come. Each file's tests stay together: they share what
# they build.
UNDISTURBED = {f"test_{name}.py" for name in (
    "atlines", "hardware", "keys", "menu", "monitor", "mutator", "plots", "png", "release", "screens",
    "stays_up", "truth", "usb")}

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
sys.dont_write_bytecode = True
os.chdir(ROOT)


def pytest_configure(config):
    config.addinivalue_line("markers", "undisturbed: the same whatever else runs on the host")


@pytest.hookimpl(tryfirst=True)     # before xdist puts the group into a test's name
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name in UNDISTURBED:
            item.add_marker(pytest.mark.undisturbed)
            item.add_marker(pytest.mark.xdist_group(item.path.name))
