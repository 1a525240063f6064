"""docs/troubleshooting.md: every message in it is one of the sources', and every panic stands in it."""

import glob
import re

from pages import text_of

PAGE = "docs/troubleshooting.md"
LITERAL = r'"((?:\\.|[^"\\])*)"'
CONVERSION = re.compile(r"%[-+0]*[\d.*]*(?:ll|l|z)?[a-z]")


def sources():
    """All that the hypervisor may say, one text a line; adjacent literals are one."""
    names = glob.glob("hv/**/*.[ch]", recursive=True) + glob.glob("boot/*.inc")
    joined = "\n".join(re.sub(r'"\s*\n\s*"', "", text_of(name)) for name in names)
    texts = [text.encode().decode("unicode_escape") for text in re.findall(LITERAL, joined)]
    return "\n".join(text.replace("%%", "%") for text in texts)


def messages():
    """The code spans of the first cells of all tables, but those without a message's blanks."""
    for line in text_of(PAGE).splitlines():
        if line.startswith("| `") and "make usb" not in line:
            yield from (span for span in re.findall(r"`([^`]+)`", line.split(" | ")[0]) if " " in span)


def test_every_message_is_one_of_the_sources():
    said, checked = sources(), 0
    for message in messages():
        if re.search(r"#|page fault", message):     # named by the CPU's manuals, in a table of traps
            continue
        message = re.sub(r"^(?:screen|power|it) ?:? ", "", message)
        for piece in re.split(r"\.\.\.|<\w+>", message):
            piece = piece.strip(' "')
            if len(piece) >= 4:
                assert piece in said, f"{PAGE}: nothing says: {piece}"
                checked += 1
    assert checked >= 40


def test_every_panic_stands_in_the_page():
    page = " ".join(text_of(PAGE).split())
    found = 0
    for name in glob.glob("hv/**/*.c", recursive=True):
        text = re.sub(r'"\s*\n\s*"', "", text_of(name))
        for format_text in re.findall(r"\bpanic\(\s*" + LITERAL, text):
            pieces = [piece.strip(" :") for piece in CONVERSION.split(format_text)]
            first = next(piece for piece in pieces if len(piece) > 3).split(" (")[0]
            assert first in page or first.split(":")[0] in page, f"{name}: {format_text}"
            found += 1
    assert found >= 10
