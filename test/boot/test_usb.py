"""
`make usb`: which disks it refuses, by machines made of files; and a stick that it wrote, booted by BIOS and
UEFI. The stick is a loop device where one can be made, else a plain file.
"""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys

import pytest

from boot import Row
from emulator import Machine, run
from load import patient
from machines import make_iso
from rows_media import BIOS, UEFI
from sticks import System, choices, in_use, refusal
from variables import Refused

SCRIPT = os.path.join("scripts", "usb")
IMAGE_SIZE = 8_000_000
STICK_SIZE = 48 << 20
USB = "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0"
SATA = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0"


def usb():
    loader = importlib.machinery.SourceFileLoader("usb_program", SCRIPT)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("usb_program", loader))
    loader.exec_module(module)
    return module


class Machinery:
    """A machine's sysfs and proc in a folder."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.system = System(*(os.path.join(self.folder, name) for name in ("sys", "proc", "dev")))
        for name in ("sys/block", "sys/dev/block", "proc/self", "dev"):
            os.makedirs(os.path.join(self.folder, name))
        self.minor = 0

    def put(self, *names, text=""):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text + "\n")

    def device(self, name, where, size, **facts):
        """A block device in sysfs; gives its numbers."""
        folder, numbers = os.path.join("sys/devices", where, "block", name), f"8:{self.minor}"
        self.minor += 1
        for fact, text in dict(facts, dev=numbers, size=str(size // 512), ro=facts.get("ro", "0")).items():
            self.put(folder, *fact.split("__"), text=text)
        os.makedirs(os.path.join(self.folder, folder, "holders"))
        os.symlink(os.path.join(self.folder, folder), os.path.join(self.folder, "sys/dev/block", numbers))
        if "partition" not in facts:
            os.symlink(os.path.join(self.folder, folder), os.path.join(self.folder, "sys/block", name))
        self.put("dev", name)
        return numbers

    def partition(self, name="sdb", size=10**9):
        """The first partition of the stick."""
        folder, numbers = os.path.join("sys/devices", USB, "block", name, name + "1"), f"8:{self.minor}"
        self.minor += 1
        for fact, text in (("dev", numbers), ("size", str(size // 512)), ("partition", "1"), ("ro", "0")):
            self.put(folder, fact, text=text)
        os.makedirs(os.path.join(self.folder, folder, "holders"))
        os.symlink(os.path.join(self.folder, folder), os.path.join(self.folder, "sys/dev/block", numbers))
        self.put("dev", name + "1")
        return numbers

    def hold(self, path, holder):
        os.makedirs(os.path.join(self.folder, "sys/devices", USB, "block", path, "holders", holder))

    def mounted(self, numbers, place, source="none"):
        self.put("proc/self/mountinfo", text="22 1 0:20 / /proc rw - proc proc rw\n"
                 f"36 22 {numbers} / {place} rw shared:1 - vfat {source} rw")

    def disk(self, numbers):
        return self.system.disk(numbers)


@pytest.fixture
def machine(tmp_path):
    return Machinery(tmp_path)


def stick(machine, **facts):
    facts = {"removable": "1", "device__vendor": "SanDisk", "device__model": "Ultra", **facts}
    return machine.device("sdb", USB, 30 * 10**9, **facts)


def why(machine, numbers, loop=False):
    return refusal(machine.disk(numbers), IMAGE_SIZE, loop)


def test_a_stick_is_taken(machine):
    numbers = stick(machine)
    assert why(machine, numbers) == ""
    assert machine.disk(numbers).title() == "SanDisk Ultra, 30.0 GB, USB"
    assert [disk.name for disk in choices(machine.system, IMAGE_SIZE)] == ["sdb"]


def test_a_usb_disk_that_says_it_is_fixed_is_taken(machine):
    assert why(machine, stick(machine, removable="0")) == ""


def test_a_fixed_disk_is_refused(machine):
    numbers = machine.device("sda", SATA, 10**12, removable="0")
    assert "not removable" in why(machine, numbers)
    assert choices(machine.system, IMAGE_SIZE) == []


def test_a_partition_is_refused_and_its_disk_named(machine):
    stick(machine)
    said = why(machine, machine.partition())
    assert "is a partition" in said and said.endswith("/dev/sdb")


def test_a_loop_device_needs_its_flag_and_nothing_else_has_it(machine):
    loop = machine.device("loop3", "virtual", 10**8, removable="0")
    assert "LOOP=yes" in why(machine, loop) and why(machine, loop, loop=True) == ""
    assert "no loop device" in why(machine, stick(machine), loop=True)


def test_what_is_no_disk_of_its_own_is_refused(machine):
    for name in ("dm-0", "md127", "zram0", "nbd0"):
        assert "no disk of its own" in why(machine, machine.device(name, "virtual", 10**9, removable="1"))


def test_a_drive_for_discs_is_refused(machine):
    assert "discs" in why(machine, machine.device("sr0", SATA, 10**9, removable="1", device__type="5"))


def test_what_is_mounted_is_refused(machine):
    numbers = stick(machine)
    machine.mounted(numbers, "/media/my\\040stick")
    assert "mounted at /media/my stick" in why(machine, numbers)


def test_what_has_a_mounted_partition_is_refused(machine):
    numbers = stick(machine)
    machine.mounted(machine.partition(), "/mnt")
    said = why(machine, numbers)
    assert "dev/sdb1 is mounted at /mnt" in said and "sudo umount" in said


def test_what_btrfs_mounts_by_its_own_number_is_refused(machine):
    numbers = stick(machine)
    machine.partition()
    machine.mounted("0:47", "/", os.path.join(machine.folder, "dev", "sdb1"))
    assert "mounted at /" in why(machine, numbers)


def test_swap_space_in_use_is_refused(machine):
    numbers = stick(machine)
    machine.partition()
    swap = os.path.join(machine.folder, "dev/sdb1")
    machine.put("proc/swaps", text=f"Filename Type Size Used Priority\n{swap} partition 1000 0 -2")
    assert "swapoff" in why(machine, numbers)


def test_a_member_of_something_larger_is_refused(machine):
    numbers = stick(machine)
    assert in_use(machine.disk(numbers)) == ""
    machine.hold("sdb", "md0")
    assert "in use by md0" in why(machine, numbers)


def test_a_partition_that_is_a_member_is_refused(machine):
    numbers = stick(machine)
    machine.partition()
    machine.hold("sdb/sdb1", "dm-3")
    assert "sdb1 is in use by dm-3" in why(machine, numbers)


@pytest.mark.parametrize("facts, words", [({"ro": "1"}, "write-protected"), ({"size": 0}, "no medium"),
                                          ({"size": 4 << 20}, "take a larger one")])
def test_what_cannot_take_it_is_refused(machine, facts, words):
    size = facts.pop("size", 10**9)
    assert words in why(machine, machine.device("sdb", USB, size, removable="1", **facts))


def call(*words, answer=""):
    return subprocess.run([sys.executable, SCRIPT, *words], input=answer, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=120)


@pytest.mark.parametrize("path, words", [("", "DEV= must name the stick"), ("/dev/no-such", "No such file"),
                                         ("/dev/null", "is no disk"), ("README.md", "is no disk")])
def test_one_line_says_what_is_wrong_with_the_name(path, words, tmp_path):
    image = tmp_path / "image"
    image.write_bytes(b"image")
    outcome = call(path, str(image))
    assert outcome.returncode == 64 and words in outcome.stderr and outcome.stdout == ""
    assert "Traceback" not in outcome.stderr


def test_a_stick_that_forgets_is_found_out(tmp_path):
    program, image, target = usb(), tmp_path / "image", tmp_path / "stick"
    image.write_bytes(os.urandom(3 * program.PIECE + 2048))
    target.write_bytes(b"\xff" * 8 * program.PIECE)
    size = image.stat().st_size
    program.write(str(image), size, str(target), target.stat().st_size)
    program.verify(str(image), size, str(target))
    assert target.read_bytes()[-program.TAIL:] == bytes(program.TAIL), "an old partition table"
    for at in (0, program.PIECE, size - 1):
        whole = target.read_bytes()
        target.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        with pytest.raises(program.Failed, match=f"byte {at} differs"):
            program.verify(str(image), size, str(target))
        target.write_bytes(whole)
    for content in (os.urandom(2 * program.PIECE), bytes(2 * program.PIECE)):
        image.write_bytes(content)
        target.write_bytes(content[:-1000])
        with pytest.raises(program.Failed, match=f"byte {len(content) - 1000} differs"):
            program.verify(str(image), len(content), str(target))


@pytest.fixture
def loop(tmp_path):
    """(device, the file behind it); the device is "" where none can be made (no root, a sandbox)."""
    path = tmp_path / "stick.img"
    path.write_bytes(b"\xff" * STICK_SIZE)
    made = subprocess.run(["losetup", "--find", "--show", str(path)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    device = made.stdout.strip() if made.returncode == 0 else ""
    if not device:
        print(f"no loop device can be made here, so a plain file it is: {made.stderr.strip()}")
    yield device, str(path)
    if device:
        subprocess.run(["losetup", "--detach", device], check=True)


def written(loop, image):
    """The stick's file, written by the program."""
    device, path = loop
    if not device:
        program = usb()
        program.write(image, os.path.getsize(image), path, STICK_SIZE)
        program.verify(image, os.path.getsize(image), path)
        return path
    for answer in ("", "no\n", "sdb\n"):
        outcome = call("--loop", device, image, answer=answer)
        assert outcome.returncode == 1 and "nothing was written" in outcome.stderr
    with open(path, "rb") as file:
        assert file.read(4096) == b"\xff" * 4096, "it was written without consent"
    outcome = call(device, image, answer=os.path.basename(device) + "\n")
    assert outcome.returncode == 64 and "LOOP=yes" in outcome.stderr
    outcome = call("--loop", device, image, answer=os.path.basename(device) + "\n")
    assert outcome.returncode == 0, outcome.stderr
    assert "50.3 MB" in outcome.stdout and "read back and compared" in outcome.stdout, outcome.stdout
    outcome = call("--loop", device, image)
    assert 'iso9660  "MERIDIAN"' in outcome.stdout, "what is lost is not shown: " + outcome.stdout
    return path


