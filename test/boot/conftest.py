"""Boot tests: real boots in QEMU, judged by the `@` lines of their serial logs alone."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
sys.dont_write_bytecode = True
os.chdir(ROOT)


def pytest_configure(config):
    config.addinivalue_line("markers", "undisturbed: the same whatever else runs on the host")
