"""
A guest asked for the time through its memory, which QEMU shares with us as a file. What was asked before the
guest's read and what was answered after it hold that read between two values of CLOCK_MONOTONIC: a proof that
asks nothing of the TSC, and so one for a thread to each CPU too. It is as sharp as the quickest answers are
quick.
"""

import contextlib
import os
import re
import subprocess
from dataclasses import dataclass, field

ASKER = os.path.join("build", "outside", "mailbox")
OPENED = re.compile(r"^@mailbox frame=(\d+) vcpus=(\d+)$", re.M)
NONE_NS = 2**64 - 1


@dataclass(frozen=True)
class Answer:
    """The guest read S, with this bound, after the host's clock was `before` and before it was `after`."""

    vcpu: int
    before: int
    ns: int
    bound_ns: int
    stamp: int
    disruptions: int
    after: int


@dataclass
class Finding:
    """room_ns: by how much the constant between the two clocks may still be moved; below 0: refused."""

    answers: int = 0
    judged: int = 0     # of them, those with a bound
    quickest_ns: int = 0
    median_ns: int = 0
    room_ns: int = 0
    least_error_ns: float = 0.0     # S was off by so much at least, whatever the constant is
    complaints: list = field(default_factory=list)

    def kept(self):
        return self.judged > 0 and not self.complaints


def settled(answers):
    """
    Without those that promise nothing: TSC and reference may have parted since the look before the one that
    told a disruption, so of the lines before it the last two do not count.
    """
    out, counts = [], sorted({answer.disruptions for answer in answers})
    for count in counts:
        group = [answer for answer in answers if answer.disruptions == count]
        last = sorted({answer.stamp for answer in group})[-2:] if count != counts[-1] else []
        out += [answer for answer in group if answer.stamp not in last]
    return out


def judge(answers):
    """All that lie between two disruptions must allow one constant: abs(S - (MONOTONIC + c)) <= bound."""
    answers = sorted(answers, key=lambda answer: answer.after - answer.before)
    finding = Finding(answers=len(answers))
    if answers:
        widths = [answer.after - answer.before for answer in answers]
        finding.quickest_ns, finding.median_ns = widths[0], widths[len(widths) // 2]
    rooms = []
    for count in {answer.disruptions for answer in answers}:
        bounded = [answer for answer in settled(answers)
                   if answer.disruptions == count and answer.bound_ns != NONE_NS]
        if not bounded:
            continue
        finding.judged += len(bounded)
        least = max(bounded, key=lambda answer: answer.ns - answer.bound_ns - answer.after)
        most = min(bounded, key=lambda answer: answer.ns + answer.bound_ns - answer.before)
        room = (most.ns + most.bound_ns - most.before) - (least.ns - least.bound_ns - least.after)
        rooms.append(room)
        apart = max(one.ns - one.after for one in bounded) - min(one.ns - one.before for one in bounded)
        finding.least_error_ns = max(finding.least_error_ns, apart / 2)
        if room < 0:
            finding.complaints.append(
                f"no constant suits both VCPU {least.vcpu} at {least.ns} (bound {least.bound_ns}) and VCPU "
                f"{most.vcpu} at {most.ns} (bound {most.bound_ns}): {-room} ns are missing")
    finding.room_ns = min(rooms, default=0)
    return finding


class Mailbox:
    """`arguments` go to QEMU, `see` takes its output; close() gives the answers."""

    def __init__(self, folder, memory):
        self._memory = os.path.join(folder, "memory")
        self._out = os.path.join(folder, "answers")
        self._asker, self._seen = None, ""
        shared = f"memory-backend-file,id=ram,size={memory},mem-path={self._memory},share=on"
        self.arguments = ["-object", shared, "-machine", "memory-backend=ram"]

    def see(self, text):
        if self._asker:
            return
        self._seen += text
        opened = OPENED.search(self._seen)
        if opened:
            with open(self._out, "w", encoding="ascii") as file:
                self._asker = subprocess.Popen([ASKER, self._memory, *opened.groups()], stdout=file)

    def close(self):
        """The last line may have been cut."""
        if not self._asker:
            return []
        self._asker.terminate()
        self._asker.wait()
        with open(self._out, encoding="ascii") as file:
            lines = file.read().split("\n")[:-1]
        return [Answer(*(int(word) for word in line.split())) for line in lines]


@contextlib.contextmanager
def mailbox(folder, memory):
    box = Mailbox(folder, memory)
    try:
        yield box
    finally:
        box.close()
