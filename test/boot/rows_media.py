"""The same image on every medium and by every firmware; and the same files by network."""

from boot import Row
from expect import all_vcpus, bounded, line_begins, never_back, one_line, sound, undisturbed

GOOD = (sound, all_vcpus, never_back, undisturbed, bounded, one_line)
BIOS = GOOD + (line_begins("booted by multiboot2, BIOS"),)
UEFI = GOOD + (line_begins("booted by multiboot2, UEFI"),)
SHORT = {"cpus": 2, "seconds": 1, "limit_s": 120}

ROWS = [
    Row("disk-bios", "iso-bios", BIOS, medium="disk", **SHORT),
    Row("usb-bios", "iso-bios", BIOS, medium="usb-ehci", **SHORT),
    Row("usb-uefi", "iso-uefi", UEFI, medium="usb-ehci", **SHORT),
    # By xHCI: test_usb.py, test_the_stick_boots.
    # Its tables are of 32 bits: the names come by them.
    Row("uefi-ia32", "iso-uefi32", UEFI + (line_begins("machine: QEMU "),), **SHORT),
    # QEMU's DHCP and TFTP. A card's ROM is iPXE; with none, UEFI has a driver and a loader of its own.
    Row("net-bios", "net-bios", BIOS, medium="e1000", **SHORT),
    Row("net-bios-virtio", "net-bios", BIOS, medium="virtio-net-pci", **SHORT),
    Row("net-uefi", "net-uefi", UEFI, medium="virtio-net-pci,romfile=", **SHORT),
    Row("net-uefi-e1000", "net-uefi", UEFI, medium="e1000", **SHORT),
    Row("net-uefi-ia32", "net-uefi32", UEFI, medium="virtio-net-pci,romfile=", **SHORT),
]
