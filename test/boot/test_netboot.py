"""`make netboot`: what is in the folder, the same bits twice, and what GRUB says where the kernel is gone."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT
from emulator import NET_FILES, Machine, run
from load import patient

PAGE = "docs/netboot.md"
LIMIT_S = 60
GONE = "/boot/meridian.elf cannot be loaded from (tftp,10.0.2.2): is it there?"
BOTH = {"KERNEL": "build/meridian.elf", "GUEST": "build/guest.elf", "SOURCE_DATE_EPOCH": "1120780800"}


def make(folder, **variables):
    environment = {name: os.environ[name] for name in os.environ
                   if name not in ("CMDLINE", "GUEST_CMDLINE", "PREPARE", "TIMEOUT")}
    return subprocess.run([os.path.join(ROOT, "scripts", "netboot"), str(folder)],
                          env={**environment, **BOTH, **variables}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=120)


def files(folder):
    """{name in the folder: (bytes, date, whether everybody may read it)}"""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            state = os.stat(path)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read(), state.st_mtime, state.st_mode & 0o444
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("net") / "first"
    outcome = make(folder)
    assert outcome.returncode == 0, outcome.stdout
    return folder, outcome.stdout


def test_every_firmware_has_its_file_and_is_told_of_it(made):
    folder, said = made
    found = files(folder)
    for name in NET_FILES.values():
        assert found[name][0] and f" {name}\n" in said
    assert {mode for _, _, mode in found.values()} == {0o444}, "a server cannot read it all"


def test_the_menu_is_the_discs(made, tmp_path):
    image, menu = str(tmp_path / "iso"), str(tmp_path / "grub.cfg")
    subprocess.run([os.path.join(ROOT, "scripts", "iso"), image], env={**os.environ, **BOTH}, check=True)
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/boot/grub/grub.cfg", menu],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    with open(menu, "rb") as file:
        assert files(made[0])["boot/grub/grub.cfg"][0] == file.read()


def test_the_same_bits_twice(made, tmp_path):
    outcome = make(tmp_path / "another name", TZ="Pacific/Chatham", LC_ALL="C.UTF-8")
    assert outcome.returncode == 0, outcome.stdout
    one, other = files(made[0]), files(tmp_path / "another name")
    assert sorted(one) == sorted(other)
    assert not [name for name in one if one[name] != other[name]], "bits, date or rights differ"


def test_it_is_made_anew_but_removes_nothing_of_others(tmp_path):
    ours, others = tmp_path / "ours", tmp_path / "others"
    for _ in range(2):
        assert make(ours).returncode == 0
    others.mkdir()
    (others / "letter").write_text("dear")
    outcome = make(others)
    (line,) = outcome.stdout.splitlines()
    assert outcome.returncode == 1 and line.startswith("scripts/netboot: ") and "others" in line
    assert (others / "letter").exists() and sorted(os.listdir(tmp_path)) == ["others", "ours"]


def test_a_kernel_that_is_gone_is_named(made, tmp_path):
    """By GRUB, in one line; it stands there until a key is pressed, or for a minute."""
    folder = tmp_path / "net"
    shutil.copytree(made[0], folder)
    os.remove(folder / "boot" / "meridian.elf")
    machine = Machine(net_folder=str(folder), medium="virtio-net-pci", cpus=1)
    outcome = run(machine.command(), limit_s=patient(LIMIT_S), stop_at=lambda text: GONE in text)
    after = outcome.log.text.split("GNU GRUB")[-1]
    assert outcome.ended == "stopped", f"{outcome.ended}: {after}"
    assert "need to load the kernel" not in after and "Meridian: a hyper" not in outcome.log.text


def test_the_page_names_the_files_and_the_message():
    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as file:
        page = file.read()
    for name in NET_FILES.values():
        assert name in page, f"{PAGE} lacks {name}"
    assert re.sub(r"\([^)]*\)", "(...)", GONE) in page, f"{PAGE} lacks GRUB's message"