def test_the_stick_boots(loop, tmp_path):
    image = str(tmp_path / "meridian.iso")
    make_iso(image, "build/meridian.elf", "build/guest.elf", "", "duration=1")
    path = written(loop, image)
    with open(path, "rb") as stick_file, open(image, "rb") as image_file:
        whole = image_file.read()
        assert stick_file.read(len(whole)) == whole
    for firmware in ("bios", "uefi"):
        machine = Machine(iso=path, medium="qemu-xhci", firmware=firmware, cpus=2)
        outcome = run(machine.command(), limit_s=patient(120),
                      log_path=f"build/test/logs/stick-{firmware}.log")
        assert outcome.state() == "ok", f"{firmware}: {outcome.ended}\n{outcome.log.text[-2000:]}"
        for expectation in {"bios": BIOS, "uefi": UEFI}[firmware]:
            expectation(Row(f"stick-{firmware}", f"iso-{firmware}", (), cpus=2, seconds=1), outcome.log)


def test_a_device_in_use_is_not_opened(loop):
    """Whatever sysfs said: the kernel refuses a second exclusive opening."""
    device, _ = loop
    if not device:
        return
    held = os.open(device, os.O_RDWR | os.O_EXCL)
    try:
        with pytest.raises(Refused, match="something uses it"):
            usb().write("README.md", 1, device, STICK_SIZE)
    finally:
        os.close(held)
