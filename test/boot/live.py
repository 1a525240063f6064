"""
Machines that are looked at while they run, and stay up until they have been: no port ends the emulator. What
they show is read from QEMU's screendump, or from the cells of VGA text by QEMU's monitor or Bochs' debugger.
"""

import ctypes
import os
import re
import signal
import subprocess
import time

from atlines import Log, TerminalFilter
from load import patient
from monitor import arguments, commands
from screens import Picture, read_picture, read_text_page

TEXT_PAGE, TEXT_BYTES = 0xb8000, 80 * 25 * 2
STEP_S = 0.2
QUIT_S = 5
SIGNAL_S = 1.5


def _die_with_parent():
    """In the child: whoever kills this program, even by SIGKILL, ends the emulator too (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def without_exit(command):
    """Without the device by which Meridian ends QEMU."""
    at = next(i for i, word in enumerate(command) if word.startswith("isa-debug-exit"))
    return command[:at - 1] + command[at + 1:]


class Live:
    """One emulator; `with` ends it. What comes by its serial port goes to the file at log_path."""

    def __init__(self, command, folder, log_path, limit_s, stdin=subprocess.DEVNULL):
        os.makedirs(os.path.dirname(log_path), exist_ok=True)
        self.folder, self.log_path = folder, log_path
        self._end = time.monotonic() + patient(limit_s)
        self._log = open(log_path, "wb")
        self._process = subprocess.Popen(command, stdin=stdin, stdout=self._log,
                                         stderr=subprocess.STDOUT, start_new_session=True,
                                         preexec_fn=_die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(QUIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def log(self):
        with open(self.log_path, "rb") as file:
            return Log(TerminalFilter().feed(file.read()))

    def wait(self, what, condition):
        """Until it gives something that counts as true, which is returned."""
        while True:
            ended = self._process.poll() is not None
            found = condition()
            if found:
                return found
            assert not ended, f"the emulator has ended before {what}; log: {self.log_path}"
            assert time.monotonic() < self._end, f"waited in vain for {what}; log: {self.log_path}"
            time.sleep(STEP_S)

    def wait_line(self, start, count=1):
        """Until so many whole lines of the log begin so."""
        def come():
            text = self.log().text
            return len(re.findall(f"^{re.escape(start)}.*\n", text, re.M)) >= count
        self.wait(f"the line {start!r}", come)

    def wait_screen(self, what, condition):
        """Until the screen is so; gives that screen."""
        seen = []

        def right():
            seen[:] = [self.screen()]
            return bool(seen[0] and condition(seen[0]))
        try:
            self.wait(f"a screen with {what}", right)
        except AssertionError as error:
            stands = seen[0].text() if seen and seen[0] else "(nothing that can be read)"
            raise AssertionError(f"{error}\non the screen:\n{stands}") from None
        return seen[0]

    def wait_settled(self, what, condition):
        """The same, when it has not changed for three looks: it is drawn in pieces."""
        before = []

        def stays(screen):
            before.append(screen.rows)
            return condition(screen) and len(before) > 2 and before[-1] == before[-2] == before[-3]
        return self.wait_screen(what, stays)

    def screen(self):
        raise NotImplementedError


class LiveQemu(Live):
    """display: text (VGA's own, 80x25), pixels (a framebuffer), or none. rotated: degrees, of pixels."""

    def __init__(self, command, folder, log_path, limit_s, display, rotated=0):
        self._qmp, self._display, self._rotated = os.path.join(folder, "qmp"), display, rotated
        super().__init__(without_exit(command) + arguments(self._qmp), folder, log_path, limit_s)

    def give(self, command):
        self.wait("its monitor", lambda: os.path.exists(self._qmp))
        with commands(self._qmp) as give:
            give(command)

    def picture_file(self, name="screen.ppm", form=""):
        """What a screen would show, as a file. form: `-f png`."""
        path = os.path.join(self.folder, name)
        self.give(f"screendump {form} {path}".replace("  ", " "))
        return path

    def picture(self):
        with open(self.picture_file(), "rb") as file:
            return Picture(file.read())

    def screen(self):
        if self._display == "pixels":
            return read_picture(self.picture().upright(self._rotated))
        path = os.path.join(self.folder, "cells")
        self.give(f'pmemsave {TEXT_PAGE:#x} {TEXT_BYTES} "{path}"')
        with open(path, "rb") as file:
            return read_text_page(file.read())


class LiveBochs(Live):
    """
    Bochs, a machine of bochs.py's. Its terminal cannot show half blocks: a signal brings its debugger, which
    is asked for the cells.
    """

    def __init__(self, bochs, log_path, limit_s):
        command = bochs.command()
        self._told = os.path.join(bochs.folder, "screen")
        _stays_up(os.path.join(bochs.folder, "rc"))
        super().__init__(command, bochs.folder, log_path, limit_s, stdin=subprocess.PIPE)

    def _told_since(self, start):
        with open(self._told, "rb") as file:
            file.seek(start)
            return file.read().decode("ascii", "replace")

    def _cells_since(self, start):
        lines = re.findall(r"^0x0*b8\w{3} <[^>]*>:((?:\t0x\w{4})+)$", self._told_since(start), re.M)
        cells = [int(cell, 16) for line in lines for cell in line.split()]
        return cells if len(cells) == TEXT_BYTES // 2 else None

    def screen(self):
        start, signalled = os.path.getsize(self._told), 0
        self._process.stdin.write(f"xp /{TEXT_BYTES // 2}hx {TEXT_PAGE:#x}\nc\n".encode())
        self._process.stdin.flush()

        def answer():
            """A signal is lost now and then: when Bochs has only just gone on from the last."""
            nonlocal signalled
            cells = self._cells_since(start)
            if not cells and time.monotonic() > signalled + SIGNAL_S:
                signalled = time.monotonic()
                self._process.send_signal(signal.SIGINT)
            return cells
        cells = self.wait("Bochs' debugger", answer)
        return read_text_page(b"".join(cell.to_bytes(2, "little") for cell in cells))


def _stays_up(path):
    """In Bochs' configuration: without the port by which Meridian knows it, and so does not end it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("port_e9_hack: enabled=1", "port_e9_hack: enabled=0"))
