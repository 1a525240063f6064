"""Plots on a screen, read back: their scales from the labels, their lines from pixels or half blocks."""

import re
from dataclasses import dataclass

from screens import PC_COLOURS

LABELS = 9      # columns of cells left of the picture
UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9,
         "ppb": 1, "ppm": 10**3, "per mil": 10**6}
VALUE = re.compile(r"([+-]?\d+) (ns|us|µs|ms|s|ppb|ppm|per mil)")
TIMES = re.compile(r"0 s +(\d+) s")
# Black and dark grey: what a plot has besides its lines.
GROUND = (PC_COLOURS[0], PC_COLOURS[8])
# A bright colour's dark kind, which VGA text has in its place in the lower half of a cell.
DARK = dict(zip(PC_COLOURS[9:], PC_COLOURS[1:]))


@dataclass(frozen=True)
class Plot:
    """top, bottom: the values at the edges; seconds: of its width; dots: rows of colours."""

    top: int
    bottom: int
    seconds: int
    dots: list

    def heights(self, ink, x):
        """From the top, where the column x has that colour."""
        return [y for y, row in enumerate(self.dots) if row[x] in (ink, DARK.get(ink))]

    def end(self, *inks):
        """The last column that has one of these colours; -1: none has."""
        return max((x for x in range(self.width()) if any(self.heights(ink, x) for ink in inks)), default=-1)

    def seconds_of_dot(self):
        return self.seconds / (self.width() - 1)

    def inks(self):
        """The colours of its lines."""
        return {value for row in self.dots for value in row} - set(GROUND)

    def at(self, y):
        """The value there, on a linear scale."""
        return self.top - (self.top - self.bottom) * y / (len(self.dots) - 1)

    def at_log(self, y):
        """The same on a logarithmic one."""
        return self.top * (self.bottom / self.top) ** (y / (len(self.dots) - 1))

    def value_of_dot(self):
        return abs(self.top - self.bottom) / (len(self.dots) - 1)

    def width(self):
        return len(self.dots[0])


def _labels(lines, column):
    """Values beside the picture, from the top; None where a row has no label."""
    for line in lines:
        found = VALUE.search(line[column:column + LABELS])
        yield int(found[1]) * UNITS[found[2]] if found else None


def _place(lines, title):
    """(row, column) of the title, or None."""
    for row, line in enumerate(lines):
        if title in line:
            return row, line.index(title)
    return None


def find_plot(screen, title):
    """The plot of that title, or None."""
    lines = screen.lines()
    place = _place(lines, title)
    if not place:
        return None
    top, left = place[0] + 1, place[1] + LABELS
    for bottom in range(top, len(lines)):
        times = TIMES.match(lines[bottom][left:])
        if times:
            break
    else:
        return None
    labels = list(_labels(lines[top:bottom], place[1]))
    if labels[0] is None or labels[-1] is None:
        return None
    cells = [row[left:left + times.end()] for row in screen.rows[top:bottom]]
    dots = [b"".join(parts) for row in cells for parts in zip(*(cell.dots() for cell in row))]
    return Plot(labels[0], labels[-1], int(times[1]), dots)
