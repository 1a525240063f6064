"""
Framebuffers of any layout, above 4 GiB: the display is memory that only the test knows of, a file on the
host, and a test image is told of it (test/faults/display.c). What is drawn there is read back from the file.
"""

import os
import re
import tempfile
from array import array
from dataclasses import dataclass

import pytest
from boot import LOGS, machine
from emulator import run
from load import patient
from live import LiveQemu
from rows import Row
from screens import Picture, read_picture

AT_MIB = 5120
CARD_MIB = 0xfd0             # where SeaBIOS puts the memory of q35's own card
FILE_BYTES = 128 << 20      # QEMU's memory comes in steps of so much
PAT = {0: 6, 1: 4, 2: 7, 3: 0, 4: 1}    # SDM vol. 3, 11.12.2: WB, WT, UC-, UC, and WC
PTE_PAT, PTE_PCD, PTE_PWT = 1 << 7, 1 << 4, 1 << 3


@dataclass(frozen=True)
class Layout:
    name: str
    width: int
    height: int
    pitch: int
    bits: int
    fields: tuple   # places and sizes of red, green, blue
    columns: int
    rows: int

    def words(self, at_mib=AT_MIB):
        return (f"fb_mib={at_mib} fb_width={self.width} fb_height={self.height} fb_pitch={self.pitch} "
                f"fb_bits={self.bits} fb_fields={','.join(map(str, self.fields))}")

    def picture(self, data):
        """The framebuffer's bytes as a picture of 8 bits a colour."""
        size = (self.bits + 7) // 8
        out, known = [], {}
        for y in range(self.height):
            row = data[y * self.pitch:y * self.pitch + self.width * size]
            if size == 3:
                pixels = [int.from_bytes(row[x:x + 3], "little") for x in range(0, len(row), 3)]
            else:
                pixels = array("H" if size == 2 else "I", row)
            for value in set(pixels) - known.keys():
                known[value] = bytes(self._part(value, i) for i in range(3))
            out.append(b"".join(known[value] for value in pixels))
        return Picture(f"P6\n{self.width} {self.height}\n255\n".encode() + b"".join(out))

    def _part(self, value, i):
        place, size = self.fields[2 * i:2 * i + 2]
        most = (1 << size) - 1
        return ((value >> place & most) * 255 + most // 2) // most


PLAIN = Layout("display-rgb32", 1024, 768, 4096, 32, (16, 8, 8, 8, 0, 8), 128, 48)
LAYOUTS = [
    PLAIN,
    Layout("display-bgr24-odd-pitch", 800, 600, 2407, 24, (0, 8, 8, 8, 16, 8), 100, 37),
    Layout("display-565", 1366, 768, 2752, 16, (11, 5, 5, 6, 0, 5), 170, 48),
    Layout("display-555", 640, 480, 1280, 15, (10, 5, 5, 5, 0, 5), 80, 30),
    Layout("display-scaled-10-bits", 2560, 1440, 10240, 32, (20, 10, 10, 10, 0, 10), 160, 45),
    Layout("display-very-wide", 2560, 1080, 10240, 32, (16, 8, 8, 8, 0, 8), 320, 67),
]


def memory_file(folder):
    """A file, and QEMU's arguments that make it memory which no map names."""
    path = os.path.join(folder, "display")
    with open(path, "wb") as file:
        file.truncate(FILE_BYTES)
    return path, ["-m", "512M,slots=1,maxmem=16G", "-object",
                  f"memory-backend-file,id=display,share=on,mem-path={path},size={FILE_BYTES}",
                  "-device", f"pc-dimm,memdev=display,addr={AT_MIB << 20:#x}"]


def boot(row, layout):
    """The outcome, and what the display's memory holds at the end."""
    os.makedirs("build/test", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder:
        path, arguments = memory_file(folder)
        booted = machine(row, folder)
        booted.extra.extend(arguments)
        outcome = run(booted.command(), limit_s=patient(60), log_path=os.path.join(LOGS, f"{row.name}.log"))
        with open(path, "rb") as file:
            return outcome, file.read(layout.pitch * layout.height)


def shown_of(text, columns):
    """The log as the screen has it: nothing for programs but the verdict, and long lines wrapped."""
    lines = [line for line in text.splitlines() if not line.startswith("@") or line.startswith("@verdict")]
    return [line[at:at + columns].rstrip() for line in lines for at in range(0, max(len(line), 1), columns)]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout_shows_the_log(layout):
    """A panic draws all of the log at once, and nothing follows it."""
    row = Row(layout.name, "kernel", (), cpus=1, kernel="display", cmdline=f"panic=1 {layout.words()}")
    outcome, memory = boot(row, layout)
    screen = read_picture(layout.picture(memory))
    assert screen, "nothing of ours is on the display"
    assert (len(screen.rows[0]), len(screen.rows)) == (layout.columns, layout.rows)
    expected = shown_of(outcome.log.text, layout.columns)
    assert any(line.startswith("Meridian panic: the test asked for it") for line in expected)
    assert any(line.startswith("@verdict result=fail") for line in expected)
    assert screen.lines()[:len(expected)] == expected[-layout.rows:]


def pat_type(flags, pat):
    """The memory type of a 4 KiB page (SDM vol. 3, 11.12.3)."""
    index = bool(flags & PTE_PAT) * 4 + bool(flags & PTE_PCD) * 2 + bool(flags & PTE_PWT)
    return pat >> 8 * index & 7


def test_write_combining_on_every_cpu():
    row = Row("display-write-combining", "kernel", (), cpus=4, seconds=1, kernel="display",
              cmdline=PLAIN.words())
    outcome, _ = boot(row, PLAIN)
    display, = outcome.log.all("display")
    cpus = {int(line["cpu"]): int(line["value"], 16) for line in outcome.log.all("pat")}
    assert int(display["phys"], 16) == AT_MIB << 20
    assert sorted(cpus) == [0, 1, 2, 3]
    for pat in cpus.values():
        for page in ("first", "last"):
            assert pat_type(int(display[page], 16), pat) == PAT[4], "not write-combining"
        assert [pat >> 8 * i & 7 for i in range(4)] == [PAT[i] for i in range(4)], "the lower half is changed"
    assert outcome.log.verdict["result"] == "ok"


def test_uncached_without_a_pat():
    row = Row("display-without-pat", "kernel", (), cpus=2, seconds=1, kernel="display", cpu_model="max,-pat",
              cmdline=PLAIN.words())
    outcome, memory = boot(row, PLAIN)
    display, = outcome.log.all("display")
    assert int(display["first"], 16) & (PTE_PAT | PTE_PCD | PTE_PWT) == PTE_PCD | PTE_PWT
    assert read_picture(PLAIN.picture(memory))


def test_who_draws_has_time_to_spare():
    """Every CPU draws its portions, one CPU at a time, short ones, and none when it is about to keep time."""
    row = Row("display-portions", "exact", (), cpus=4, seconds=4, kernel="display", cmdline=PLAIN.words())
    outcome, _ = boot(row, PLAIN)
    lines = re.findall("^drawer: (.*)$", outcome.log.text, re.M)
    drawers = [{key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)} for line in lines]
    assert [drawer["cpu"] for drawer in drawers] == [0, 1, 2, 3]
    for drawer in drawers:
        assert drawer["collisions"] == 0
        assert drawer["cells"] > 0, "it has never drawn"
        assert drawer["longest_ns"] <= 200_000
        assert drawer["least_free_ns"] >= 4_500_000, "it drew when it was about to keep time"
    painter = dict(re.findall(r"(\w+)=(\d+)", re.search("^painter: (.*)$", outcome.log.text, re.M)[1]))
    assert int(painter["paints"]) >= 4 * row.seconds
    # 2 million instructions of 8 ns each in this lane; a PC needs some tenths of a millisecond for them.
    assert int(painter["longest_ns"]) <= 16_000_000, "it paints until time is to be kept"
    assert outcome.log.verdict["result"] == "ok"


def test_a_panic_before_there_are_page_tables():
    """Seen through the tables of the 32-bit start; the display is QEMU's own card, whatever its mode."""
    row = Row("display-early-panic", "iso-bios", (), cpus=1, kernel="display", prepare="cutmem 1M 1G",
              cmdline=PLAIN.words(CARD_MIB))
    os.makedirs("build/test", exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder:
        log, memory = os.path.join(LOGS, f"{row.name}.log"), os.path.join(folder, "display")
        with LiveQemu(machine(row, folder).command(), folder, log, 60, "none") as live:
            live.wait_line("Meridian: halted")
            live.give(f'pmemsave {CARD_MIB << 20:#x} {PLAIN.pitch * PLAIN.height} "{memory}"')
            text = live.log().text
        with open(memory, "rb") as file:
            screen = read_picture(PLAIN.picture(file.read()))
    expected = shown_of(text[text.index("Meridian: a hypervisor"):], PLAIN.columns)
    assert "Meridian panic: no memory for page tables: give the machine more" in expected
    assert screen and screen.lines()[:len(expected)] == expected


REFUSED = [
    ("display-in-ram", PLAIN.words(64), "lies in RAM"),
    ("display-too-far", PLAIN.words(1 << 32), "is out of the CPU's reach"),
    ("display-palette", PLAIN.words() + " fb_type=0", "has no pixels of red, green and blue"),
]


@pytest.mark.parametrize("name, words, why", REFUSED, ids=[name for name, _, _ in REFUSED])
def test_what_cannot_be_drawn_on_is_not(name, words, why):
    """Serial alone goes on; nothing is written there."""
    row = Row(name, "kernel", (), cpus=1, seconds=1, kernel="display", cmdline=words)
    outcome, memory = boot(row, PLAIN)
    assert re.search(f"^screen: none, the framebuffer {re.escape(why)}$", outcome.log.text, re.M)
    assert not any(memory)
    assert outcome.log.verdict["result"] == "ok"
