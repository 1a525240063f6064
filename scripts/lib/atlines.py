"""The lines of a serial log that are meant for programs: `@word key=value key=value ...`."""

import re

_LINE = re.compile(r"@([a-z]+)((?: [a-z_]+=\S*)*)$")
_UNPRINTABLE = re.compile("[^\n\t -~\ufffd]+")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][A-Z0-9]|[=>78cDEHM])")


class AtLine(dict):
    """One line's keys and values as text; `word` is what follows the @, `line_number` counts from 1."""

    def __init__(self, word, pairs, line_number):
        super().__init__(pairs)
        self.word = word
        self.line_number = line_number

    def number(self, key):
        """The value as an integer; KeyError or ValueError where the line is not what it should be."""
        return int(self[key])


class Log:
    """All of a log: its lines, the `@` lines by word, and those that begin with @ but are malformed."""

    def __init__(self, text):
        self.text = text
        self.at_lines = []
        self.malformed = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.startswith("@"):
                continue
            parsed = parse_line(line, number)
            if parsed is None:
                self.malformed.append(line)
            else:
                self.at_lines.append(parsed)

    def all(self, word):
        return [line for line in self.at_lines if line.word == word]

    @property
    def verdict(self):
        """The verdict if it is the last of the `@` lines, as it must be; else None."""
        if self.at_lines and self.at_lines[-1].word == "verdict":
            return self.at_lines[-1]
        return None

    def has_verdict(self):
        return self.verdict is not None and self.verdict.get("result") in ("ok", "fail")

    def is_ok(self):
        return self.verdict is not None and self.verdict.get("result") == "ok"


def parse_line(line, number=0):
    match = _LINE.match(line.rstrip())
    if match is None:
        return None
    pairs = [pair.split("=", 1) for pair in match.group(2).split()]
    if len(dict(pairs)) != len(pairs):
        return None
    return AtLine(match.group(1), pairs, number)


def xen_is_done(text):
    """Whether Xen's dom0 has ended: its verdict is a whole line, or Xen says that it halts or gives up."""
    at = text.find("\n@verdict ")
    return (at >= 0 and "\n" in text[at + 1:]) or any(
        f"\n(XEN) {words}" in text for words in ("Hardware Dom0 halted", "Reboot in five seconds"))


class TerminalFilter:
    """Takes the bytes of a serial port as they come; gives text without escapes."""

    def __init__(self):
        self._rest = ""

    def feed(self, data):
        text = self._rest + data.decode("ascii", "replace")
        # A sequence may be cut by the end of what has come so far: keep its beginning for the next time.
        start = text.rfind("\x1b")
        if start >= 0 and len(text) - start < 16 and not _ESCAPES.match(text, start):
            self._rest, text = text[start:], text[:start]
        else:
            self._rest = ""
        text = _ESCAPES.sub("", text)
        return _UNPRINTABLE.sub("", text)
