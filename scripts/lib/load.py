"""A busy host: on purpose, and how busy it is."""

import contextlib
import os
import subprocess
import time

LOOKS, LOOK_S = 5, 0.02
MOST = 8


def slowness():
    """How many times longer than alone something takes now: what can run, for each CPU. 1 to MOST."""
    running = 0
    for _ in range(LOOKS):
        with open("/proc/loadavg", encoding="ascii") as file:
            running += int(file.read().split()[3].split("/")[0]) - 1    # not this one
        time.sleep(LOOK_S)
    # It itself is to run too.
    return min(MOST, max(1.0, (running / LOOKS + 1) / (os.cpu_count() or 1)))


def patient(seconds):
    """How long to wait, on a host as busy as this one, for what is done in so many seconds on an idle one."""
    return 2 * seconds * slowness()


@contextlib.contextmanager
def busy_loops(count, limit_s=300):
    """So many processes that use a host CPU each, for as long as the block lasts."""
    loops = []
    try:
        for _ in range(count):
            # `timeout` ends the loop even if this process is killed.
            loops.append(subprocess.Popen(["timeout", "-k", "1", str(limit_s), "sh", "-c",
                                           "while :; do :; done"]))
        yield
    finally:
        for loop in loops:
            loop.terminate()
            loop.wait()
