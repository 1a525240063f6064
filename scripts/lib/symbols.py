"""Names for the addresses in a log: of Meridian's panics, and of a guest's reports."""

import os
import re
import subprocess
from dataclasses import dataclass

# Which program an address belongs to: Meridian's image lies in PML4 slot 261, guests at the very top.
HYPERVISOR, GUEST = 0xffff82d000000000, 0xffffffff80000000
SPAN = 1 << 30

_ADDRESS = re.compile(r"\b(?:0x)?(ffff[0-9a-f]{12})\b")
# `rip` points at the instruction itself; what stands in a back trace is where a call comes back to.
_RETURNS = re.compile(r"^(perhaps from |  0xffff)")
_WORTH_IT = re.compile(r"^(Meridian panic:|Meridian again|rip |perhaps from |  0xffff|  rip )"
                       r"|: exception \d+")


@dataclass
class Place:
    """A function and its line; `inlined` counts how many calls the compiler folded into it."""

    address: int
    function: str
    line: str
    inlined: int = 0

    def __str__(self):
        how = "  (inlined)" if self.inlined else ""
        return f"{self.address:#018x}  {self.function}  {self.line}{how}"


class Symbols:
    def __init__(self, meridian, guest=None):
        self._programs = [(HYPERVISOR, meridian), (GUEST, guest)]
        self._tool = os.environ.get("CROSS_COMPILE", "") + "addr2line"

    def places(self, address, is_return):
        """The function at an address, innermost first where one was inlined into another; [] if unknown."""
        for base, program in self._programs:
            if program and base <= address < base + SPAN:
                return self._look_up(program, address, address - is_return)
        return []

    def _look_up(self, program, address, at):
        said = subprocess.run([self._tool, "-f", "-i", "-e", program, hex(at)], stdout=subprocess.PIPE,
                              text=True, check=True).stdout.splitlines()
        pairs = list(zip(said[::2], said[1::2]))
        places = []
        for number, (function, line) in enumerate(pairs):
            if not line.startswith("??"):   # else it is data, or nothing of ours
                line = os.path.relpath(line) if line.startswith("/") else os.path.normpath(line)
                places.append(Place(address, function, line.split(" (")[0], len(pairs) - 1 - number))
        return places

    def of_line(self, line):
        """The places that one line of a log names."""
        if not _WORTH_IT.search(line):
            return []
        is_return = bool(_RETURNS.search(line))
        found = [int(text, 16) for text in _ADDRESS.findall(line)]
        return [place for address in found for place in self.places(address, is_return)]

    def decoded(self, text):
        """The whole log, each line followed by what its addresses stand for."""
        for line in text.splitlines():
            yield line
            for place in self.of_line(line):
                yield f"    {place}"

    def functions(self, text):
        """All functions that the log's traces name, in their order."""
        return [place.function for line in text.splitlines() for place in self.of_line(line)]
