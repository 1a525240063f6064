"""One mutation tried: the tests that see the file, one after the other, until one fails."""

import os
import shutil
from dataclasses import dataclass

from hosttests import Bench

_place = {}     # of this process: its bench, the tests


@dataclass(frozen=True)
class Result:
    word: str       # caught, survived, same code, no program
    by: str = ""    # program/test
    how: str = ""


def open_bench(places, objects, tests):
    """For each worker once: takes one of the places for its own."""
    _place["bench"], _place["tests"] = Bench(places.get(), objects), tests


def same_code(bench, tests, original):
    """Whether the compiler makes of all that sees the change what it made before."""
    seen, changed = set(), {}
    for file in bench.changed:
        with open(os.path.join(bench.tree, file), encoding="utf-8") as source:
            changed[file] = source.read()
    pairs = []
    for test in tests:
        for source in test.sources:
            key = (source, tuple(flag for flag in test.flags if flag.startswith("-include")))
            if test.deps[source] & bench.changed and key not in seen:
                seen.add(key)
                pairs.append((test, source))
    try:
        return all(one_code(bench, test, source, original, changed) for test, source in pairs)
    finally:
        bench.change(changed)


def one_code(bench, test, source, original, changed):
    code = []
    for texts in (original, changed):
        bench.change(texts)
        path = os.path.join(bench.own, "plain.o")
        if not bench.plain_object(test, source, path):
            return False
        with open(path, "rb") as made:
            code.append(made.read())
    return code[0] == code[1]


def attempt(bench, tests, texts, original, first, compare):
    """
    Tries {file: text} on all tests that see these files, those named in `first` before the others. `compare`:
    if none fails, whether the machine code is the same.
    """
    done = set()
    bench.change(texts)
    try:
        seeing = sorted((test for test in tests if bench.sees(test)),
                        key=lambda test: first.index(test.name) if test.name in first else len(first))
        for test in seeing:
            program = bench.build(test, done)
            if not program:
                return Result("no program", test.name)
            outcome = bench.run(test, program)
            if not outcome.ok:
                first = outcome.failed[0] if outcome.failed else "?"
                return Result("caught", f"{test.name}/{first}", outcome.how)
        return Result("same code" if compare and seeing and same_code(bench, seeing, original)
                      else "survived")
    finally:
        bench.change(original)
        shutil.rmtree(bench.own, ignore_errors=True)


def attempt_mutant(mutant, original, first):
    """In a worker."""
    return attempt(_place["bench"], _place["tests"], {mutant.file: mutant.apply(original)},
                   {mutant.file: original}, first, True)


def attempt_fault(fault, original):
    """In a worker: the quickest test first."""
    return attempt(_place["bench"], _place["tests"], {fault.file: fault.apply(original)},
                   {fault.file: original}, [], False)


def attempt_patch(patch, originals):
    """In a worker: each test it names must fail. Gives [(program/test, outcome's words or '')]."""
    bench, texts, done, found = _place["bench"], patch.apply(originals), set(), []
    tests = {test.name: test for test in _place["tests"]}
    outcomes = {}
    bench.change(texts)
    try:
        for program, name in patch.caught_by:
            if program not in tests:
                found.append((f"{program}/{name}", "no such program"))
                continue
            if program not in outcomes:
                built = bench.build(tests[program], done)
                outcomes[program] = bench.run(tests[program], built) if built else None
            outcome = outcomes[program]
            caught = outcome is not None and not outcome.ok and name in outcome.failed
            found.append((f"{program}/{name}", "caught" if caught else
                          "does not build" if outcome is None else "NOT CAUGHT"))
        return found
    finally:
        bench.change({file: originals[file] for file in patch.files})
        shutil.rmtree(bench.own, ignore_errors=True)
