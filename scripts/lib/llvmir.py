"""What clang writes with -S -emit-llvm, as far as straight arithmetic needs it. For scripts/prove."""

import re
from collections import namedtuple

# names: [(name, bits)]; blocks: {label: [Step]}, the first one is the entry.
Function = namedtuple("Function", "name parameters blocks")
# out: the value's name or None; what: the instruction's word; rest: its text.
Step = namedtuple("Step", "out what rest")

NAME = r'%(?:"[^"]+"|[\w.$-]+)'
HEAD = re.compile(r"^define .*?@([\w.]+)\((.*)\)[^()]*\{$")
LABEL = re.compile(r'^("[^"]+"|[\w.$-]+):')
STEP = re.compile(rf"^\s+(?:({NAME}) = )?(?:tail |musttail |notail )?(\w+)\s*(.*)$")


def _clean(line):
    """Without comments and metadata."""
    line = re.sub(r"\s*;.*$", "", line)
    return re.sub(r"(, |\s)![\w.]+( !\d+)?(?=(,|\s|$))", "", line).rstrip().rstrip(",")


def _parameters(text):
    found = re.findall(rf"(?:^|, )(\S+) [^,]*?({NAME})(?=,|$)", text)
    return [(name, bits(kind)) for kind, name in found]


def bits(kind):
    """Of an integer type; None for others."""
    match = re.fullmatch(r"i(\d+)", kind)
    return int(match.group(1)) if match else None


def _joined(lines):
    """A switch stands on several lines."""
    held = ""
    for line in lines:
        line = _clean(line)
        held = f"{held} {line.strip()}" if held else line
        if held.lstrip().startswith("switch") and not held.endswith("]"):
            continue
        yield held
        held = ""


def parse(text):
    """{name: Function}"""
    functions, function, label = {}, None, None
    for line in _joined(text.splitlines()):
        if function is None:
            head = HEAD.match(re.sub(r" #\d+(?= \{$)", "", line))
            if head:
                function = Function(head.group(1), _parameters(head.group(2)), {})
                label = None
            continue
        if line == "}":
            functions[function.name] = function
            function = None
        elif LABEL.match(line):
            label = "%" + LABEL.match(line).group(1)
            function.blocks[label] = []
        elif line.strip():
            if label is None:
                label = "%entry"
                function.blocks[label] = []
            found = STEP.match(line)
            function.blocks[label].append(Step(*found.groups()))
    return functions
