"""
The serial port that Meridian speaks at: the command line's, else ACPI's SPCR's, else its DBG2's, else COM1,
else COM2.
The log is read at the port that the row says; COM1 answers where nobody listens to it.
"""

from boot import Row
from expect import bounded, never_back, sound
from firmware_tables import IO, MEMORY, add, dbg2, spcr
from rows_cpus import says

SECOND = ("null", "stdio")
NOWHERE = 0xfe000000    # reads as all ones
PCI_SERIAL = (0x1b36, 0x0002, 0, 4, 0)      # QEMU's pci-serial at slot 4

GOOD = (sound, never_back, bounded)
START = "Meridian: a hypervisor that keeps time"
ANY = r"serial: .*"


def goes(port, by, rate="115200 baud"):
    """All of the log is there, from its first line on."""
    def gone(row, log):
        assert log.text.lstrip().startswith(START), "the log's beginning is not there"
        says(rf"serial: the log goes to {port}, which {by} names, {rate}")(row, log)
    return gone


def stays(why):
    return says(f"serial: {why}")


def tables(*given):
    """Added to QEMU's own."""
    def arguments(folder):
        return [word for one in given for word in add(folder, one)]
    return arguments


def row(name, *expect, firmware=None, **more):
    return Row(f"serial-{name}", "kernel", GOOD + expect, firmware=firmware,
               **{"cpus": 2, "seconds": 1, "guest_cmdline": "quiet", **more})


COM2 = r"COM2 \(port 0x2f8\)"
MMIO = r"memory 0xfe000000, registers 4 bytes apart, which {} names, does not answer: it is left alone"


def on_pci(table):
    """Beside COM1, where nobody listens, a UART on PCI that somebody does."""
    return lambda folder: tables(table)(folder) + ["-device", "pci-serial,chardev=u,addr=4",
                                                   "-chardev", "stdio,id=u"]


ROWS = [
    row("com2", goes(COM2, "the command line"), cmdline="console=ttyS1", serials=SECOND),
    row("com2-rate", goes(COM2, "the command line", "9600 baud"), cmdline="console=ttyS1,9600n8",
        serials=SECOND),
    row("com2-by-port", goes(COM2, "the command line", "its rate as it was set"),
        cmdline="console=uart8250,io,0x2f8", serials=SECOND),
    row("absent", stays(r"COM2 \(port 0x2f8\), which the command line names, does not answer: it is left "
                        "alone"), cmdline="console=ttyS1"),
    row("mmio-absent", stays(MMIO.format("the command line")),
        cmdline=f"console=uart8250,mmio32,{NOWHERE:#x}"),
    row("mmio-in-ram", stays(r"memory 0x1000000, .* lies in RAM: it is left alone"),
        cmdline="console=uart8250,mmio,0x1000000"),
    row("usual", says(never=(ANY,))),
    row("no-com1", says(rf"serial: the log goes to {COM2}, as COM1 does not answer, 115200 baud"),
        serials=("none", "stdio")),

    # ACPI's.
    row("spcr", goes(COM2, "ACPI's SPCR"), firmware=tables(spcr(0x2f8)), serials=SECOND),
    row("spcr-rate", goes(COM2, "ACPI's SPCR", "9600 baud"), firmware=tables(spcr(0x2f8, baud=3)),
        serials=SECOND),
    row("spcr-useless", stays(MMIO.format("ACPI's SPCR")), firmware=tables(spcr(NOWHERE, MEMORY, access=3))),
    row("spcr-off", stays("ACPI's SPCR says that there is no console"), firmware=tables(spcr(0))),
    row("spcr-no-16550", stays("ACPI's SPCR names a port that is no 16550"),
        firmware=tables(spcr(0x2f8, kind=3))),
    row("spcr-overruled", says(never=(ANY,)), firmware=tables(spcr(0x2f8)), cmdline="console=ttyS0",
        serials=("stdio", "null")),
    row("spcr-com1", says(never=(ANY,)), firmware=tables(spcr(0x3f8))),
    row("spcr-before-dbg2", goes(COM2, "ACPI's SPCR"), firmware=tables(dbg2(0x3e8), spcr(0x2f8)),
        serials=("null", "stdio", "null")),
    row("dbg2", goes(COM2, "ACPI's DBG2", "its rate as it was set"), firmware=tables(dbg2(0x2f8)),
        serials=SECOND),

    # On PCI, wherever firmware put its registers since.
    row("spcr-pci", goes(r"port 0x[0-9a-f]+", "ACPI's SPCR"), firmware=on_pci(spcr(0x1230, pci=PCI_SERIAL)),
        serials=("null",)),
    row("spcr-pci-absent", stays("ACPI's SPCR names a PCI device that is not there"),
        firmware=tables(spcr(0xc000, IO, pci=PCI_SERIAL))),
]
