"""
The parts of a run of the simulator (test/sim/parts.c): text that a computer has printed, kept in a folder
until all are there. A part is the same whoever runs it.
"""

import fcntl
import hashlib
import os
import re

BROKEN_ENOUGH = 20      # as test/sim/sim.h has it

BEGINS = re.compile(r"part (\d+) (\d+)\n")
ENDS = re.compile(r"end (\d+) (\d+)\n")
BROKEN = re.compile(r"^=broken (\d+)$", re.M)


def bounds(match):
    return (int(match.group(1)), int(match.group(2))) if match else None


class Part:
    """(first seed, machines) and the lines, whole or as far as they came."""

    def __init__(self, lines):
        self.text = "".join(lines)
        self.key = bounds(BEGINS.fullmatch(lines[0])) if lines else None
        self.whole = self.key is not None and bounds(ENDS.fullmatch(lines[-1])) == self.key

    def told(self):
        """What broken promises told, or who died; each line with its end."""
        return [line for line in self.text.splitlines()[1:] if not re.match(r"=|end \d", line)]

    def broken(self):
        return int(BROKEN.search(self.text).group(1))


def read(lines):
    """The parts in a stream of lines, where each stands in one piece; other lines come as strings."""
    held = []
    for line in lines:
        if BEGINS.fullmatch(line):
            if held:
                yield Part(held)
            held = [line]
        elif not held:
            yield line
        else:
            held.append(line)
            if ENDS.fullmatch(line):
                yield Part(held)
                held = []
    if held:
        yield Part(held)


def folder_of(top, program, plan, world):
    """Parts of another program, or of other machines, are no parts of this run. (scripts/sim-slurm agrees)"""
    with open(program, "rb") as file:
        code = hashlib.sha256(file.read()).hexdigest()[:12]
    name = f"{code}-{plan[0][0]}-{sum(count for _, count in plan)}" if plan else code
    return os.path.join(top, f"{name}-{hashlib.sha256(world.encode()).hexdigest()[:6]}" if world else name)


class Folder:
    """What has come of the plan, a file FIRST-COUNT.part each. BlockingIOError: another run has it."""

    def __init__(self, path, plan):
        self.path, self.plan, self.planned = path, plan, set(plan)
        self.next = 0       # of the plan: up to there all is there
        self.broken = 0     # in those
        os.makedirs(path, exist_ok=True)
        self.lock = os.open(path, os.O_RDONLY)
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.there = {key for key in plan if self.take(key).whole}

    def name(self, key):
        return os.path.join(self.path, f"{key[0]}-{key[1]}.part")

    def take(self, key):
        try:
            with open(self.name(key), encoding="utf-8", errors="replace") as file:
                part = Part(file.readlines())
        except OSError:
            return Part([])
        part.whole = part.whole and part.key == key
        return part

    def put(self, part):
        """False: it is not of this plan, or came already, and counts once."""
        if part.key in self.there or part.key not in self.planned:
            return False
        with open(self.name(part.key) + ".new", "w", encoding="utf-8") as file:
            file.write(part.text)
        os.replace(file.name, self.name(part.key))
        self.there.add(part.key)
        return True

    def missing(self):
        return [key for key in self.plan if key not in self.there]

    def in_order(self):
        """Those parts that follow the last one given and are there, in the order of their seeds."""
        while self.next < len(self.plan) and not self.enough() and self.plan[self.next] in self.there:
            part = self.take(self.plan[self.next])
            self.next += 1
            self.broken += part.broken()
            yield part

    def enough(self):
        return self.broken >= BROKEN_ENOUGH

    def complete(self):
        return self.enough() or self.next == len(self.plan)

    def texts(self):
        """All that count."""
        return (self.take(key).text for key in self.plan[:self.next])

    def remove(self):
        for key in self.there:
            os.remove(self.name(key))
        if not os.listdir(self.path):
            os.rmdir(self.path)
