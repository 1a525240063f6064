"""
ACPI tables as one likes them (ACPI 6.4, chapter 5.2), for a boot. With -machine acpi=off QEMU brings none,
and takes ours by -fw_cfg: SeaBIOS puts them into memory by a script of commands, as QEMU's
hw/acpi/bios-linker-loader.c explains them, and its own MP table beside them.
"""

import os
import struct

ALLOCATE, ADD_POINTER, ADD_CHECKSUM = 1, 2, 3
HIGH, FSEG = 1, 2
RSDP_FILE, TABLES_FILE = "etc/acpi/rsdp", "etc/acpi/tables"
ENABLED, ONLINE_CAPABLE = 1, 2
CHECKSUM_AT = 9


def table(signature, body, revision=1, length=None):
    """With its checksum, so that the whole adds up to 0. `length`: what it says of itself instead."""
    size = 36 + len(body)
    raw = bytearray(struct.pack("<4sIBB6s8sI4sI", signature, size if length is None else length, revision, 0,
                                b"MERIDN", b"ODDTABLE", 1, b"TEST", 1) + body)
    raw[CHECKSUM_AT] = -sum(raw) & 0xff
    return bytes(raw)


def damaged(whole):
    """The same with a bad checksum."""
    return whole[:CHECKSUM_AT] + bytes([whole[CHECKSUM_AT] ^ 0x55]) + whole[CHECKSUM_AT + 1:]


def cpu(apic_id, flags=ENABLED):
    """5.2.12.2, by its xAPIC id."""
    return struct.pack("<BBBBI", 0, 8, apic_id, apic_id, flags)


def cpu_x2(apic_id, flags=ENABLED):
    """5.2.12.12, by its x2APIC id."""
    return struct.pack("<BBHIII", 9, 16, 0, apic_id, flags, apic_id)


def madt(*entries):
    return table(b"APIC", struct.pack("<II", 0xfee00000, 1) + b"".join(entries))


def fadt(port=0x608, bits=24):
    body = bytearray(244 - 36)
    struct.pack_into("<I", body, 76 - 36, port)
    body[91 - 36] = 4
    struct.pack_into("<I", body, 112 - 36, 0x100 if bits == 32 else 0)
    return table(b"FACP", bytes(body), revision=3)


def hpet(base=0xfed00000):
    return table(b"HPET", struct.pack("<IBBBBQBHB", 0x8086a201, 0, 64, 0, 0, base, 0, 0, 0))


IO, MEMORY = 1, 0


def spcr(address, space=IO, access=1, baud=7, pci=None, kind=0):
    """The console's port; pci: (vendor, device, bus, slot, function)."""
    vendor, device, bus, slot, function = pci or (0xffff, 0xffff, 0, 0, 0)
    body = struct.pack("<B3xBBBBQBBIBBBBBBHHBBBIBI", kind, space, 8, 0, access, address, 0, 0, 0, baud, 0, 1,
                       0, 3, 0, device, vendor, bus, slot, function, 0, 0, 0)
    return table(b"SPCR", body, revision=2)


def dbg2(address, space=IO, access=1, kind=0, port=0x8000):
    """A debugger's port."""
    device = struct.pack("<BHBHHHHHH2xHHBBBBQI2s", 0, 40, 1, 2, 38, 0, 0, port, kind, 22, 34, space, 8, 0,
                         access, address, 8, b".\0")
    return table(b"DBG2", struct.pack("<II", 44, 1) + device, revision=0)


class Script:
    """What SeaBIOS is to do with the files; each command takes 128 bytes."""

    def __init__(self):
        self.commands = []

    def _add(self, command, layout, *values):
        names = [value.encode() if isinstance(value, str) else value for value in values]
        self.commands.append(struct.pack("<I" + layout, command, *names).ljust(128, b"\0"))

    def allocate(self, name, align, zone):
        self._add(ALLOCATE, "56sIB", name, align, zone)

    def pointer(self, holder, target, offset, size):
        self._add(ADD_POINTER, "56s56sIB", holder, target, offset, size)

    def checksum(self, name, at, start, length):
        self._add(ADD_CHECKSUM, "56sIII", name, at, start, length)

    def bytes(self):
        return b"".join(self.commands)


def _root(script, blob, signature, width, offsets, good):
    """Appends an RSDT or XSDT that points to the offsets; gives its own."""
    at = len(blob)
    blob += table(signature, b"".join(offset.to_bytes(width, "little") for offset in offsets))
    for index in range(len(offsets)):
        script.pointer(TABLES_FILE, TABLES_FILE, at + 36 + width * index, width)
    # SeaBIOS adds up what the pointers became; a bad one is left with the sum of before.
    if good:
        blob[at + CHECKSUM_AT] = 0
        script.checksum(TABLES_FILE, at + CHECKSUM_AT, at, len(blob) - at)
    else:
        blob[at + CHECKSUM_AT] ^= 0x55
    return at


def files(tables, rsdt_good=True, xsdt_good=True, revision=2):
    """The three files by their names, for these tables in this order."""
    script, blob, offsets = Script(), bytearray(), []
    script.allocate(RSDP_FILE, 16, FSEG)
    script.allocate(TABLES_FILE, 64, HIGH)
    for one in tables:
        offsets.append(len(blob))
        blob += one + bytes(-len(one) % 16)
    rsdt = _root(script, blob, b"RSDT", 4, offsets, rsdt_good)
    blob += bytes(-len(blob) % 16)
    xsdt = _root(script, blob, b"XSDT", 8, offsets, xsdt_good)
    rsdp = struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, b"MERIDN", revision, rsdt, 36, xsdt, 0)
    script.pointer(RSDP_FILE, TABLES_FILE, 16, 4)
    script.pointer(RSDP_FILE, TABLES_FILE, 24, 8)
    script.checksum(RSDP_FILE, 8, 0, 20)
    script.checksum(RSDP_FILE, 32, 0, 36)
    return {RSDP_FILE: rsdp, TABLES_FILE: bytes(blob), "etc/table-loader": script.bytes()}


def add(folder, one):
    """QEMU's arguments that add a table to its own. It puts the checksum right, but nothing else."""
    path = os.path.join(folder, f"table-{one[:4].decode()}")
    with open(path, "wb") as file:
        file.write(one)
    return ["-acpitable", f"file={path}"]


def write(folder, tables, **root):
    """QEMU's arguments that bring these tables; for a machine with acpi=off."""
    arguments = []
    for name, content in files(tables, **root).items():
        path = os.path.join(folder, name.replace("/", "-"))
        with open(path, "wb") as file:
            file.write(content)
        arguments += ["-fw_cfg", f"name={name},file={path}"]
    return arguments
