"""The PNG that is written is a PNG, with the picture's own colours: read back here by the format's rules."""

import struct
import zlib

import png
import pytest


def chunks(data):
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, found = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + length
    assert at == len(data) and found[-1] == (b"IEND", b"")
    return found


def colours_of(data):
    """Every pixel as red, green, blue, row by row."""
    parts = dict(chunks(data))
    width, height, bits, kind, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert rest == [0, 0, 0]
    channels = 3 if kind == 2 else 1
    stride = 1 + (width * bits * channels + 7) // 8
    raw = zlib.decompress(parts[b"IDAT"])
    assert len(raw) == stride * height
    out = b""
    for y in range(height):
        assert raw[y * stride] == 0     # no filter
        row = raw[y * stride + 1:(y + 1) * stride]
        if kind == 2:
            out += row
            continue
        digits = f"{int.from_bytes(row, 'big'):0{len(row) * 8}b}"
        indices = [int(digits[x * bits:(x + 1) * bits], 2) for x in range(width)]
        out += b"".join(parts[b"PLTE"][3 * i:3 * i + 3] for i in indices)
    return out


@pytest.mark.parametrize("colours, kind", [(1, 3), (2, 3), (3, 3), (16, 3), (17, 3), (256, 3), (300, 2)])
def test_it_gives_back_the_picture(colours, kind):
    width, height = 37, 11
    body = b"".join(struct.pack("<I", 0x10305 * (i * 7 % colours))[:3] for i in range(width * height))
    written = png.from_ppm(f"P6\n{width} {height}\n255\n".encode() + body)
    assert colours_of(written) == body
    assert dict(chunks(written))[b"IHDR"][9] == kind
