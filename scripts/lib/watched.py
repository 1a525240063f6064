"""A build and a run of pytest on a terminal, with how far they are (scripts/check)."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

from progress import Progress, say

# A test's end, in both of pytest's forms: with a worker's name before, or alone.
ENDED = re.compile(r"^\[gw\d+\] .*?[A-Z]+ (test/\S+?::\S+)|^(test/\S+?::\S+) [A-Z]+\b")
MADE = re.compile(r'^\s*echo "  [A-Z]', re.M)


def name_of(said):
    """pytest-xdist adds @group."""
    return said.split("@")[0]


def collected(pytest, arguments):
    said = subprocess.run([*pytest, "--collect-only", "-q", *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=False).stdout
    return [line for line in said.splitlines() if re.match(r"test/\S+::", line)]


def seconds_of(report):
    """{test: seconds} of a run."""
    cases = xml.etree.ElementTree.parse(report).getroot().iter("testcase")
    return {f"{case.get('classname').replace('.', '/')}.py::{name_of(case.get('name'))}":
            float(case.get("time")) for case in cases}


def remembered(memory):
    try:
        with open(memory, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def remember(report, memory):
    """For the next run."""
    took = {**remembered(memory), **seconds_of(report)}
    with open(memory, "w", encoding="utf-8") as file:
        json.dump(took, file)


def weights(names, took):
    """What each test is of the whole: the seconds that it took last time, or as much as most."""
    usual = sum(took.values()) / len(took) if took else 1.0
    return {name: took.get(name, usual) for name in names}


def run_tests(what, pytest, arguments, report, memory, environment):
    """pytest's status. Its lines stand above the progress."""
    took = remembered(memory)
    weight = weights(collected(pytest, arguments), took)
    single = len(weight) == 1 and set(weight) <= set(took)
    if os.path.exists(report):
        os.remove(report)
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    with Progress(what, sum(weight.values()), by_time=single) as progress, \
            subprocess.Popen([*pytest, "-v", *colour, f"--junitxml={report}", *arguments],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace",
                             env=environment) as process:
        done = set()
        for line in process.stdout:
            say(line.rstrip("\n"))
            match = ENDED.match(re.sub(r"\x1b\[[0-9;]*m", "", line))
            name = match and name_of(match.group(1) or match.group(2))
            if name in weight and name not in done:
                done.add(name)
                progress.advance(0 if single else weight[name], f"{what}: {len(done)} of {len(weight)}")
    return process.returncode


def run_build(make, targets, log):
    """make's status; its words go to the log, a line for each thing made."""
    planned = subprocess.run([*make, "-n", *targets], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, errors="replace", check=False,
                             close_fds=False)
    with open(log, "wb") as out, Progress("build", len(MADE.findall(planned.stdout))) as progress, \
            subprocess.Popen([*make, *targets], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, close_fds=False) as process:
        for line in process.stdout:
            out.write(line)
            progress.advance(line.startswith(b"  "))
    return process.returncode
