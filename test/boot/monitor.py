"""Faults from outside, by QEMU's monitor (QMP) and by signals, while a boot goes on."""

import contextlib
import json
import os
import socket


def arguments(path):
    """For QEMU, to listen there."""
    return ["-qmp", f"unix:{path},server=on,wait=off"]


@contextlib.contextmanager
def commands(path):
    """Within the block: a function that gives one HMP command and must get no complaint."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        stream = connection.makefile("rw")
        stream.readline()   # its greeting
        _ask(stream, "qmp_capabilities", {})

        def give(command):
            said = _ask(stream, "human-monitor-command", {"command-line": command})
            assert said == "", f"QEMU does not take {command!r}: {said}"
        yield give


class Injector:
    """
    Gives `command` (HMP) to the machine, `times` over, once `trigger` has appeared in its output.
    `arguments` go to QEMU; `see(text)` takes its output as it comes.
    """

    def __init__(self, folder, trigger, command, times):
        self._path = os.path.join(folder, "qmp")
        self._trigger, self._command, self._times = trigger, command, times
        self._seen = ""
        self.arguments = arguments(self._path)

    def see(self, text):
        if self._seen is None:
            return
        self._seen += text
        if self._trigger in self._seen:
            self._seen = None
            with contextlib.suppress(ConnectionError):  # the fault may end the machine before it answers
                self._inject()

    def _inject(self):
        with commands(self._path) as give:
            for _ in range(self._times):
                give(self._command)


class Actor:
    """
    Does things to the machine when a line with some text has come, whole: steps are (text, do), one after the
    other, and each text must come after the step before. do(machine) gets this. `arguments` go to QEMU,
    `prepare(folder)` may make more of them; `see(text)` takes the output as it comes.
    """

    def __init__(self, folder, steps, prepare=None):
        self._qmp, self._pidfile = os.path.join(folder, "qmp"), os.path.join(folder, "pid")
        self._steps, self._seen = list(steps), ""
        self.arguments = arguments(self._qmp) + ["-pidfile", self._pidfile]
        self.arguments += prepare(folder) if prepare else []

    def see(self, text):
        self._seen += text
        while self._steps:
            trigger, act = self._steps[0]
            _, found, after = self._seen.partition(trigger)
            if not found or "\n" not in after:
                return
            self._steps.pop(0)
            self._seen = after
            act(self)

    def commands(self):
        return commands(self._qmp)

    def pid(self):
        with open(self._pidfile, encoding="ascii") as file:
            return int(file.read())

    def left(self):
        """The texts that never came."""
        return [trigger for trigger, _ in self._steps]


def _ask(stream, command, arguments):
    """What it answers; events that come between are passed over."""
    stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    stream.flush()
    while True:
        line = stream.readline()
        if not line:
            raise ConnectionResetError(f"QEMU's monitor went away at {command}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"QEMU's monitor refuses {command}: {answer['error']}")
        if "return" in answer:
            return answer["return"]
