"""The models of test/model/: how one is searched by spin, and what was found."""

import concurrent.futures
import os
import re
import subprocess
import sys
import time
from collections import namedtuple

FOLDER = os.path.join("test", "model")
BUILT = os.path.join("build", "model")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, FOLDER))

from searches import PROMISES, SEARCHES  # noqa: E402

# Safety only: no cycles are looked for, and no fairness. A limit that is reached is a failure.
PAN_FLAGS = ["-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=1024"]
DEPTH = 20000
LIMIT_S = 300

Found = namedtuple("Found", "good states depth mib seconds broken log")


def names():
    return list(SEARCHES)


def _run(command, folder, log):
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False, text=True)
        text, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired:
        text, status = f"ended after {LIMIT_S} s\n", None
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n{text}\n")
    return status, text


def _spin(name):
    """Arguments that name model and macros."""
    search = SEARCHES[name]
    return [f"-D{macro}" for macro in search.defines] + [os.path.join(ROOT, FOLDER, search.source)]


def _number(pattern, text):
    match = re.search(pattern, text, re.M)
    return float(match.group(1)) if match else 0


def _unreached(text):
    """Statements that no search came to; the end of a process that has none is no statement."""
    return re.findall(r'^\s+\S+:\d+, state \d+, "(?!-end-)', text, re.M)


def broken_promise(text):
    """The promise that pan saw broken, by name; None: none was. What has no name here is given as it is."""
    match = re.search(r"^pan:\d+: (.*?)\s*\(at depth \d+\)$", text, re.M)
    if not match:
        return None
    said = re.sub(r"^assertion violated\s+", "", match.group(1))
    said = said[1:-1] if said.startswith("(") and said.endswith(")") else said
    for promise, words in PROMISES.items():
        if said == words:
            return promise
    return said


def judge(text, broken):
    """pan's output: the whole space and nothing amiss, or the promise that must break is broken."""
    if broken is not None:
        return broken_promise(text) == broken
    whole = re.search(r"^State-vector .* errors: 0$", text, re.M) and "Full statespace search" in text
    cut = re.search(r"Search not completed|depth too small|out of memory|truncated", text)
    return bool(whole) and not cut and broken_promise(text) is None and not _unreached(text)


def _build(name, folder, log):
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        os.remove(os.path.join(folder, old))
    # Nobody waits for a search that ends at the first error.
    level = "-O1" if SEARCHES[name].broken is None else "-O0"
    return (_run(["spin", "-a", *_spin(name)], folder, log)[0] == 0 and
            _run(["gcc", level, *PAN_FLAGS, "-o", "pan", "pan.c"], folder, log)[0] == 0)


def search(name):
    """One search, from its source."""
    started = time.monotonic()
    folder = os.path.join(BUILT, name)
    log = os.path.join(BUILT, f"{name}.log")
    os.makedirs(BUILT, exist_ok=True)
    open(log, "w", encoding="utf-8").close()
    text = ""
    if _build(name, folder, log):
        text = _run(["./pan", f"-m{DEPTH}", "-w21"], folder, log)[1]
    return Found(bool(text) and judge(text, SEARCHES[name].broken),
                 int(_number(r"^\s*(\S+) states, stored", text)), int(_number(r"depth reached (\d+)", text)),
                 _number(r"^\s*(\S+)\s+total actual memory", text), time.monotonic() - started,
                 broken_promise(text), log)


def trail(name):
    """What happened in the run that broke a promise, an event a line; '' if there is none."""
    folder = os.path.join(BUILT, name)
    trails = [file for file in os.listdir(folder) if file.endswith(".trail")]
    if not trails:
        return ""
    command = ["spin", "-t", "-T", "-k", trails[0], *_spin(name)]
    text = _run(command, folder, os.path.join(folder, "trail.log"))[1]
    return "\n".join(line for line in text.splitlines() if line.startswith("cpu ") or "assert" in line)


def search_all(wanted):
    """(name, what was found), in the order of names: two searches at a time, where there are two CPUs."""
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        yield from zip(wanted, pool.map(search, wanted))
