"""
Keys of a PS/2 keyboard, typed by QEMU's monitor while the guest runs: what each does. By UEFI: rows_menu.py.
"""

import os
import tempfile

from boot import LOGS, Row, machine
from emulator import run
from load import patient
from monitor import Actor
from rows_power import ACPI, OFF

RUNS = "@second n=1 "
HELP = "keys: "


def typed(row, *keys):
    """Types them one after the other when the guest has run for a second; the outcome."""
    def press(key):
        def act(machine):
            with machine.commands() as give:
                give(f"sendkey {key}")
        return act

    os.makedirs("build/test", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder:
        booted = machine(row, folder)
        steps = [(RUNS, press(keys[0]))] + [(HELP, press(key)) for key in keys[1:]]
        actor = Actor(folder, steps)
        booted.extra.extend(actor.arguments)
        outcome = run(booted.command(), limit_s=patient(row.limit_s), show=actor.see, stop_at=booted.is_over,
                      log_path=os.path.join(LOGS, f"{row.name}.log"))
    assert not actor.left(), f"never seen: {actor.left()}"
    return outcome


def power_lines(outcome):
    return [line for line in outcome.log.text.splitlines() if line.startswith("power: ")]


def test_help_and_off():
    """h, and when its line is there, p: the machine goes off on the spot."""
    outcome = typed(Row("key-off", "kernel", (), cpus=4, seconds=60, leaves="off"), "h", "p")
    assert (outcome.ended, outcome.status) == ("exit", 0)
    assert power_lines(outcome) == [OFF] and not outcome.log.has_verdict()


def test_reset():
    outcome = typed(Row("key-reset", "kernel", (), cpus=2, seconds=60, leaves="reset"), "r")
    assert outcome.ended == "stopped", f"it did not boot again: {outcome.ended}, status {outcome.status}"
    assert power_lines(outcome) == [ACPI]


def test_other_keys_do_nothing():
    """Letters without a meaning, a key that is released only, and one with a prefix that shares p's code."""
    row = Row("key-none", "kernel", (), cpus=2, seconds=3)
    outcome = typed(row, "a-b-c-d")
    assert outcome.state() == "ok" and not power_lines(outcome) and HELP not in outcome.log.text
