"""The proofs of test/prove/: how a claim is compiled, followed and proved, and a broken one refuted."""

import concurrent.futures
import itertools
import os
import random
import re
import resource
import subprocess
import sys
from collections import namedtuple

import conditions
import integers
import llvmir
import paths

FOLDER = os.path.join("test", "prove")
BUILT = os.path.join("build", "prove")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, FOLDER))

from claims import CLAIMS  # noqa: E402

# The compiler itself puts a trap where C has no answer (signed overflow, a shift by too much, a division by
# 0) and where an unsigned sum or product wraps round.
CHECKS = ["-fsanitize=signed-integer-overflow,shift,integer-divide-by-zero", "-fsanitize-trap=all"]
NO_WRAP = ["-fsanitize=unsigned-integer-overflow"]
# -O2 as in the image; all calls inlined, no loop written out, names kept.
IR = ["-O2", "-S", "-emit-llvm", "-fno-vectorize", "-fno-slp-vectorize", "-fno-unroll-loops",
      "-fno-discard-value-names", "-mllvm", "-inline-threshold=1000000"]
COMMON = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
          "-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__"]
LIMIT_S = 900
# What is false keeps z3 busy until its last try ends. Every right claim of make check is proved by the 2nd;
# a broken one that the prover wrongly took for proved would be too.
SHORT_TRIES = 3

# good: as it must be; said: "proved", "refuted" (and the program agrees), or why neither.
Found = namedtuple("Found", "good said ways asked seconds log")


class Trouble(Exception):
    """A claim that could not be tried at all."""


def names():
    """All claims, each followed by its broken variants."""
    return [name for claim, has in CLAIMS.items()
            for name in (claim, *(f"{claim}-{fault}" for fault in has.broken))]


def claim_of(name):
    """(claim, fault or None) of a name."""
    for claim in CLAIMS:
        if name == claim:
            return claim, None
        if name.startswith(claim + "-") and name[len(claim) + 1:] in CLAIMS[claim].broken:
            return claim, name[len(claim) + 1:]
    raise KeyError(name)


def quick(name):
    """Whether make check runs it."""
    return not CLAIMS[claim_of(name)[0]].long


# ---- Compiling -----------------------------------------------------------------------------------------


def _run(command, log, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=LIMIT_S, check=False, text=True, **more)
    log.write(f"$ {' '.join(command)}\n{done.stdout}\n")
    return done


def _overlay(name, fault):
    """A folder with the one file that a fault changes, to be looked into first."""
    folder = os.path.join(BUILT, name, "changed")
    path = os.path.join(folder, fault.file.split(os.sep, 1)[1])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.path.join(ROOT, fault.file), encoding="utf-8") as file:
        text = file.read()
    if text.count(fault.old) != 1:
        raise Trouble(f"{fault.file} has {text.count(fault.old)} places like '{fault.old}'")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(fault.old, fault.new))
    return folder


def _compile(name, claim, fault, log):
    """(LLVM's text, the program that tries numbers)"""
    folder = os.path.join(BUILT, name)
    os.makedirs(folder, exist_ok=True)
    # Ours first: a fault's file stands in front of the true one.
    includes = [f"-I{_overlay(name, fault)}"] if fault else []
    includes += ["-Ihv", "-Iinclude", f"-I{FOLDER}"]
    source = os.path.join(FOLDER, claim.source)
    text, program = os.path.join(folder, "claim.ll"), os.path.join(folder, "try")
    main = os.path.join(folder, "main.c")
    with open(main, "w", encoding="utf-8") as file:
        file.write(_main(claim))
    checks = CHECKS if claim.wraps else CHECKS + NO_WRAP
    for command in (["clang", *COMMON, *IR, *checks, *includes, source, "-o", text],
                    ["clang", *COMMON, "-O1", *checks, *includes, source, main, "-o", program]):
        if _run(command, log).returncode != 0:
            raise Trouble("does not compile")
    with open(text, encoding="utf-8") as file:
        return file.read(), program


def parameters(claim):
    """[(type, name)] of the function that claims, from its source."""
    with open(os.path.join(ROOT, FOLDER, claim.source), encoding="utf-8") as file:
        match = re.search(rf"^void {claim.function}\(([^)]*)\)\n{{", file.read(), re.M)
    return [tuple(one.split()) for one in re.sub(r"\s+", " ", match.group(1)).split(", ")]


