"""
The mutations made by hand: unified diffs in test/mutate/patches/, one fault each. Above the diff stand what
it does (`fault:`) and which tests must see it (`caught-by: program/test`, a line each).
"""

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    name: str
    fault: str
    caught_by: tuple    # (program, test)
    hunks: tuple        # (file, old lines, new lines)

    def apply(self, texts):
        """{file: text} of what it changes, given those files' texts. ValueError: it no longer applies."""
        out = {}
        for file, old, new in self.hunks:
            text = out.get(file, texts[file])
            if text.count(old) != 1:
                raise ValueError(f"{file}: the lines to change are there {text.count(old)} times")
            out[file] = text.replace(old, new)
        return out

    @property
    def files(self):
        return {file for file, _, _ in self.hunks}


def hunks_of(diff):
    """An empty line is an empty line of both."""
    file, hunks = None, []
    for line in diff:
        if line.startswith("+++ "):
            file = line[4:].split("\t")[0].removeprefix("b/")
        elif line.startswith("@@"):
            hunks.append([file, [], []])
        elif hunks and not line.startswith("--- "):
            if line[:1] != "+":
                hunks[-1][1].append(line[1:])
            if line[:1] != "-":
                hunks[-1][2].append(line[1:])
    return tuple((name, "\n".join(old) + "\n", "\n".join(new) + "\n") for name, old, new in hunks)


def read_patch(path):
    with open(path, encoding="utf-8") as source:
        lines = source.read().split("\n")
    head = [match.groups() for match in (re.fullmatch(r"(fault|caught-by): *(.+)", line) for line in lines)
            if match]
    caught_by = tuple(tuple(value.split("/")) for word, value in head if word == "caught-by")
    fault = " ".join(value for word, value in head if word == "fault")
    patch = Patch(os.path.basename(path).removesuffix(".patch"), fault, caught_by,
                  hunks_of(lines[:-1]))
    if not patch.fault or not caught_by or not patch.hunks or any(len(pair) != 2 for pair in caught_by):
        raise ValueError(f"{path}: needs `fault:`, `caught-by: program/test` and a diff")
    return patch


def read_all(folder):
    return [read_patch(os.path.join(folder, name)) for name in sorted(os.listdir(folder))
            if name.endswith(".patch")]
