"""A busy host, on purpose."""

import contextlib
import subprocess


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
