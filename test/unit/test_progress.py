"""Long commands show on a terminal how far they are; where stderr is none there is nothing of it."""

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios

import checks
import pytest

LIMIT_S = 200
LINE = re.compile(r"(\d+)%\|[^|\r]*\| \d\d:\d\d gone, (\d\d:\d\d|\?) left")
PATHS = {"PYTHONPATH": os.path.abspath("scripts/lib"), "PYTHONDONTWRITEBYTECODE": "1"}

TESTS = """\
import time
def test_quick(): pass
def test_slow(): time.sleep(2.5)
"""
WATCH = """\
import sys, watched
words = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--no-header"]
status = watched.run_tests("tests", words, sys.argv[1:], "report.xml", "seconds.json", None)
watched.remember("report.xml", "seconds.json")
sys.exit(status)
"""


def run(command, terminal, folder="."):
    """(status, stdout, stderr); a terminal has stderr, not stdout."""
    environment = {**checks.environment(), **PATHS, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    if not terminal:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=folder,
                              stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, env=environment,
                              check=False)
        return done.returncode, done.stdout, done.stderr
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
                          cwd=folder, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while more := os.read(ours, 65536):
                shown += more
        except OSError:     # so a terminal's end reads
            pass
        os.close(ours)
        said = process.stdout.read()
    return process.returncode, said.decode(), shown.decode()


def percents(shown):
    return [int(match.group(1)) for match in LINE.finditer(shown)]


def sim(tmp_path):
    why = checks.built("build/sim")
    if why:
        pytest.fail(why, pytrace=False)
    return [sys.executable, "-B", "scripts/sim", "--runs=16", "--table=no", f"--parts={tmp_path}"]


def test_sim_on_a_terminal(tmp_path):
    status, said, shown = run(sim(tmp_path / "one"), True)
    assert status == 0 and {25, 50, 75, 100} <= set(percents(shown))
    assert run(sim(tmp_path / "other"), False) == (0, said, "")


def test_check_on_a_terminal(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "test_two.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-c", WATCH, "test"]
    status, said, shown = run(command, True, tmp_path)
    assert status == 0 and re.search(r"^test/test_two.py::test_quick PASSED", said, re.M)
    assert "tests: 1 of 2" in shown and percents(shown)[-1] == 100
    took = json.loads((tmp_path / "seconds.json").read_text(encoding="utf-8"))
    assert took["test/test_two.py::test_slow"] >= 2.5
    # Now it is known that the quick one is next to nothing of it all.
    status, said, shown = run(command, True, tmp_path)
    assert max(percent for percent in percents(shown) if percent < 100) < 30
    # One alone goes on by its time.
    status, said, shown = run([*command, "-k", "slow"], True, tmp_path)
    assert status == 0 and len({percent for percent in percents(shown) if 0 < percent < 100}) >= 2


@pytest.mark.parametrize("name", ["check", "coverage", "mutate", "sim"])
def test_every_long_command_has_it(name):
    with open(f"scripts/{name}", encoding="utf-8") as script:
        text = script.read()
    assert re.search(r"\bProgress\(|\bwatched\.run_tests\(", text)


def test_nothing_without_a_terminal():
    program = "from progress import *\nwith Progress('x', 2) as p:\n    p.advance()\n    say('line')\n"
    assert run([sys.executable, "-c", program], False) == (0, "line\n", "")
    status, said, shown = run([sys.executable, "-c", program], True)
    assert (status, said) == (0, "line\n") and 50 in percents(shown)


def test_without_tqdm_all_else_goes_on():
    program = "import sys\nsys.modules['tqdm'] = None\nfrom progress import *\n" \
              "with Progress('x', 2) as p:\n    p.advance()\n    say('line')\n"
    assert run([sys.executable, "-c", program], True) == (0, "line\n", "")
