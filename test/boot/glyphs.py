"""
The console's fonts as Debian's fonts-spleen brings them, read here from the PSF files themselves: nothing of
what the hypervisor makes of them is used, so what it draws can be judged by them.
"""

import functools
import gzip
import os
import struct

FONTS = os.environ.get("FONTS") or "/usr/share/consolefonts"
TEXT, BIG = f"{FONTS}/spleen-8x16.psfu.gz", f"{FONTS}/spleen-5x8.psfu.gz"

PSF1_MAGIC, PSF2_MAGIC = b"\x36\x04", b"\x72\xb5\x4a\x86"
PSF1_512, PSF1_UNICODE, PSF2_UNICODE = 1, 2, 1
PSF1_END, PSF1_SEQUENCE = 0xffff, 0xfffe
PSF2_END, PSF2_SEQUENCE = b"\xff", b"\xfe"


class Font:
    """`glyphs`: for each character its rows from the top, each a string of 0 and 1 from the left."""

    def __init__(self, width, height, pictures, names):
        self.width, self.height = width, height
        stride = (width + 7) // 8
        self.glyphs = {}
        for picture, characters in zip(pictures, names):
            rows = [int.from_bytes(picture[i * stride:(i + 1) * stride], "big") for i in range(height)]
            bits = tuple(f"{row:0{stride * 8}b}"[:width] for row in rows)
            for character in characters:
                self.glyphs.setdefault(character, bits)


def _psf1(data):
    count = 512 if data[2] & PSF1_512 else 256
    height, start = data[3], 4
    assert data[2] & PSF1_UNICODE, "a font without its table of characters"
    pictures = [data[start + i * height:start + (i + 1) * height] for i in range(count)]
    names, current, single = [], [], True
    for (value,) in struct.iter_unpack("<H", data[start + count * height:]):
        if value == PSF1_END:
            names.append(current)
            current, single = [], True
        elif value == PSF1_SEQUENCE:
            single = False
        elif single:
            current.append(chr(value))
    return Font(8, height, pictures, names)


def _psf2(data):
    _, start, flags, count, size, height, width = struct.unpack_from("<7I", data, 4)
    assert flags & PSF2_UNICODE, "a font without its table of characters"
    pictures = [data[start + i * size:start + (i + 1) * size] for i in range(count)]
    entries = data[start + count * size:].split(PSF2_END)[:count]
    return Font(width, height, pictures, [entry.split(PSF2_SEQUENCE)[0].decode() for entry in entries])


@functools.lru_cache(maxsize=None)
def font(path):
    with gzip.open(path) as file:
        data = file.read()
    if data.startswith(PSF1_MAGIC):
        return _psf1(data)
    assert data.startswith(PSF2_MAGIC), f"{path} is no PSF font"
    return _psf2(data)


# The PC's own set, which is what a cell of VGA text holds; its lowest 32 are pictures, 0 and 255 blank.
LOW = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
CP437 = LOW + bytes(range(32, 127)).decode("ascii") + "⌂" + bytes(range(128, 255)).decode("cp437") + " "
