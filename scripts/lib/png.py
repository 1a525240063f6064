"""A PNG of few colours from a picture of QEMU's (PPM): a byte or less a pixel, so pictures stay small."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRUE_COLOUR, PALETTE = 2, 3
MOST_COLOURS = 256


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _packed(row, bits):
    """Indices, `bits` each, the left one in the high part of a byte."""
    each = 8 // bits
    row = row + bytes(-len(row) % each)
    groups = [row[i:i + each] for i in range(0, len(row), each)]
    return bytes(sum(group[j] << (8 - bits * (j + 1)) for j in range(each)) for group in groups)


def from_ppm(ppm):
    """PNG's bytes for a P6 picture of 8 bits a channel; with more than 256 colours each pixel has its own."""
    magic, width, height, most = ppm.split(maxsplit=4)[:4]
    assert magic == b"P6" and most == b"255"
    width, height = int(width), int(height)
    body = ppm[-3 * width * height:]
    lines = [body[y * width * 3:(y + 1) * width * 3] for y in range(height)]
    pixels = [[line[x:x + 3] for x in range(0, len(line), 3)] for line in lines]
    colours = sorted({pixel for row in pixels for pixel in row})
    if len(colours) > MOST_COLOURS:
        bits, kind, palette = 8, TRUE_COLOUR, b""
        rows = lines
    else:
        bits = next(bits for bits in (1, 2, 4, 8) if len(colours) <= 1 << bits)
        kind, palette = PALETTE, _chunk(b"PLTE", b"".join(colours))
        index = {pixel: i for i, pixel in enumerate(colours)}
        rows = [_packed(bytes(index[pixel] for pixel in row), bits) for row in pixels]
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    data = _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9))
    return SIGNATURE + head + palette + data + _chunk(b"IEND", b"")
