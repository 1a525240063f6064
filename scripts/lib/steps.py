"""
The models' steps and the C sources': each step of a model stands in a comment `step P1: words | code`, in C
in a comment `step P1: words`, and behind that, before the next one, the code. What a step is called, in which
order they come and what code they are of must be the same in both.
"""

import os
import re

FOLDER = os.path.join("test", "model")
# Whose steps these are: by the letters before the number.
SOURCES = {
    "P": os.path.join("hv", "keeper", "publisher.c"),    # a publish in unified mode
    "L": os.path.join("hv", "keeper", "publisher.c"),    # leaving it
    "O": os.path.join("hv", "keeper", "publisher.c"),    # a CPU's own line
    "E": os.path.join("hv", "keeper", "publisher.c"),    # entering unified mode
    "A": os.path.join("hv", "keeper", "publisher.c"),    # records written anew after a publisher died
    "V": os.path.join("hv", "keeper", "domains.c"),      # the wall clock set
    "W": os.path.join("hv", "time", "publish.c"),        # a record written
    "K": os.path.join("hv", "keeper", "latch.h"),        # the latch set
    "N": os.path.join("hv", "keeper", "latch.h"),        # the latch read
    "G": os.path.join("hv", "keeper", "latch.c"),        # the latch set after its writer died
    "R": os.path.join("include", "meridian", "clock.h"),    # a record read
    "S": os.path.join("include", "meridian", "clock.h"),    # which record, and the shared word
}
STEP = re.compile(r"/\* step ([A-Z]+)(\d+): (.*?) \*/", re.S)


def _read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def _flat(text):
    return " ".join(text.split())


def of_models(folder=FOLDER):
    """{letters: [(name, words, code)]} in the models' order."""
    steps = {}
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".pml"):
            continue
        for letters, number, rest in STEP.findall(_read(os.path.join(folder, file))):
            words, _, code = _flat(rest).partition(" | ")
            steps.setdefault(letters, []).append((letters + number, words, code))
    return steps


def of_source(text, letters):
    """[(name, words, the code to the next such step or the function's end)] in the source's order."""
    marks = [mark for mark in STEP.finditer(text) if mark.group(1) == letters]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    # A comment may stand behind its code on the same line.
    starts = [text.rfind("\n", 0, mark.start()) + 1 for mark in marks]
    ends = [min(text.rfind("\n", 0, end) + 1, (text + "\n}").find("\n}", mark.end()))
            for mark, end in zip(marks, ends)]
    return [(mark.group(1) + mark.group(2), _flat(mark.group(3)), _flat(text[start:end]))
            for mark, start, end in zip(marks, starts, ends)]


def compare(letters, model, source, path):
    """What is amiss between a model's steps and a source's, a line each."""
    if [step[:2] for step in model] != [step[:2] for step in source]:
        there, here = (", ".join(f"{name} ({words})" for name, words, _ in side) or "none"
                       for side in (model, source))
        return [f"{path}: the models' steps {letters} are {there}; in the source they are {here}"]
    return [f"{path}: step {name} ({words}) is not followed by: {code}"
            for (name, words, code), (_, _, text) in zip(model, source)
            if not code or _flat(code) not in text]


def complaints():
    models = of_models()
    found = [f"{FOLDER}: nobody knows whose steps {letters} are"
             for letters in models if letters not in SOURCES]
    for letters, path in SOURCES.items():
        found += compare(letters, models.get(letters, []), of_source(_read(path), letters), path)
    return found


def count():
    return sum(len(steps) for steps in of_models().values())
