"""
test/mutate/survivors: mutants that no test can catch, each with the reason. An entry is

    file: hv/time/x.c
    - the line as it is
    + the line as the mutant has it
    = why nobody can tell

with blanks run together, so that it holds wherever in the file the line stands.
"""

import os
from dataclasses import dataclass

from tokens import one_line


@dataclass(frozen=True)
class Entry:
    file: str
    old: str
    new: str
    reason: str


def read(path):
    entries, file, old, new, reason = [], "", "", "", ""

    def close():
        if old or new:
            if not (file and old and new and reason):
                raise ValueError(f"{path}: incomplete: {file} {old or new}")
            entries.append(Entry(file, old, new, reason))

    with open(path, encoding="utf-8") as source:
        for line in source.read().split("\n"):
            mark, rest = line[:2], one_line(line[2:])
            if line.startswith("file: "):
                close()
                file, old, new, reason = line[6:].strip(), "", "", ""
            elif mark == "- ":
                close()
                old, new, reason = rest, "", ""
            elif mark == "+ ":
                new = rest
            elif mark in ("= ", "  ") and rest:
                reason = f"{reason} {rest}".strip()
    close()
    return entries


def stale(entries, root):
    """Those whose line is no longer in the file."""
    texts = {}
    for entry in entries:
        path = os.path.join(root, entry.file)
        if entry.file not in texts:
            texts[entry.file] = ""
            if os.path.exists(path):
                with open(path, encoding="utf-8") as source:
                    texts[entry.file] = one_line(source.read())
    return [entry for entry in entries if entry.old not in texts[entry.file]]
