"""What reads screens reads them right: pictures made here from the font, and spoilt."""

import glyphs
import pytest
from curves import find_plot
from marks import large_word, read_qr, shows_large
from screens import (CELL_HEIGHT, CELL_WIDTH, Cell, Picture, Screen, colour, find_anchor, light_of,
                     read_picture, read_text_page)

GREY, BLUE, WHITE, BLACK = (0xaa, 0xaa, 0xaa), (0, 0, 0xaa), (255, 255, 255), (0, 0, 0)
LINES = ["Meridian 0.5  ±12.5 µs", "", "│ █▌▄▄▀▀ ░▒▓ ÷ 90° · │", "0123456789 {}~"]
COLUMNS = 30
# Version 1, made by libqrencode: "IN STEP 1.5".
QR = ["#######...#.#.#######", "#.....#.....#.#.....#", "#.###.#.#.#...#.###.#", "#.###.#.....#.#.###.#",
      "#.###.#..#.##.#.###.#", "#.....#..###..#.....#", "#######.#.#.#.#######", "........#.#..........",
      "###.#####.#.###...#..", "##..#....#.#......#..", ".....###..##..#.#.#.#", "####....#..###..#.##.",
      "###..##.#..#..###..##", "........##....#..#..#", "#######.#.#.#..####..", "#.....#.###...##.....",
      "#.###.#.#.#.#.#...###", "#.###.#...##.#.#.###.", "#.###.#.#..#.######.#", "#.....#.######.#..###",
      "#######.#..#.####...#"]


def drawn(lines, scale=1, left=0, top=0, fore=GREY, back=BLUE):
    """The text as rows of pixels, each (red, green, blue), in a picture with margins of so much all round."""
    font = glyphs.font(glyphs.TEXT)
    width = COLUMNS * CELL_WIDTH * scale + 2 * left
    rows = [[back] * width for _ in range(top)]
    for line in lines:
        for y in range(CELL_HEIGHT):
            bits = "".join(font.glyphs[char][y] for char in line.ljust(COLUMNS))
            row = [fore if bit == "1" else back for bit in bits for _ in range(scale)]
            rows += [[back] * left + row + [back] * left for _ in range(scale)]
    return rows + [[back] * width for _ in range(top)]


def ppm(rows):
    body = b"".join(bytes(pixel) for row in rows for pixel in row)
    return Picture(f"P6\n{len(rows[0])} {len(rows)}\n255\n".encode() + body)


def halves(grid, fore=BLACK, back=WHITE):
    """A grid of # and other characters as half blocks."""
    grid = [*grid, "." * len(grid[0])][:len(grid) + len(grid) % 2]
    blocks = {("#", "#"): "█", ("#", "."): "▀", (".", "#"): "▄", (".", "."): " "}
    return Screen([[Cell(blocks[pair], colour(*fore), colour(*back)) for pair in zip(upper, lower)]
                   for upper, lower in zip(grid[::2], grid[1::2])])


def framed(grid, margin=4):
    side = "." * margin
    wide = [side + row + side for row in grid]
    return ["." * len(wide[0])] * margin + wide + ["." * len(wide[0])] * margin


def test_the_fonts_are_read():
    small, text = glyphs.font(glyphs.BIG), glyphs.font(glyphs.TEXT)
    assert (small.width, small.height, text.width, text.height) == (5, 8, 8, 16)
    assert text.glyphs["A"] == ("00000000",) * 2 + ("01111100",) + ("11000110",) * 3 + ("11111110",) + \
        ("11000110",) * 5 + ("00000000",) * 4
    assert small.glyphs["T"] == ("00000", "11111") + ("00100",) * 5 + ("00000",)
    assert text.glyphs["▀"] == ("1" * 8,) * 8 + ("0" * 8,) * 8
    assert len(glyphs.CP437) == 256 and glyphs.CP437[0xdf] == "▀" and glyphs.CP437[0xf1] == "±"


@pytest.mark.parametrize("scale, left, top", [(1, 0, 0), (1, 5, 13), (2, 7, 1), (3, 0, 40)])
def test_a_picture_is_read(scale, left, top):
    picture = ppm(drawn(LINES, scale, left, top))
    assert find_anchor(picture) == (scale, left, top)
    screen = read_picture(picture)
    lines = [line.strip() for line in screen.lines() if line.strip()]
    assert lines == [line.replace("█", " ") for line in LINES if line]     # all of one colour is blank
    row = next(row for row in screen.rows if "".join(cell.char for cell in row).strip().startswith("Meri"))
    letter = next(cell for cell in row if cell.char == "M")
    assert (letter.fore, letter.back) == (colour(*GREY), colour(*BLUE))
    at = row.index(letter)
    halves = screen.halves()[2 * screen.rows.index(row) + 4:][:2]
    assert [half[at + 2] for half in halves] == [colour(*GREY)] * 2
    assert [half[at + 6] for half in halves] == [colour(*GREY), colour(*BLUE)]


def test_colours_of_few_bits_are_the_same():
    """15 and 16 bits a pixel: QEMU fills up the missing bits, or leaves them 0."""
    for value in (0, 0x55, 0xaa, 0xff):
        for bits in (5, 6):
            cut = value >> (8 - bits) << (8 - bits)
            assert colour(value, value, value) == colour(cut, cut, cut) == \
                colour(*[cut | cut >> bits] * 3), value
    assert light_of(colour(*WHITE)) == 255 and light_of(colour(*BLACK)) == 0
    assert light_of(colour(*BLUE)) < 128 < light_of(colour(*GREY))


