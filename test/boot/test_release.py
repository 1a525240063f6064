"""`make release` twice, in two folders, time zones and seconds: the same bits; and what is among them."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import ROOT
from emulator import Machine, run
from load import patient

VERSION = re.compile(r"^VERSION := (\S+)$", re.M)
DATE = "1120780800"
# None of these belongs to the release; the builder's make and locale must not be seen in it.
CONTACT = "clocks@example.org"
OTHERS = {"CONTACT": CONTACT, "TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "CMDLINE": "nosmp",
          "GUEST_CMDLINE": "duration=9"}


def make(folder, *words, **variables):
    environment = dict(os.environ, **variables, SOURCE_DATE_EPOCH=DATE)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    outcome = subprocess.run(["make", "-C", folder, *words], env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                             timeout=600)
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout


def sources():
    """The files of this tree, committed or not."""
    said = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    if said.returncode == 0:
        return [name for name in said.stdout.split("\0") if os.path.isfile(name)]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names]
    return [name for name in map(os.path.relpath, found) if not name.startswith(("build/", ".git/"))]


def copy(folder):
    """This tree elsewhere, without git and with nothing built."""
    for name in sources():
        os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
        shutil.copyfile(name, os.path.join(folder, name))
        shutil.copymode(name, os.path.join(folder, name))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files(folder):
    return {name: read(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}


@pytest.fixture(scope="module")
def releases():
    """Of this tree, and of a copy of it in a folder outside, built there from nothing."""
    here = os.path.abspath(os.path.join("build", "test", "release"))
    # Beside build/: other flags there would have all programs built again under the boots of other tests.
    make(ROOT, "release", f"RELEASE={here}", f"CONTACT={CONTACT}", "B=build/test/release-of")
    with tempfile.TemporaryDirectory(prefix="an other name.") as folder:
        copy(folder)
        make(folder, "release", **OTHERS)
        yield files(here), files(os.path.join(folder, "build", "release"))


@pytest.fixture(scope="module")
def images():
    """`make iso` of this tree, and of a copy of it in a folder whose name has another length."""
    make(ROOT, "iso")
    with tempfile.TemporaryDirectory(prefix="an other name.") as folder:
        copy(folder)
        make(folder, "iso", TZ=OTHERS["TZ"])
        yield [read(os.path.join(place, "build", "meridian.iso")) for place in (ROOT, folder)]


def image_of(release):
    return next(data for name, data in release.items() if name.endswith(".iso"))


def same_bits(one, two):
    blocks = [at for at in range(0, max(len(one), len(two)), 2048) if one[at:at + 2048] != two[at:at + 2048]]
    # Not by pytest's own comparison, which would show the difference for minutes.
    assert not blocks, f"{len(blocks)} blocks of 2048 bytes differ, the first at {blocks[:8]}"


def test_the_same_bits_twice(releases):
    same_bits(*(image_of(release) for release in releases))


def test_the_same_image_twice(images):
    same_bits(*images)


def test_nothing_tells_where_it_was_built(releases, images):
    for image in [*images, *(image_of(release) for release in releases)]:
        for place in (ROOT, "an other name"):
            assert place.encode() not in image


def test_the_contact_stands_in_the_notes(releases):
    assert all(f"Send what it says to {CONTACT}.\n".encode() in data
               for name, data in releases[0].items() if name.endswith(".txt"))


@pytest.mark.parametrize("contact", ["a'b", 'a"b', "a\\b", "a&b", "x" * 61])
def test_a_contact_that_cannot_be_passed_on_is_refused(contact):
    environment = {name: text for name, text in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    outcome = subprocess.run(["make", "-n", "release", f"CONTACT={contact}"], env=environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60)
    assert outcome.returncode != 0 and "CONTACT=" in outcome.stderr and "letters" in outcome.stderr


def test_the_checksums_are_of_these_files(releases):
    for release in releases:
        lines = [line.split("  ") for line in release["SHA256SUMS"].decode().splitlines()]
        assert sorted(name for _, name in lines) == sorted(set(release) - {"SHA256SUMS"})
        for digest, name in lines:
            assert hashlib.sha256(release[name]).hexdigest() == digest


def test_the_notes_say_what_it_is(releases):
    version = VERSION.search(open("Makefile", encoding="utf-8").read())[1]
    notes = releases[1][f"meridian-{version}.txt"].decode()
    for words in (f"Meridian {version}\n", "2005-07-08 00:00:00 UTC", "sha256sum -c SHA256SUMS",
                  f"meridian-{version}.iso", "Secure Boot", "commit  unknown", "xorriso", "GNU ld"):
        assert words in notes, words


def test_the_image_boots_by_itself(releases, tmp_path):
    """As it is given away, menu and all, until the first figures of the check come."""
    image = tmp_path / "stick.iso"
    image.write_bytes(image_of(releases[1]))
    machine = Machine(iso=str(image), medium="qemu-xhci", cpus=2)
    outcome = run(machine.command(), limit_s=patient(90), log_path="build/test/logs/release-bios.log",
                  stop_at=lambda text: "\n@sample n=1 " in text)
    assert outcome.ended == "stopped", f"{outcome.ended}\n{outcome.log.text[-2000:]}"
    version = VERSION.search(open("Makefile", encoding="utf-8").read())[1]
    assert outcome.log.all("machine")[0]["version"] == version


def test_without_git_the_date_must_be_given(tmp_path):
    shutil.copytree("scripts", tmp_path / "scripts")
    environment = {name: text for name, text in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    for date, words in ((None, "set SOURCE_DATE_EPOCH"), ("today", "must be seconds since 1970")):
        if date:
            environment["SOURCE_DATE_EPOCH"] = date
        outcome = subprocess.run([tmp_path / "scripts" / "release", "0.5", "build"], env=environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        assert outcome.returncode == 64 and words in outcome.stderr and "Traceback" not in outcome.stderr
