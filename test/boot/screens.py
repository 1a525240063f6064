"""
What stands on a screen, read back: a grid of characters with their colours, from a picture of a framebuffer
(by the font's own bits) or from the cells of VGA text. Half blocks then give what is drawn with them: large
letters, and QR codes.
"""

from dataclasses import dataclass

import glyphs
from glyphs import CP437

# A channel in six steps: a colour is one byte, and 15 or 16 bits a pixel make no other colour of it.
STEPS, WIDEST = 6, 255
LEVEL = bytes((value * (STEPS - 1) + WIDEST // 2) // WIDEST for value in range(WIDEST + 1))
ANCHOR = "Meridian"     # stands somewhere on every screen of ours: by it scale and margin are found
LARGEST_SCALE = 4
CELL_WIDTH, CELL_HEIGHT = 8, 16
BACK_OF_TEXT = 255      # no colour(): a half that has more than one


def colour(red, green, blue):
    return LEVEL[red] * STEPS * STEPS + LEVEL[green] * STEPS + LEVEL[blue]


def light_of(value):
    """How bright, 0 to 255."""
    levels = value // STEPS // STEPS, value // STEPS % STEPS, value % STEPS
    red, green, blue = (level * WIDEST // (STEPS - 1) for level in levels)
    return (red * 299 + green * 587 + blue * 114) // 1000


def _pc_colours():
    """VGA's sixteen: bit 3 is bright, and dark yellow is brown."""
    for value in range(16):
        low = 0x55 if value & 8 else 0
        channels = [low + (0xaa if value & bit else 0) for bit in (4, 2, 1)]
        if value == 6:
            channels[1] = 0x55
        yield colour(*channels)


PC_COLOURS = tuple(_pc_colours())


@dataclass(frozen=True)
class Cell:
    """
    char: None where it is no character but a piece of a picture. pixels: a byte each, if there are any.
    blinks: VGA text has no bright background; that bit has the cell blink.
    """

    char: str
    fore: int
    back: int
    pixels: bytes = b""
    blinks: bool = False

    def halves(self):
        """The colours of its upper and lower half, None where a half has more than one."""
        blocks = {" ": (self.back, self.back), "█": (self.fore, self.fore), "▀": (self.fore, self.back),
                  "▄": (self.back, self.fore)}
        return blocks.get(self.char, (None, None))

    def dots(self):
        """Rows of colours, as fine as there are: its pixels, or its halves."""
        if not self.pixels:
            return [bytes([BACK_OF_TEXT if half is None else half]) for half in self.halves()]
        return [self.pixels[at:at + CELL_WIDTH] for at in range(0, len(self.pixels), CELL_WIDTH)]


class Screen:
    """rows: lists of cells, all of one length."""

    def __init__(self, rows):
        self.rows = rows

    def lines(self):
        """As text, without the blanks at the ends; what is no character is U+FFFD."""
        return ["".join(cell.char or "\ufffd" for cell in row).rstrip() for row in self.rows]

    def text(self):
        return "\n".join(self.lines())

    def halves(self):
        """Twice the rows: the colour of each half cell, or None."""
        grid = []
        for row in self.rows:
            pairs = [cell.halves() for cell in row]
            grid += [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
        return grid


def read_text_page(data, columns=80):
    """VGA text memory: a character of code page 437 and an attribute for each cell."""
    cells = [Cell(CP437[data[i]], PC_COLOURS[data[i + 1] & 15], PC_COLOURS[data[i + 1] >> 4 & 7],
                  blinks=data[i + 1] >= 0x80) for i in range(0, len(data), 2)]
    return Screen([cells[i:i + columns] for i in range(0, len(cells), columns)])


class Picture:
    """A PPM (P6) of 8 bits a channel, as QEMU's screendump writes it; pixels: one byte of colour() each."""

    def __init__(self, data):
        magic, width, height, most = data.split(maxsplit=4)[:4]
        assert magic == b"P6" and most == b"255", "not the picture that was asked for"
        self.width, self.height = int(width), int(height)
        body = data[-3 * self.width * self.height:]
        channels = [body[i::3].translate(LEVEL) for i in range(3)]
        # All pixels at once: no step carries into the next byte.
        sums = [int.from_bytes(channel, "big") * factor
                for channel, factor in zip(channels, (STEPS * STEPS, STEPS, 1))]
        self.pixels = sum(sums).to_bytes(self.width * self.height, "big")

    def row(self, y):
        return self.pixels[y * self.width:(y + 1) * self.width]

    def upright(self, degrees):
        """Itself as somebody sees it for whom it was rotated clockwise by so many degrees."""
        width = self.width
        columns = {90: [self.pixels[x::width] for x in reversed(range(width))],
                   270: [self.pixels[x::width][::-1] for x in range(width)], 180: [self.pixels[::-1]]}
        if degrees:
            self.pixels = b"".join(columns[degrees])
        if degrees in (90, 270):
            self.width, self.height = self.height, width
        return self

    def crop(self, left, top, width, height):
        return [self.row(y)[left:left + width] for y in range(top, top + height)]


def _spread(bits, scale):
    """0 and 1 as bytes, each `scale` times."""
    return b"".join(bytes([int(bit)]) * scale for bit in bits)


def _inked(row, ink):
    """1 where the row has that colour."""
    return row.translate(bytes(int(value == ink) for value in range(256)))


def find_anchor(picture, word=ANCHOR):
    """(scale, left, top) of that word, wherever and in whatever colours it stands first."""
    letters = [glyphs.font(glyphs.TEXT).glyphs[letter] for letter in word]
    bits = ["".join(letter[y] for letter in letters) for y in range(CELL_HEIGHT)]
    middle = max(range(CELL_HEIGHT), key=lambda y: sum(a != b for a, b in zip(bits[y], bits[y][1:])))
    for scale in range(1, LARGEST_SCALE + 1):
        pattern = [_spread(row, scale) for row in bits]
        for y in range(middle * scale, picture.height - (CELL_HEIGHT - middle) * scale + 1):
            row = picture.row(y)
            for ink in set(row):
                left = _inked(row, ink).find(pattern[middle])
                top = y - middle * scale
                if left >= 0 and all(_inked(picture.row(top + i * scale), ink).startswith(pattern[i], left)
                                     for i in range(CELL_HEIGHT)):
                    return scale, left, top
    return None


class Reader:
    """Cells of a picture to characters; a cell that looks like one seen before costs nothing."""

    def __init__(self):
        self._seen = {}
        self._chars = {}
        for char, bits in glyphs.font(glyphs.TEXT).glyphs.items():
            known = self._chars.get("".join(bits))
            if known is None or (char in CP437 and known not in CP437):
                self._chars["".join(bits)] = char

    def cell(self, pixels):
        if pixels not in self._seen:
            self._seen[pixels] = self._read(pixels)
        return self._seen[pixels]

    def _read(self, pixels):
        colours = sorted(set(pixels), key=pixels.count)    # what there is less of is the writing
        if len(colours) == 1:
            return Cell(" ", colours[0], colours[0], pixels)
        for fore, back in (colours, colours[::-1]) if len(colours) == 2 else ():
            char = self._chars.get("".join("1" if pixel == fore else "0" for pixel in pixels))
            if char is not None:
                return Cell(char, fore, back, pixels)
        return Cell(None, colours[-1], colours[0], pixels)


def _shrunk(picture, left, top, scale):
    """A row of the grid's own pixels: each is a square of `scale`, all of one colour."""
    row = picture.row(top)[left:]
    row = row[:len(row) // scale * scale]
    small = row[::scale]
    for y in range(top, top + scale):
        assert picture.row(y)[left:left + len(row)] == row, f"line {y} is not drawn at the scale of {scale}"
    for x in range(scale):
        assert row[x::scale] == small, f"line {top} is not drawn at the scale of {scale}"
    return small


def read_picture(picture):
    """The grid that the anchor lies on, over all of the picture; None where the anchor is not seen."""
    found = find_anchor(picture)
    if not found:
        return None
    scale, left, top = found[0], found[1] % (CELL_WIDTH * found[0]), found[2] % (CELL_HEIGHT * found[0])
    reader, rows = Reader(), []
    for y in range(top, picture.height - CELL_HEIGHT * scale + 1, CELL_HEIGHT * scale):
        lines = [_shrunk(picture, left, y + i * scale, scale) for i in range(CELL_HEIGHT)]
        columns = range(0, len(lines[0]) - CELL_WIDTH + 1, CELL_WIDTH)
        rows.append([reader.cell(b"".join(line[x:x + CELL_WIDTH] for line in lines)) for x in columns])
    return Screen(rows)
