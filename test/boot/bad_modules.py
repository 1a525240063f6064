"""
Modules that no guest can be made of: the guest's ELF with one thing wrong each. Every function gives a maker:
called with a folder it writes the file there and gives its path, as Row.module wants it.
"""

import gzip
import os
import struct

GOOD = "build/guest.elf"

# System V ABI: offsets in the ELF64 header, in a program header and in a note.
E_TYPE, E_MACHINE, E_PHOFF, E_PHNUM, E_SHNUM = 16, 18, 32, 56, 60
P_TYPE, P_OFFSET, P_PADDR, P_FILESZ, P_MEMSZ = 0, 8, 24, 32, 40
PHDR_BYTES, NOTE_HEAD_BYTES = 56, 12
PT_NULL, PT_LOAD, PT_NOTE = 0, 1, 4
ET_REL, EM_AARCH64 = 1, 183

# xen/elfnote.h
NOTE_ENTRY, NOTE_HYPERCALL_PAGE, NOTE_VIRT_BASE = 1, 2, 3


class Elf:
    """The good guest's bytes, and where in them things are."""

    def __init__(self):
        with open(GOOD, "rb") as file:
            self.bytes = bytearray(file.read())

    def get(self, form, at):
        return struct.unpack_from("<" + form, self.bytes, at)[0]

    def put(self, form, at, value):
        struct.pack_into("<" + form, self.bytes, at, value)

    def segments(self, kind):
        """Offsets of the program headers of that type."""
        first = self.get("Q", E_PHOFF)
        headers = [first + index * PHDR_BYTES for index in range(self.get("H", E_PHNUM))]
        return [at for at in headers if self.get("I", at + P_TYPE) == kind]

    def note(self, wanted):
        """Offset of the description of Xen's note of that type."""
        header = self.segments(PT_NOTE)[0]
        at = self.get("Q", header + P_OFFSET)
        end = at + self.get("Q", header + P_FILESZ)
        while at < end:
            name, size, kind = struct.unpack_from("<III", self.bytes, at)
            description = at + NOTE_HEAD_BYTES + (name + 3 & ~3)
            if kind == wanted:
                return description
            at = description + (size + 3 & ~3)
        raise ValueError(f"{GOOD} has no note of type {wanted}")


def write(folder, data):
    path = os.path.join(folder, "module")
    with open(path, "wb") as file:
        file.write(data)
    return path


def nothing(_folder):
    """No module at all."""
    return ""


def bytes_of(data):
    return lambda folder: write(folder, data)


def compressed(folder):
    return write(folder, gzip.compress(bytes(Elf().bytes)))


def patched(*changes):
    """Each change is called with the Elf, and makes one thing wrong."""
    def make(folder):
        elf = Elf()
        for change in changes:
            change(elf)
        return write(folder, elf.bytes)
    return make


def header(form, at, value):
    return lambda elf: elf.put(form, at, value)


def segment(kind, number, form, at, value):
    """A field of the program header `number` of that kind; a negative number counts from the last."""
    return lambda elf: elf.put(form, elf.segments(kind)[number] + at, value)


def note(kind, value):
    """A note's number."""
    return lambda elf: elf.put("Q", elf.note(kind), value)


def without_notes(elf):
    elf.put("I", elf.segments(PT_NOTE)[0] + P_TYPE, PT_NULL)
    elf.put("H", E_SHNUM, 0)     # they would be looked for there next


def over_another(elf):
    """The last segment is loaded where the first one is."""
    first, last = elf.segments(PT_LOAD)[0], elf.segments(PT_LOAD)[-1]
    elf.put("Q", last + P_PADDR, elf.get("Q", first + P_PADDR))


def cut_in_segment(elf):
    """The file ends in the middle of the last segment that it has bytes for."""
    last = elf.segments(PT_LOAD)[-1]
    del elf.bytes[elf.get("Q", last + P_OFFSET) + elf.get("Q", last + P_FILESZ) // 2:]


def cut_at(size):
    def change(elf):
        del elf.bytes[size:]
    return change
