"""What is drawn on a screen with half blocks: words in large letters, and QR codes."""

import os
import subprocess
import tempfile

import glyphs
from screens import light_of

LARGEST = 6         # times the font's own size
GAPS = (0, 1)
MODULE_PIXELS = 8


def _planes(screen):
    """For each colour its half cells, a row of 0 and 1 each."""
    grid = screen.halves()
    for ink in {value for row in grid for value in row if value is not None}:
        yield [bytes(int(value == ink) for value in row) for row in grid]


def _pattern(word, scale, gap):
    """
    The word's rows as the small font has them, `gap` more columns between two letters; the blank column or
    row at an edge need not be there.
    """
    letters = [glyphs.font(glyphs.BIG).glyphs[letter] for letter in word]
    rows = [("0" * gap).join(letter[y] for letter in letters) for y in range(len(letters[0]))]
    first = min(row.find("1") for row in rows if "1" in row)
    last = max(row.rfind("1") for row in rows)
    inked = [row[first:last + 1] for row in rows if "1" in row]
    return [b"".join(bytes([int(bit)]) * scale for bit in row) for row in inked for _ in range(scale)]


def _stands(plane, pattern):
    for top in range(len(plane) - len(pattern) + 1):
        left = plane[top].find(pattern[0])
        while left >= 0:
            if all(plane[top + i].startswith(row, left) for i, row in enumerate(pattern)):
                return True
            left = plane[top].find(pattern[0], left + 1)
    return False


def shows_large(screen, word):
    """The scale at which the word stands there in large letters; 0: it does not."""
    planes = list(_planes(screen))
    for scale in range(1, LARGEST + 1):
        patterns = [_pattern(word, scale, gap) for gap in GAPS]
        if any(_stands(plane, pattern) for plane in planes for pattern in patterns):
            return scale
    return 0


def large_word(screen, words):
    """Which of the words stands there in large letters: the longest, for one may be a part of another."""
    found = [word for word in words if shows_large(screen, word)]
    return max(found, key=len, default=None)


def zbar(path):
    """The texts of all QR codes in a picture, as Debian's zbar-tools read them."""
    done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.splitlines()


def read_qr(screen):
    """By the half cells alone, each a square: what a terminal shows, whatever its pixels."""
    light = [[value is not None and light_of(value) >= 128 for value in row] for row in screen.halves()]
    module = (b"\0" * MODULE_PIXELS, b"\xff" * MODULE_PIXELS)
    rows = [b"".join(module[one] for one in row) * MODULE_PIXELS for row in light]
    size = f"P5 {len(light[0]) * MODULE_PIXELS} {len(light) * MODULE_PIXELS} 255\n".encode()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "qr.pgm")
        with open(path, "wb") as file:
            file.write(size + b"".join(rows))
        return zbar(path)
