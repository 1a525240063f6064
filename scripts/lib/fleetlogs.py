"""One serial log to what a table of many machines has of it. Read once, line by line, in bounded memory."""

import os
import re
import stat
from dataclasses import dataclass, field

from atlines import TerminalFilter, parse_line

MOST_LINE = 4096            # bytes; what is longer is no line of Meridian's
MOST_CPUS = 4096
SANE = 1 << 64              # no figure of a log is larger
BANNER = "Meridian: a hypervisor that keeps time"
WANTED = ("meridian", "machine", "check", "verdict", "clock", "repaired", "log", "cpu", "row", "stolen")
MACHINE = "machine: "       # for people, and before @machine; a crash may come in between
NAMELESS = "no SMBIOS says what it is"
PANIC = "Meridian panic: "
WORD = re.compile(r"@([a-z]+)(?: |$)")
OFTEN = (b"@sample ", b"@second ")      # nearly all of a long log, and nothing of it is wanted


class Unreadable(Exception):
    """The message says why, in a line."""


@dataclass
class Boot:
    """What is wanted of one boot: the last line of each kind, and of each CPU."""

    lines: dict = field(default_factory=dict)
    cpus: dict = field(default_factory=dict)
    stolen: dict = field(default_factory=dict)
    machine: str = ""           # as the line for people names it
    panic: str = ""
    last_word: str = ""
    broken: int = 0
    begun: bool = False         # else its beginning is lost, or it is no log of Meridian's

    def take(self, text):
        if text.startswith("@"):
            self._take_at_line(text)
        elif text.startswith(MACHINE) and not self.machine:
            name = text.removeprefix(MACHINE).partition(", board ")[0]
            self.machine = "" if name == NAMELESS else name
        elif text.startswith(PANIC) and not self.panic:
            self.panic = text.removeprefix(PANIC)

    def _take_at_line(self, text):
        head = WORD.match(text)
        word = head.group(1) if head else ""
        line = parse_line(text) if word in WANTED or "verdict" in self.lines or not head else None
        if line is None and (word in WANTED or not head):
            self.broken += 1
            return
        self.last_word = word or line.word
        if word in ("cpu", "row", "stolen"):
            self._take_cpu(word, line)
        elif word in WANTED:
            self.lines[word] = line

    def _take_cpu(self, word, line):
        cpu = number(line, "id" if word == "cpu" else "cpu")
        if cpu is None or not 0 <= cpu < MOST_CPUS:
            self.broken += 1
            return
        if word == "stolen":
            self.stolen[cpu] = line
        else:
            self.cpus[cpu] = line       # @row comes after @cpu, and knows more

    def verdict(self):
        """The @verdict if it is the last @ line, as it must be; else None: the boot did not end."""
        line = self.lines.get("verdict")
        good = line is not None and self.last_word == "verdict" and line.get("result") in ("ok", "fail")
        return line if good else None


def number(line, key):
    """None for `unknown`, and for what is no number or none that can be."""
    text = line.get(key, "") if line else ""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text) or abs(int(text)) > SANE:
        return None
    return int(text)


def lines_of(file):
    """Whole lines as text. A line that is too long, or that the file's end cuts, is none."""
    cut = False
    while data := file.readline(MOST_LINE):
        ends = data.endswith(b"\n")
        if ends and not cut and not data.startswith(OFTEN):
            yield TerminalFilter().feed(data).rstrip("\n") if b"@" in data or b":" in data else ""
        elif ends and not cut:
            yield data[:8].decode()
        cut = not ends
    if cut:
        yield None


def read_boots(path):
    """(the last boot, boots in the file, how many before the last did not end, is the last line cut?)."""
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            raise Unreadable("a folder: name the logs in it")
        if not stat.S_ISREG(kind):
            raise Unreadable("no regular file")
        with open(path, "rb") as file:
            return boots_of(lines_of(file))
    except (OSError, ValueError) as error:      # ValueError: a name with a 0 in it
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from error


def boots_of(lines):
    """A boot begins with its banner, or with @meridian where the banner is lost."""
    boot, earlier, unfinished, cut = Boot(), 0, 0, False
    for text in lines:
        if text is None:
            cut = True
        elif text == BANNER or text.startswith("@meridian "):
            if boot.last_word:
                earlier += 1
                unfinished += boot.verdict() is None
            boot = Boot(begun=True)
        boot.take(text or "")
    return boot, earlier + 1, unfinished, cut