def test_a_wrong_pixel_is_no_character():
    rows = drawn(LINES)
    rows[20 + 2 * CELL_HEIGHT][2] = WHITE       # beside a stroke, in a third colour
    rows[3 * CELL_HEIGHT + 1][0] = GREY         # in the 0's blank upper edge
    lines = read_picture(ppm(rows)).lines()
    assert lines[2][0] == "│" and lines[3].startswith("\ufffd123"), lines
    assert lines[0] == LINES[0]


def test_a_torn_pixel_of_a_larger_scale_is_seen():
    rows = drawn(LINES, 2)
    rows[41][9] = GREY
    with pytest.raises(AssertionError, match="not drawn at the scale of 2"):
        read_picture(ppm(rows))


def test_no_anchor_no_screen():
    assert read_picture(ppm(drawn(["meridian", "Meridiem"]))) is None


def test_vga_text_is_read():
    cells = b"".join(bytes([byte, 0x1e]) for byte in (0x4d, 0xf1, 0xdf, 0xdb)) + b" \x07" * 1996
    screen = read_text_page(cells)
    assert screen.lines()[0] == "M±▀█" and len(screen.rows) == 25 and not screen.rows[0][0].blinks
    blinking = read_text_page(b"M\x9e" * 2000).rows[0][0]
    assert blinking.blinks and blinking.back == screen.rows[0][0].back
    yellow, blue = colour(255, 255, 0x55), colour(*BLUE)
    assert screen.halves()[0][2:4] == [yellow, yellow] and screen.halves()[1][2:4] == [blue, yellow]


WORDS = ("IN STEP", "NOT IN STEP", "DRIFT")


def large(word, scale=1, gap=0):
    font = glyphs.font(glyphs.BIG)
    rows = [("0" * gap).join(font.glyphs[letter][y] for letter in word) for y in range(8)]
    grid = ["".join(bit * scale for bit in row) for row in rows for _ in range(scale)]
    return framed([row.replace("1", "#").replace("0", ".") for row in grid])


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("scale, gap", [(1, 0), (2, 0), (1, 1), (3, 0)])
def test_large_words_are_read(word, scale, gap):
    screen = halves(large(word, scale, gap * scale))
    assert large_word(screen, WORDS) == word
    assert shows_large(screen, word) == scale


def test_a_large_word_with_a_hole_is_none():
    grid = large("DRIFT")
    y = next(y for y, row in enumerate(grid) if "#" in row)
    grid[y] = grid[y].replace("#", ".", 1)
    assert large_word(halves(grid), WORDS) is None


def test_a_qr_code_is_read():
    assert read_qr(halves(framed(QR))) == ["IN STEP 1.5"]
    assert read_qr(halves(framed(QR), fore=WHITE, back=BLACK)) != ["IN STEP 1.5"], "light on dark was read"
    assert not read_qr(halves(framed(QR[:10] + ["." * 21] * 11)))


PLOT = ["Meridian", "  TSC beside CPU0's", "  +2 us", "", "  0 ns", "", "  -2 us", " " * 11 + "0 s   12 s"]
GREEN, DARK = (0x55, 255, 0x55), (0x55, 0x55, 0x55)
WIDE, HIGH = 10 * CELL_WIDTH, 5 * CELL_HEIGHT


def plotted(value_of):
    """A picture with a line, value_of(x) at each of its columns, and a grid where it is 0."""
    rows = drawn(PLOT, back=BLACK)
    left, top = 11 * CELL_WIDTH, 2 * CELL_HEIGHT
    for x in range(WIDE):
        if x % 4 == 0:
            rows[top + HIGH // 2][left + x] = DARK
        rows[top + round((2000 - value_of(x)) * (HIGH - 1) / 4000)][left + x] = GREEN
    return read_picture(ppm(rows))


def test_a_plot_is_read():
    plot = find_plot(plotted(lambda x: 50 * x - 2000), "TSC beside CPU0's")
    assert (plot.top, plot.bottom, plot.seconds, plot.width()) == (2000, -2000, 12, WIDE)
    ink = colour(*GREEN)
    assert plot.inks() == {ink}
    for x in range(WIDE):
        (y,) = plot.heights(ink, x)
        assert abs(plot.at(y) - (50 * x - 2000)) <= plot.value_of_dot() / 2 + 1e-9
    assert find_plot(plotted(lambda x: 0), "rate known") is None


def test_a_plot_of_text_is_read():
    """Two dots a cell: the line falls from the top right to the middle left, by half blocks."""
    text = [line.ljust(COLUMNS) for line in PLOT]
    cells = [[Cell(char, colour(*GREY), colour(*BLACK)) for char in line] for line in text]
    for x in range(10):
        cells[2 + x // 2][20 - x] = Cell("▀▄"[x % 2], colour(*GREEN), colour(*BLACK))
    plot = find_plot(Screen(cells), "TSC beside CPU0's")
    assert (len(plot.dots), plot.width()) == (10, 10)
    assert [plot.heights(colour(*GREEN), 9 - x) for x in range(10)] == [[x] for x in range(10)]
