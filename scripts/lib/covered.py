"""Which lines of hv/ have code, and which of them ran: in the emulator, or in a host test."""

import functools
import glob
import json
import os
import re
import subprocess

from progress import Progress, say

TOOLS = os.environ.get("CROSS_COMPILE", "")
_FILE = re.compile(r"(?:CU: )?(\S+):(?:\[\+\+\])?$")
_ROW = re.compile(r"\S+\s+(\d+)\s+0x([0-9a-f]+)\b")
_FUNCTION = re.compile(r"^([0-9a-f]{16}) ([0-9a-f]{16}) [Tt] (\S+)", re.M)


def _tool(name, *words):
    return subprocess.run([TOOLS + name, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=True).stdout


def _tool_of_host(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=True).stdout


def _relative(name):
    return os.path.relpath(name) if name.startswith("/") else os.path.normpath(name)


@functools.cache
def _candidates(name):
    """A program's own file goes without its folder in objdump's table: the files of hv/ it may be."""
    if "/" in name:
        return [_relative(name)] if _relative(name).startswith("hv/") else []
    return glob.glob(f"hv/**/{name}", recursive=True)


def _frames(path, addresses):
    """For each address the files of its function and of those that it was inlined into."""
    frames = {address: set() for address in addresses}
    words = [hex(address) for address in sorted(addresses)]
    at = None
    for line in _tool("addr2line", "-a", "-i", "-e", path, *words).splitlines() if words else ():
        if line.startswith("0x"):
            at = frames[int(line, 16)]
        else:
            at.add(_relative(line.rpartition(":")[0]))
    return frames


class Program:
    """One ELF file, by its line table: what stands at each address where a piece of a line begins."""

    def __init__(self, path):
        self.lines = {}         # address: {(file, line)}, of hv/ only
        name, doubtful = "", []
        for text in _tool("objdump", "--dwarf=decodedline", path).splitlines():
            file, row = _FILE.match(text), _ROW.match(text)
            if file:
                name = file[1]
            elif row and row[1] != "0":
                names, address, line = _candidates(name), int(row[2], 16), int(row[1])
                if len(names) == 1:
                    self.lines.setdefault(address, set()).add((names[0], line))
                elif names:
                    doubtful.append((names, address, line))
        frames = _frames(path, {address for _, address, _ in doubtful})
        for names, address, line in doubtful:
            self.lines.setdefault(address, set()).update((name, line) for name in names
                                                         if name in frames[address])
        self.functions = {}     # name: (first address, end)
        for start, size, function in _FUNCTION.findall(_tool("nm", "-S", path)):
            if int(start, 16) in self.lines:
                self.functions[function] = (int(start, 16), int(start, 16) + int(size, 16))

    def all_lines(self):
        return set().union(*self.lines.values())

    def file_of(self, function):
        """Where a function stands; an inlined one's line may begin at its first address too."""
        start, end = self.functions[function]
        names = [name for address in range(start, end) for name, _ in self.lines.get(address, ())
                 if not name.endswith(".h")]
        return max(set(names), key=names.count) if names else ""

    def reached(self, executed):
        """What a set of executed addresses stands for: (lines, names of functions)."""
        lines = set().union(*(self.lines[address] for address in executed if address in self.lines))
        functions = {name for name, (start, end) in self.functions.items()
                     if any(address in executed for address in range(start, end))}
        return lines, functions


def host_tests(folder):
    """Runs every host test built with --coverage in `folder`; gives (lines, names of functions) of hv/."""
    lines, functions = set(), set()
    for old in glob.glob(os.path.join(folder, "*.gcda")):
        os.remove(old)
    tests = [test for test in sorted(glob.glob(os.path.join(folder, "test_*")))
             if not os.path.splitext(test)[1]]
    with Progress("host tests", len(tests)) as progress:
        for test in tests:
            status = subprocess.run([test], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                                    timeout=300).returncode
            if status:
                say(f"coverage: {test}: status {status}")
            progress.advance()
    report = json.loads(_tool_of_host("gcovr", "--json", "-", "--root", ".", "--filter", "hv/", folder))
    for source in report["files"]:
        lines |= {(source["file"], line["line_number"]) for line in source["lines"] if line["count"]}
        functions |= {function["name"] for function in source.get("functions", ())
                      if function["execution_count"]}
    return lines, functions
