"""
Firmware as it is: odd and damaged tables, and none. With acpi=off QEMU brings no tables, so that ours are
all there are beside SeaBIOS's MP table, which names one CPU of each socket.
"""

from boot import Row
from expect import all_vcpus, bounded, cpus_online, never_back, one_line, sound, source_is, undisturbed
from firmware_tables import ONLINE_CAPABLE, add, cpu, cpu_x2, damaged, fadt, hpet, madt, table, write

GOOD = (sound, all_vcpus, never_back, undisturbed, bounded, one_line)
FOUR = madt(cpu(0), cpu(1), cpu(2), cpu(3))
ZERO_LENGTH = b"\0\0"
SOCKETS = "q35,acpi=off,smp.sockets=4"

# Within the RAM, where an HPET's registers can be made up.
FAKE_HPET = 0x10000000
HPET_CAPABILITIES = 0x8086a201


def says(text):
    def said(row, log):
        assert f"\n{text}" in log.text, f"it does not say \"{text}\""
    return said


def tables(*given, **root):
    return lambda folder: write(folder, given, **root)


def beside_qemus(one):
    return lambda folder: add(folder, one)


def hpet_in_ram(period_fs):
    """An HPET of any period: its two words of capabilities lie in RAM, put there before the reset."""
    words = ((0, HPET_CAPABILITIES), (4, period_fs))

    def arguments(folder):
        loaders = [["-device", f"loader,addr={FAKE_HPET + at:#x},data={word:#x},data-len=4"]
                   for at, word in words]
        return sum(loaders, write(folder, [fadt(), FOUR, hpet(FAKE_HPET)]))
    return arguments


def qboot(folder):
    """QEMU's other BIOS, which makes no MP table."""
    return ["-bios", "qboot.rom"]


def row(name, firmware, *expect, cpus=4, machine=SOCKETS, seconds=1, **more):
    return Row(name, "exact", GOOD + expect, firmware=firmware, cpus=cpus, machine=machine, seconds=seconds,
               **more)


ODD_MADT = madt(cpu(3), cpu(0xff), cpu_x2(1), cpu(2), cpu(0), cpu(3), cpu_x2(2), cpu(7, flags=0),
                cpu(8, flags=ONLINE_CAPABLE), cpu_x2(0xffffffff))

ROWS = [
    # The MADT: duplicate, disabled, online-capable, broadcast ids, both kinds, the boot CPU (0) not first.
    row("hw-madt-odd-entries", tables(fadt(), ODD_MADT, hpet()), source_is("hpet"),
        says("acpi: 4 CPUs; 6 other entries only keep places, as is usual")),
    row("hw-madt-length-0", tables(fadt(), madt(cpu(1), cpu(0), ZERO_LENGTH, cpu(2), cpu(3))),
        says("acpi: 1 tables were refused"), says("acpi: 2 CPUs\n"), cpus=2,
        machine="q35,acpi=off"),
    row("madt-second-counts", tables(damaged(madt(cpu(0))), FOUR, madt(cpu(0)), fadt()),
        says("acpi: 1 tables were refused"), says("acpi: 4 CPUs\n")),

    # The root of them all.
    row("bad-xsdt", tables(fadt(), FOUR, hpet(), xsdt_good=False),
        says("acpi: 1 tables were refused"), says("acpi: 4 CPUs\n"), source_is("hpet")),
    row("rsdt-only", tables(fadt(), FOUR, hpet(), revision=0),
        says("acpi: 4 CPUs\n"), source_is("hpet")),
    row("bad-roots", tables(fadt(), FOUR, hpet(), xsdt_good=False, rsdt_good=False),
        says("acpi: 2 tables were refused"), says("mptable: 4 CPUs\n"), source_is("pit")),
    row("bad-checksums", tables(damaged(fadt()), FOUR, damaged(hpet())),
        says("acpi: 2 tables were refused"), says("acpi: 4 CPUs\n"), source_is("pit")),

    # Timers.
    row("hpet-period-absurd", hpet_in_ram(100000001),
        says("hpet: refused: its period is not within"), source_is("pmtimer")),
    row("hpet-period-zero", hpet_in_ram(0),
        says("hpet: refused: its period is not within"), source_is("pmtimer")),
    row("hw-hpet-stands-still", hpet_in_ram(10000000), says("hpet: refused: it does not count"),
        source_is("pmtimer")),
    row("hpet-nowhere", tables(fadt(), FOUR, hpet(0xfe000000)), says("hpet: refused: "),
        source_is("pmtimer")),
    # It wraps after 4.7 s; a FADT that speaks of 32 bits is not believed.
    row("hw-pmtimer-24-bits", tables(fadt(bits=32), FOUR), says("pmtimer: 24 bits"), source_is("pmtimer"),
        cpus=2, machine="q35,acpi=off", seconds=6, limit_s=90),
    row("pmtimer-nowhere", tables(fadt(port=0x1230), FOUR, hpet()), says("pmtimer: refused: "),
        source_is("hpet"), cpus=2, machine="q35,acpi=off"),

    # Tables beside QEMU's own: of each kind the first counts.
    row("acpitable-second-madt", beside_qemus(madt(cpu(9))), says("acpi: 2 CPUs\n"),
        cpus=2, machine="q35"),
    row("acpitable-hpet-nowhere", beside_qemus(hpet(0xfe000000)),
        says("hpet: refused: its period is not within"), source_is("pmtimer"),
        cpus=2, machine="q35,hpet=off"),
    row("acpitable-wrong-length", beside_qemus(table(b"HPET", b"", length=0)),
        says("acpi: 1 tables were refused"), source_is("pmtimer"), cpus=2, machine="q35,hpet=off"),

    # The MP table in the place of a MADT.
    row("no-madt", tables(fadt(), hpet()), says("mptable: 4 CPUs\n"), source_is("hpet")),
    row("madt-names-none", tables(madt(ZERO_LENGTH), fadt()),
        says("mptable: 4 CPUs\n"), source_is("pmtimer")),
    row("acpi-off-mptable", None, says("mptable: 4 CPUs\n"), source_is("pit"),
        cpus_online(4), machine="q35,smp.sockets=4", cmdline="acpi=off"),
    row("mptable-none", qboot, says("mptable: none that names a CPU: this one is used alone"),
        source_is("pit"), cpus_online(1), cpus=1, machine="q35", cmdline="acpi=off"),
    row("acpi-off-mptable-pc", None, says("mptable: 4 CPUs\n"), source_is("pit"),
        cpus_online(4), machine="pc,smp.sockets=4", cmdline="acpi=off"),
]
