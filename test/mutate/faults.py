"""
test/mutate/faults/: faults that somebody thought of, a file for each part of the code. An entry is

    file: hv/keeper/x.c
    ? the fault in words
    - lines as they are
    + lines as the fault has them
    = why no host test can tell, or `boot: row`: which boot does

with blanks run together, so that it holds wherever in the file the lines stand; there once alone. Any host
test that sees the file may catch it. Without `=` one must.
"""

import os
from dataclasses import dataclass

from tokens import one_line


MARKS = ("?", "-", "+", "=")


@dataclass(frozen=True)
class Fault:
    file: str
    what: str
    old: tuple      # lines, with blanks run together
    new: tuple
    reason: str

    def apply(self, text):
        """The text with the fault. ValueError: its lines are not there, or more than once."""
        lines = text.split("\n")
        plain = [one_line(line) for line in lines]
        count = len(self.old)
        places = [at for at in range(len(plain) - count + 1) if tuple(plain[at:at + count]) == self.old]
        if len(places) != 1:
            raise ValueError(f"{self.file}: the lines to change are there {len(places)} times")
        at = places[0]
        return "\n".join(lines[:at] + list(self.new) + lines[at + count:])


def read(path):
    found, file, entry = [], "", {}

    def close():
        if entry:
            if not (file and entry.get("?") and entry.get("-")):
                raise ValueError(f"{path}: incomplete: {entry}")
            found.append(Fault(file, " ".join(entry["?"]), tuple(map(one_line, entry["-"])),
                               tuple(entry.get("+", ())), " ".join(entry.get("=", ()))))
            entry.clear()

    with open(path, encoding="utf-8") as source:
        for line in source.read().split("\n"):
            if line.startswith("file: "):
                close()
                file = line[6:].strip()
            elif file and line[:1] in MARKS:
                if line[0] == "?":
                    close()
                entry.setdefault(line[0], []).append(line[1:] if line[0] == "+" else line[1:].strip())
    close()
    return found


def read_all(folder):
    return [fault for name in sorted(os.listdir(folder)) for fault in read(os.path.join(folder, name))]
