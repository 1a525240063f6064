"""
A boot that is looked at: once while it measures, and at its end. What was seen and what the log says by then
goes to a row's expectations, which are called with a Sight.
"""

import contextlib
import os
import tempfile
from dataclasses import dataclass

from boot import LOGS, Row, in_time, machine
from curves import find_plot
from live import LiveBochs, LiveQemu
from marks import large_word, read_qr, zbar

# What stands there in large letters for each verdict of @check (hv/check/judge.c).
TITLES = {"in-step": "IN STEP", "in-parallel": "IN PARALLEL", "not-in-step": "NOT IN STEP",
          "drift": "DRIFT APART", "changed": "CHANGED", "stops-in-idle": "STOPS IN IDLE",
          "unknown": "UNKNOWN"}
ENDED = "guest: ended: "
OFFSETS, BOUNDS = "TSC beside CPU0's", "rate known to ±"     # the plots' titles


@dataclass(frozen=True)
class Shown:
    """
    display: text (VGA's own), pixels (a framebuffer), none. rotated: by so many degrees. serial: whether
    there is such a port. qemu: more arguments of QEMU's. expect: functions called with a Sight.
    """

    row: Row
    display: str
    expect: tuple
    serial: bool = True
    rotated: int = 0
    qemu: tuple = ()

    @property
    def name(self):
        return self.row.name


@dataclass
class Sight:
    """early, late: two Screens while the guest measures; last: at the end, with the code if there is room."""

    shown: Shown
    live: object
    early: object = None
    late: object = None
    last: object = None
    log: object = None
    _codes: tuple = None

    @property
    def row(self):
        return self.shown.row

    def check(self):
        (line,) = self.log.all("check")
        return line

    def codes(self):
        """What the QR code says: by the picture as a camera would see it, and by the cells alone."""
        if self._codes is None:
            self._codes = _find_code(self.shown, self.live)
        return self._codes


def _photo(live):
    return zbar(live.picture_file()) if isinstance(live, LiveQemu) else read_qr(live.screen())


def _find_code(shown, live):
    """Where there is no room beside the rest it comes by itself, or by a key, which also takes it away."""
    key = shown.serial and isinstance(live, LiveQemu) and not _photo(live)
    if key:
        live.give("sendkey q")
    photo = live.wait("a QR code on the screen", lambda: _photo(live))
    cells = live.wait("the same code by its cells", lambda: read_qr(live.screen()))
    if key:
        live.give("sendkey q")
    return photo, cells


def _command(shown, folder):
    booted = machine(in_time(shown.row), folder)
    if shown.row.lane == "bochs":
        return booted
    command = booted.command() + list(shown.qemu)
    if not shown.serial:
        command[command.index("stdio")] = "none"
    return command


@contextlib.contextmanager
def booted(shown):
    """The machine, running; it ends with the block."""
    os.makedirs("build/test", exist_ok=True)
    path = os.path.join(LOGS, f"{shown.name}.log")
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder:
        command = _command(shown, folder)
        if shown.row.lane == "bochs":
            live = LiveBochs(command, path, shown.row.limit_s)
        else:
            live = LiveQemu(command, folder, path, shown.row.limit_s, shown.display, shown.rotated)
        with live:
            yield live


def large(screen):
    return large_word(screen, TITLES.values())


def look(shown, live, twice):
    """To its end, and if it must twice before."""
    sight = Sight(shown, live)
    if shown.serial and shown.display != "none" and twice:
        look_twice(sight)
    if shown.serial:
        live.wait_line(ENDED)
        live.wait_line("@check ")
    if shown.display != "none":
        sight.last = live.wait_settled("a verdict in large letters", final(shown, live))
    sight.log = live.log()
    return sight


def plots_of(screen):
    return [find_plot(screen, title) for title in (OFFSETS, BOUNDS)]


def time_drawn(plot):
    """To where its lines go, in seconds; the axis may become longer."""
    return plot.end(*plot.inks()) * plot.seconds_of_dot()


def look_twice(sight):
    """While it measures: both plots, and again when they have gone on."""
    live = sight.live
    sight.early = live.wait_screen("both plots", lambda screen: all(plots_of(screen)))
    before = plots_of(sight.early)

    def gone_on(screen):
        """By a second at least, as all CPUs' lines go."""
        now = plots_of(screen)
        return all(plot and time_drawn(plot) >= time_drawn(old) + 1 for plot, old in zip(now, before))
    sight.late = live.wait_screen("both plots further on", gone_on)
    assert not live.log().all("check"), "the plots went on only after the end"


def final(shown, live):
    """Whether this is the screen of the end, with the verdict of the log."""
    def right(screen):
        word = large(screen)
        if shown.serial:
            (check,) = live.log().all("check")
            return word == TITLES[check["verdict"]]
        return word is not None and word != TITLES["unknown"]
    return right
