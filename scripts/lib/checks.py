"""What the tests of test/ share: programs that make builds, and commands with a log and a limit."""

import glob
import json
import os
import subprocess

LOGS = os.path.join("build", "test", "logs")
BROKEN = os.path.join(LOGS, "broken.json")      # scripts/check: {target: log} of what did not build
TAIL_LINES = 40
BUILD_LIMIT_S = 900
BENCHES = ["build/bench/count", "build/bench/bench"]


def programs():
    """All that a boot needs. Of test/guests/ there is one for each linker script, as the Makefile has it."""
    guests = sorted(os.path.basename(script)[:-4] for script in glob.glob("test/guests/*/*.lds"))
    return [f"build/{name}" for name in (
        "meridian.elf", "guest.elf", "test/meridian.elf", "test/traps.elf", "test/cpus.elf",
        "test/inject.elf", "test/timers.elf", "test/wall.elf", "test/display.elf", "foreign.elf",
        "probe.elf", "fuzz.elf",
        *(f"guests/{guest}.elf" for guest in guests), "clang/meridian.elf", "clang/guest.elf",
        "outside/hostclock", "outside/mailbox")]


def log_path(name):
    os.makedirs(LOGS, exist_ok=True)
    return os.path.join(LOGS, f"{name}.log")


def tail(path, lines=TAIL_LINES):
    with open(path, encoding="utf-8", errors="replace") as text:
        return "\n".join([f"log: {path}", *text.read().splitlines()[-lines:]])


def logged(command, name, limit_s):
    """Runs it with its output in a log; gives its status (None: ended by the limit) and the log's path."""
    path = log_path(name)
    with open(path, "wb") as log:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                    timeout=limit_s, check=False, env=environment()).returncode
        except subprocess.TimeoutExpired:
            log.write(f"\nended after {limit_s} s\n".encode())
            status = None
    return status, path


def environment():
    """Without the outer make's job server, which a test's own make cannot reach."""
    return {name: value for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def make(*targets):
    jobs = f"-j{os.cpu_count() or 1}"
    return [os.environ.get("MAKE", "make"), "--no-print-directory", "-k", jobs, *targets]


def built(target):
    """None, or why it is not there: the log of what did not build. Makes it where scripts/check has not."""
    if os.path.exists(BROKEN):
        with open(BROKEN, encoding="utf-8") as file:
            broken = json.load(file)
        if target in broken:
            return tail(broken[target])
        if os.path.exists(target):
            return None
    name = "build-" + target.removeprefix("build/").replace("/", "-")
    status, path = logged(make(target), name, BUILD_LIMIT_S)
    return None if status == 0 else tail(path)
