"""
Which disks may be overwritten: whole, removable, in nobody's use. All is read from sysfs and proc, so a test
can show it any machine; the program that writes opens the disk exclusively besides (scripts/usb).
"""

import os
import re
from dataclasses import dataclass

from variables import Refused

SECTOR = 512            # what sysfs counts in, whatever the disk's own sectors are
OPTICAL = "5"           # SCSI's type of a drive for discs
_USB = re.compile(r"/usb\d+/")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def size_text(size):
    for unit, bytes_each in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= bytes_each:
            return f"{size / bytes_each:.1f} {unit}"
    return f"{size} bytes"


@dataclass(frozen=True)
class System:
    """Where the kernel tells what there is."""

    sys: str = "/sys"
    proc: str = "/proc"
    dev: str = "/dev"

    def disk(self, numbers):
        """By "major:minor"; None where the kernel has no such block device."""
        folder = os.path.join(self.sys, "dev", "block", numbers)
        return Disk(self, os.path.realpath(folder)) if os.path.exists(folder) else None

    def disks(self):
        """All whole disks and what looks like them."""
        blocks = os.path.join(self.sys, "block")
        names = sorted(os.listdir(blocks)) if os.path.isdir(blocks) else []
        return [Disk(self, os.path.realpath(os.path.join(blocks, name))) for name in names]

    def lines(self, *names):
        try:
            with open(os.path.join(self.proc, *names), encoding="utf-8", errors="replace") as text:
                return text.read().splitlines()
        except OSError:
            return []

    def mounts(self):
        """(major:minor, place, source) of each mounted file system."""
        for line in self.lines("self", "mountinfo"):
            words, _, rest = line.partition(" - ")
            words, rest = words.split(), rest.split()
            if len(words) > 4 and len(rest) > 1:
                yield words[2], _plain(words[4]), _plain(rest[1])

    def swaps(self):
        return [_plain(line.split()[0]) for line in self.lines("swaps")[1:] if line.strip()]


def _plain(text):
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


class Disk:
    """A block device, by its folder in sysfs."""

    def __init__(self, system, folder):
        self.system, self.folder = system, folder
        self.name = os.path.basename(folder)
        self.path = os.path.join(system.dev, self.name.replace("!", "/"))

    def fact(self, *names):
        """A file of its folder as text; "" where there is none."""
        try:
            with open(os.path.join(self.folder, *names), encoding="utf-8", errors="replace") as text:
                return "".join(char for char in text.read().strip() if char.isprintable())
        except OSError:
            return ""

    @property
    def size(self):
        text = self.fact("size")
        return int(text) * SECTOR if text.isdigit() else 0

    def numbers(self):
        return self.fact("dev")

    def is_partition(self):
        return os.path.exists(os.path.join(self.folder, "partition"))

    def whole(self):
        return Disk(self.system, os.path.dirname(self.folder))

    def is_loop(self):
        return re.fullmatch(r"loop\d+", self.name) is not None

    def is_virtual(self):
        return "/devices/virtual/" in self.folder

    def is_optical(self):
        return self.name.startswith("sr") or self.fact("device", "type") == OPTICAL

    def is_usb(self):
        return _USB.search(self.folder) is not None

    def is_removable(self):
        return self.fact("removable") == "1" or self.is_usb()

    def partitions(self):
        below = [Disk(self.system, os.path.join(self.folder, name)) for name in os.listdir(self.folder)]
        found = [part for part in below if part.is_partition()]
        return sorted(found, key=lambda part: int(part.fact("partition") or 0))

    def holders(self):
        folder = os.path.join(self.folder, "holders")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def title(self):
        facts = (self.fact("device", "vendor"), self.fact("device", "model"))
        words = " ".join(fact for fact in facts if fact and not fact.startswith("0x"))
        how = "USB" if self.is_usb() else "removable" if self.fact("removable") == "1" else "not removable"
        return f"{words or 'a disk without a name'}, {size_text(self.size)}, {how}"


def in_use(disk):
    """What the disk or a part of it is used for, and how that is ended; "" if for nothing."""
    for part in [disk] + disk.partitions():
        def is_it(source, path=part.path):
            return source.startswith("/") and os.path.realpath(source) == os.path.realpath(path)
        for numbers, place, source in disk.system.mounts():
            if numbers == part.numbers() or is_it(source):
                return f"{part.path} is mounted at {place}: unmount it (sudo umount {part.path})"
        if any(is_it(source) for source in disk.system.swaps()):
            return f"{part.path} is swap space in use: end that (sudo swapoff {part.path})"
        if part.holders():
            names = " and ".join(part.holders())
            return f"{part.path} is in use by {names} (LVM, RAID or encryption): take it out of that first"
    return ""


def refusal(disk, image_size, loop=False):
    """Why this disk is not to be overwritten, with what to do; "" if it may be."""
    path = disk.path
    if disk.is_partition():
        return f"{path} is a partition: give the whole disk, DEV={disk.whole().path}"
    if loop and not disk.is_loop():
        return f"{path} is no loop device: LOOP=yes is for those, leave it away"
    if disk.is_loop() and not loop:
        return f"{path} is a loop device: give a USB stick (or LOOP=yes as well, to try this out)"
    if disk.is_virtual() and not loop:
        return f"{path} is no disk of its own (RAID, LVM, encryption, memory): give the stick itself"
    if disk.is_optical():
        return f"{path} is a drive for discs: burn build/meridian.iso as an image, or give a USB stick"
    if not loop and not disk.is_removable():
        return f"{path} ({disk.title()}) is not removable: only USB sticks, USB disks and cards are written"
    used = in_use(disk)
    if used:
        return used
    if disk.fact("ro") == "1":
        return f"{path} is write-protected: look for a switch on its side, or take another"
    if disk.size == 0:
        return f"{path} has no medium in it: put one in"
    if disk.size < image_size:
        return f"{path} has {size_text(disk.size)}, the image {size_text(image_size)}: take a larger one"
    return ""


def choices(system, image_size):
    """The disks that could be written."""
    return [disk for disk in system.disks() if not refusal(disk, image_size)]


def named(system, path, numbers):
    """The disk behind a device file of these numbers."""
    disk = system.disk(numbers)
    if disk is None:
        raise Refused(f"{path}: the kernel knows no disk {numbers} there: see lsblk for its name")
    return disk
