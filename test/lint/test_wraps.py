"""
The test images' faults are between a caller and the function that it calls (ld --wrap). A call inside one
file is not caught, so each wrapped function must be called from another file, and never from its own.
"""

import functools
import os
import re
import subprocess

import checks
import pytest

FOLDER = os.path.join("build", "obj", "hv")
TOOLS = os.environ.get("CROSS_COMPILE", "")
# Calls inside a file that are not to be caught.
MEANT = {"record_fill_wall": "record_fill fills in the wall clock too; the fault is in setting it alone"}
COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def wraps():
    """[(program, its fault files, a wrapped function)], as the Makefile has them."""
    told = subprocess.run(checks.make("-s", "wraps"), stdout=subprocess.PIPE, text=True, check=True,
                          env=checks.environment()).stdout
    found = []
    for line in told.splitlines():
        before, _, names = line.partition(" : ")
        program, *files = before.split()
        found += [(program, tuple(files), name) for name in names.split()]
    return found


@functools.cache
def symbols():
    """{source: (defined, undefined)}, of every object of the hypervisor and of the faults."""
    objects = [os.path.join(folder, name) for folder, _, names in os.walk(FOLDER) for name in names
               if name.endswith(".o")]
    table = {}
    told = subprocess.run([f"{TOOLS}nm", "-A", *objects], stdout=subprocess.PIPE, text=True, check=True)
    for line in told.stdout.splitlines():
        path, _, rest = line.partition(":")
        kind, name = rest.split()[-2:]
        source = os.path.relpath(path, FOLDER)[:-2]
        table.setdefault(source, (set(), set()))[kind == "U"].add(name)
    return table


def calls_inside(source, name):
    """How often a file calls what it defines: `name(` but for the definition."""
    with open(source, encoding="utf-8") as text:
        code = COMMENTS.sub("", text.read())
    return len(re.findall(rf"(?<![\w.>])(?!{name}\([^;{{}}]*\)\s*\{{){name}\(", code))


def complaint(faults, name, table, count=calls_inside):
    """Why a fault in place of `name` would not be met; None if it is."""
    ours = {source: kinds for source, kinds in table.items() if not source.startswith("test/")}
    if not any(f"__wrap_{name}" in table[f"test/faults/{fault}"][0] for fault in faults):
        return f"no fault file defines __wrap_{name}"
    homes = [source for source, (defined, _) in ours.items() if name in defined]
    if len(homes) != 1:
        return f"{name} is defined in {homes or 'no file'}"
    if not any(name in undefined for _, undefined in ours.values()):
        return f"no other file than {homes[0]} calls {name}"
    if name not in MEANT and homes[0].endswith(".c") and count(homes[0], name):
        return f"{homes[0]} calls its own {name}: that call is not caught"
    return None


@pytest.mark.parametrize("program, faults, name", [
    pytest.param(*wrap, id=f"{wrap[0]}-{wrap[2]}") for wrap in wraps()])
def test_wrapped(program, faults, name):
    why = checks.built(f"build/test/{program}.elf")
    assert not why, why
    why = complaint(faults, name, symbols())
    assert not why, f"{program}: {why}"


def test_a_call_that_is_not_caught_is_seen():
    table = {"hv/a.c": ({"one", "two"}, set()), "hv/b.c": (set(), {"one"}),
             "test/faults/f.c": ({"__wrap_one", "__wrap_two"}, {"__real_one"})}
    assert complaint(["f.c"], "one", table, lambda *_: 0) is None
    assert "calls its own" in complaint(["f.c"], "one", table, lambda *_: 1)
    assert "no other file" in complaint(["f.c"], "two", table, lambda *_: 0)
    assert "defines __wrap_three" in complaint(["f.c"], "three", table)


def test_calls_are_counted(tmp_path):
    source = tmp_path / "a.c"
    source.write_text("/* one() */\nint one(int a)\n{\n    return a;\n}\n"
                      "int two(void)\n{\n    return one(1) + x.one(2);\n}\n")
    assert calls_inside(source, "one") == 1
    assert calls_inside(source, "two") == 0
