"""
GRUB's menu, as the stick has it: the first entry when nobody touches a key, each other one by its own key,
typed by QEMU's monitor once the menu is seen.
"""

from boot import Row
from expect import (all_vcpus, bounded, cpus_online, line_begins, never_back, one_line, sound,
                    undisturbed)
from monitor import Actor
from rows_power import OFF, power_lines
from rows_stolen import stolen_for

TITLE = "GNU GRUB"
PATIENT_S = 60  # the entry that nobody chose must not be taken for the one that was

GOOD = (sound, all_vcpus, never_back, bounded, one_line)
PIXELS = "screen: framebuffer"


def command_line(words):
    return line_begins(f"booted by multiboot2, {'BIOS'}, command line \"{words}\"")


def showed_menu(row, log):
    assert TITLE in log.text, "no menu was seen"


def runs_free(row, log):
    clocks = log.all("clock")
    assert clocks and all(line["discipline"] == "off" for line in clocks)


def exercised(row, log):
    """Of the self-test: both wall clocks were set all the time, and VCPUs went down and came back."""
    (end,) = [line for line in log.all("wall") if line["when"] == "end"]
    assert end.number("sets") > 100, f"the wall clock was set {end['sets']} times"
    assert len(log.all("resume")) > 0, "no VCPU went down"


def key(name, when=TITLE):
    """Types it when the menu is there, or later."""
    def press(machine):
        with machine.commands() as give:
            give(f"sendkey {name}")
    return lambda folder: Actor(folder, [(when, press)])


def chosen(name, key_name, expect, lane="iso-bios", **settings):
    return Row(name, lane, (showed_menu,) + expect, menu_s=PATIENT_S, outside=key(key_name),
               **{"cpus": 2, "seconds": 1, **settings})


FIRST = GOOD + (showed_menu, undisturbed)
# UEFI and Bochs, dear as they are, are switched off at the end as well; and UEFI hands its keyboard over.
OFF_TOO = {"cpus": 2, "seconds": 1, "menu_s": 3, "cmdline": "end=poweroff", "leaves": "off", "limit_s": 120}

ROWS = [
    Row("menu-first", "iso-bios", FIRST + (command_line(""),), cpus=2, seconds=1, menu_s=3),
    Row("menu-first-uefi", "iso-uefi", FIRST + (line_begins(PIXELS), line_begins("keys: "), power_lines(OFF)),
        outside=key("h", "@second n=1 "), **{**OFF_TOO, "seconds": 3, "cpus": 4}),
    Row("menu-first-bochs", "bochs", FIRST + (command_line("end=poweroff"), power_lines(OFF)), **OFF_TOO),
    # GRUB's menu at either port, where the other is absent.
    Row("menu-com2", "iso-bios", FIRST, cpus=2, seconds=1, menu_s=3, serials=("none", "stdio")),
    Row("menu-both-ports", "iso-bios", FIRST, cpus=2, seconds=1, menu_s=3, cmdline="console=ttyS1",
        serials=("null", "stdio")),
    chosen("menu-serial", "s", GOOD + (command_line("screen=off"), line_begins("screen: off"))),
    chosen("menu-one-cpu", "1", (sound, never_back, bounded, cpus_online(1), command_line("nosmp"))),
    chosen("menu-text-uefi", "t", GOOD + (line_begins("screen: none"),), lane="iso-uefi", limit_s=120),
    chosen("menu-graphics", "g", GOOD + (line_begins(PIXELS),)),
    chosen("menu-stolen", "l", GOOD + (stolen_for(10), command_line("stolen=10")), limit_s=90),
    chosen("menu-free-running", "f", GOOD + (runs_free, command_line("discipline=off"))),
    chosen("menu-self-test", "o", (sound, all_vcpus, never_back, bounded, exercised, power_lines(OFF)),
           seconds=4, leaves="off", counts=True),
]
