"""What scripts/iso writes for GRUB: the words of each line of the menu, and what it refuses."""

import os
import re
import subprocess
import tempfile

import pytest

from conftest import ROOT

USUAL = {"m": "duration=60", "s": "duration=60", "1": "duration=60", "t": "duration=60", "g": "duration=60",
         "l": "duration=60", "f": "duration=60", "o": "duration=10 down=400 setters=2"}
MERIDIANS = {"s": "screen=off", "1": "nosmp", "l": "stolen=10", "f": "discipline=off", "o": "end=poweroff"}
ENTRY = re.compile(r'^menuentry "[^"]* \[(.)\]" --hotkey=(.) \{\n(.*?)^\}', re.M | re.S)


def iso(path, **variables):
    names = ("KERNEL", "GUEST", "CMDLINE", "GUEST_CMDLINE", "PREPARE", "TIMEOUT")
    environment = {name: os.environ[name] for name in os.environ if name not in names}
    return subprocess.run([os.path.join(ROOT, "scripts", "iso"), path], env={**environment, **variables},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def menu(**variables):
    """GRUB's configuration out of the finished image: (all of it, {key: (Meridian's words, the guest's)})."""
    os.makedirs("build/test", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="menu.", dir="build/test") as folder:
        image, out = os.path.join(folder, "iso"), os.path.join(folder, "grub.cfg")
        made = iso(image, **variables)
        assert made.returncode == 0, made.stdout
        subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/boot/grub/grub.cfg", out],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        with open(out, encoding="ascii") as file:
            text = file.read()
    entries = {}
    for shown, key, lines in ENTRY.findall(text):
        assert shown == key and key not in entries and key not in "ce", f"key {key}"     # GRUB's own: c, e
        entries[key] = tuple(re.search(rf"^ *(?:if )?{loads} /boot/\w+\.elf ?(.*?) *(?:; then)?$", lines,
                                       re.M).group(1)
                             for loads in ("multiboot2", "module2"))
    return text, entries


def test_as_people_get_it():
    text, entries = menu()
    assert "set timeout=3\n" in text and "set default=0\n" in text
    assert list(entries) == list(USUAL), "another order, or another line"
    for key, (meridians, guests) in entries.items():
        assert meridians == MERIDIANS.get(key, "") and guests == USUAL[key], f"{key}: {meridians} | {guests}"


def test_the_builders_words_go_to_every_line():
    """The last of two words with one name counts: the entry's for Meridian, the builder's for the guest."""
    _, entries = menu(CMDLINE="wander=5 screen=on", GUEST_CMDLINE="quiet duration=7", TIMEOUT="9")
    for key, (meridians, guests) in entries.items():
        assert meridians == f"wander=5 screen=on {MERIDIANS.get(key, '')}".strip()
        assert guests == f"{USUAL[key]} quiet duration=7"


def test_without_a_menu_nothing_is_added():
    text, entries = menu(CMDLINE="mem=64", GUEST_CMDLINE="quiet", TIMEOUT="0")
    assert "set timeout=0\n" in text and entries["m"] == ("mem=64", "quiet")


@pytest.mark.parametrize("variables", [{"TIMEOUT": "-1"}, {"TIMEOUT": "soon"}, {"CMDLINE": "a;b"},
                                       {"GUEST_CMDLINE": "$x"}, {"GUEST": "no/such.elf"}], ids=str)
def test_what_it_refuses(variables, tmp_path):
    path = str(tmp_path / "refused.iso")
    made = iso(path, **variables)
    (line,) = made.stdout.splitlines()
    assert made.returncode == 1 and line.startswith("scripts/iso: ") and list(variables)[0] in line
    assert not os.path.exists(path)
