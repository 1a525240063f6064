"""
docs/lines.md held against what is printed: by the sources (scripts/house), and in a log (the boot tests).
"""

import glob
import os
import re

PAGE = os.path.join("docs", "lines.md")

_KIND = re.compile(r"^### `@([a-z]+)`$")
_KEY = re.compile(r"^\| `([a-z_]+)` \|")
_STRINGS = re.compile(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*')
_PRINTED = re.compile(r"(?:^|\n)@([a-z]+) ([^\n]*)")
_COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
SOURCES = ("hv/**/*.c", "guest/*.c", "test/faults/*.c")


def documented(page=PAGE):
    """{word: its keys}, as the page has them."""
    kinds, keys = {}, None
    with open(page, encoding="utf-8") as text:
        for line in text:
            kind, key = _KIND.match(line), _KEY.match(line)
            if kind:
                keys = kinds.setdefault(kind.group(1), set())
            elif key and keys is not None:
                keys.add(key.group(1))
    return kinds


def printed(text):
    """[(word, keys)] of the format strings in a C source; adjacent strings are one, as for the compiler."""
    for match in _STRINGS.finditer(_COMMENTS.sub("", text)):
        joined = "".join(part[1:-1] for part in re.findall(r'"(?:\\.|[^"\\\n])*"', match.group()))
        for word, rest in _PRINTED.findall(joined.replace("\\n", "\n")):
            yield word, set(re.findall(r"(?:^| )([a-z_]+)=", rest))


def source_complaints():
    """Kinds and keys that a source prints and the page lacks; kinds of the page that no source prints."""
    page, seen = documented(), set()
    for name in sorted(path for pattern in SOURCES for path in glob.glob(pattern, recursive=True)):
        with open(name, encoding="utf-8") as source:
            for word, keys in printed(source.read()):
                if not keys:    # a word that is looked for, not printed
                    continue
                seen.add(word)
                if word not in page:
                    yield f"{name}: prints @{word}, which {PAGE} lacks"
                for key in sorted(keys - page.get(word, keys)):
                    yield f"{name}: prints {key}= on @{word}, which {PAGE} lacks"
    for word in sorted(set(page) - seen):
        yield f"{PAGE}: @{word} is printed by no source"


def log_complaints(at_lines):
    """What a log contains and the page lacks."""
    page = documented()
    for line in at_lines:
        if line.word not in page:
            yield f"@{line.word} is not in {PAGE}"
        for key in line:
            if key not in page.get(line.word, line):
                yield f"{key}= of @{line.word} is not in {PAGE}"


def first_line_complaint(at_lines):
    """The first `@` line tells the version of their form."""
    if at_lines and "lines" not in at_lines[0]:
        return f"the first @ line is @{at_lines[0].word}, and has no lines="
    return None


def unseen(logs):
    """Keys of the page that no line of these logs has: {word: keys}."""
    page = documented()
    for log in logs:
        for line in log.at_lines:
            page.get(line.word, set()).difference_update(line)
    return {word: keys for word, keys in page.items() if keys}