def _main(claim):
    """A program that calls the function with numbers: status 0 all true, 1 a claim is false, 3 not meant."""
    taken = ", ".join(f"({kind})strtoull(arguments[{i + 1}], 0, 0)"
                      for i, (kind, _) in enumerate(parameters(claim)))
    kinds = ", ".join(kind for kind, _ in parameters(claim))
    return f"""#include <stdlib.h>
#include "prove.h"

void {claim.function}({kinds});

void assume(bool meant)
{{
    if (!meant)
        exit(3);
}}

void claim(bool is_true)
{{
    if (!is_true)
        exit(1);
}}

int main(int count, char **arguments)
{{
    if (count == {len(parameters(claim)) + 1})
        {claim.function}({taken});
    return 0;
}}
"""


# ---- Proving -------------------------------------------------------------------------------------------


def _cases(claim, few):
    """Each choice of numbers for the arguments that are tried one by one; a few: the ends, and round 0."""
    each = claim.each or {}
    if few:
        each = {name: [one for one in all_of if abs(one) <= 1 or one in (all_of[0], all_of[-1])]
                for name, all_of in each.items()}
    for chosen in itertools.product(*each.values()):
        yield dict(zip(each, chosen))


def tried(program, numbers):
    """What the compiled program says to these numbers: "true", "false" or "not meant"."""
    done = subprocess.run([program, *(str(one) for one in numbers)], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT_S)
    return {0: "true", 3: "not meant"}.get(done.returncode, "false")


def _follow(claim, function, solver, case, log):
    """(Follower, {name: unknown or number}) after all ways; raises what paths raises."""
    arguments, registers = {}, {}
    for (kind, name), (register, width) in zip(parameters(claim), function.parameters, strict=True):
        if name in case:
            arguments[name] = case[name]
            registers[register] = integers.constant(case[name])
        else:
            arguments[name] = paths.argument(name, width, not kind.startswith("u"))
            registers[register] = integers.of(arguments[name])
    follower = paths.Follower(function, solver)
    try:
        follower.run(registers)
        if not follower.claims:
            raise Trouble("claims nothing: what is assumed can never be")
    except paths.Refuted as refuted:
        refuted.follower, refuted.arguments = follower, arguments
        raise
    finally:
        log.write(f"case {case}: {follower.ways} ways, {follower.claims} claims\n")
    return follower, arguments


def _refuted(refuted, program, log):
    """Looks for numbers for which the compiled program says that the claim is false."""
    unknowns = [one for one in refuted.arguments.values() if not isinstance(one, int)]
    for numbers in refuted.follower.examples(refuted, unknowns, random.Random(1)):
        left = iter(numbers)
        each = {name: one if isinstance(one, int) else next(left) for name, one in refuted.arguments.items()}
        if tried(program, each.values()) == "false":
            log.write(f"{refuted.what} is false for {each}\n")
            return f"refuted: {refuted.what}"
    return f"not proved: {refuted.what}"


def _prove(name, few, log):
    """(said, ways, questions)"""
    claim, fault = claim_of(name)
    claim = CLAIMS[claim]
    text, program = _compile(name, claim, claim.broken[fault] if fault else None, log)
    function = llvmir.parse(text)[claim.function]
    solver, ways = conditions.Solver(SHORT_TRIES if few and fault else len(conditions.TRIES)), 0
    try:
        for case in _cases(claim, few):
            follower, _ = _follow(claim, function, solver, case, log)
            ways += follower.ways
        return "proved", ways, solver.asked
    except paths.Refuted as refuted:
        return _refuted(refuted, program, log), ways, solver.asked
    except paths.Unsupported as unsupported:
        return f"cannot be followed: {unsupported}", ways, solver.asked
    finally:
        solver.close()


def followed(name, case, log):
    """(the follower after all ways, {argument: unknown or number}, the program) of one case of a claim."""
    claim = CLAIMS[name]
    text, program = _compile(f"{name}-followed", claim, None, log)
    solver = conditions.Solver()
    try:
        return *_follow(claim, llvmir.parse(text)[claim.function], solver, case, log), program
    finally:
        solver.close()


def prove(name, few=False):
    """One claim or one broken variant, from its source. `few`: in make check, where a minute must do."""
    started = _cpu_s()
    os.makedirs(BUILT, exist_ok=True)
    path = os.path.join(BUILT, f"{name}.log")
    with open(path, "w", encoding="utf-8") as log:
        try:
            said, ways, asked = _prove(name, few, log)
        except (Trouble, RuntimeError) as trouble:
            said, ways, asked = str(trouble), 0, 0
        log.write(said + "\n")
    wanted = "refuted" if claim_of(name)[1] else "proved"
    return Found(said.split(":")[0] == wanted, said, ways, asked, _cpu_s() - started, path)


def _cpu_s():
    """CPU time of this process and of those that it started and that have ended."""
    return sum(used.ru_utime + used.ru_stime for used in (
        resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


def prove_all(wanted):
    """(name, what was found), in the order of names: two at a time, where there are two CPUs."""
    with concurrent.futures.ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        yield from zip(wanted, pool.map(prove, wanted))
