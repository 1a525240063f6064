"""
A boot that is looked at: once while it measures, and at its end. What was seen and what the log says by then
goes to a row's expectations, which are called with a Sight.
"""

import contextlib
import os
import tempfile
from dataclasses import dataclass

from boot import LOGS, Row, machine
from live import LiveBochs, LiveQemu
from marks import large_word, read_qr, zbar

# What stands there in large letters for each verdict of @check (hv/screen/judge.c).
TITLES = {"in-step": "IN STEP", "not-in-step": "NOT IN STEP", "drift": "DRIFT APART", "changed": "CHANGED",
          "stops-in-idle": "STOPS IN IDLE", "unknown": "UNKNOWN"}
ENDED = "guest: ended: "


@dataclass(frozen=True)
class Shown:
    """
    display: text (VGA's own), pixels (a framebuffer), none. serial: whether there is such a port. qemu: more
    arguments of QEMU's. expect: functions called with a Sight.
    """

    row: Row
    display: str
    expect: tuple
    serial: bool = True
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
            self._codes = _find_code(self.live)
        return self._codes


def _photo(live):
    return zbar(live.picture_file()) if isinstance(live, LiveQemu) else read_qr(live.screen())


def _find_code(live):
    """Where there is no room beside the rest the code comes by itself, now and then: it is waited for."""
    photo = live.wait("a QR code on the screen", lambda: _photo(live))
    cells = live.wait("the same code by its cells", lambda: read_qr(live.screen()))
    return photo, cells


def _command(shown, folder):
    booted = machine(shown.row, folder)
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
            live = LiveQemu(command, folder, path, shown.row.limit_s, shown.display)
        with live:
            yield live


def large(screen):
    return large_word(screen, TITLES.values())


def look(shown, live):
    """While it runs, and to its end."""
    sight = Sight(shown, live)
    if shown.serial and shown.display != "none":
        live.wait_line("@sample n=1 ")
        sight.early = live.wait_screen("a row for CPU0", lambda screen: "CPU0" in screen.text())
        live.wait_line(f"@sample n={max(2, shown.row.seconds - 1)} ")
        sight.late = live.screen()
    if shown.serial:
        live.wait_line(ENDED)
        live.wait_line("@check ")
    if shown.display != "none":
        sight.last = live.wait_screen("a verdict in large letters", final(shown, live))
    sight.log = live.log()
    return sight


def final(shown, live):
    """Whether this is the screen of the end: the verdict of the log, and the same in two looks."""
    def right(screen):
        word = large(screen)
        if shown.serial:
            (check,) = live.log().all("check")
            return word == TITLES[check["verdict"]]
        return word is not None and word != TITLES["unknown"]
    return right
