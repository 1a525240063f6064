"""The machines that are booted here: Meridian by ISO, by network or by QEMU's -kernel, and Debian's Xen."""

import os
import subprocess

from bochs import Bochs
from emulator import Machine
from variables import Refused

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
XEN_APPEND = "com1=115200,8n1 console=com1 guest_loglvl=all dom0_mem=128M"


def make_iso(path, kernel, guest, cmdline, guest_cmdline, prepare="", timeout_s=0):
    """prepare: a command of GRUB's to be run before it loads anything. timeout_s: of its menu, 0: none."""
    environment = dict(os.environ, KERNEL=kernel, GUEST=guest, CMDLINE=cmdline, GUEST_CMDLINE=guest_cmdline,
                       PREPARE=prepare, TIMEOUT=str(timeout_s))
    if subprocess.run([os.path.join(SCRIPTS, "iso"), path], env=environment, check=False).returncode:
        raise Refused("no ISO, no boot")


def meridian_by_iso(path, kernel, guest, cmdline, guest_cmdline, prepare="", timeout_s=0, **settings):
    """Makes the image at `path` first."""
    make_iso(path, kernel, guest, cmdline, guest_cmdline, prepare, timeout_s)
    return Machine(iso=path, **settings)


def make_net_folder(path, kernel, guest, cmdline, guest_cmdline, timeout_s=0):
    """What `make netboot` makes, for any server."""
    environment = dict(os.environ, KERNEL=kernel, GUEST=guest, CMDLINE=cmdline, GUEST_CMDLINE=guest_cmdline,
                       PREPARE="", TIMEOUT=str(timeout_s))
    made = subprocess.run([os.path.join(SCRIPTS, "netboot"), path], env=environment, check=False,
                          stdout=subprocess.DEVNULL)
    if made.returncode:
        raise Refused("no folder, no boot by network")


def meridian_by_net(path, *programs_and_words, timeout_s=0, **settings):
    """Makes the folder at `path` first; QEMU itself is the server."""
    make_net_folder(path, *programs_and_words, timeout_s)
    return Machine(net_folder=path, **settings)


def meridian_on_bochs(folder, kernel, guest, cmdline, guest_cmdline, prepare="", timeout_s=0, **settings):
    """The same image, made in `folder` first."""
    path = os.path.join(folder, "meridian.iso")
    make_iso(path, kernel, guest, cmdline, guest_cmdline, prepare, timeout_s)
    return Bochs(path, folder, **settings)


def meridian_by_kernel(kernel, guest, cmdline, guest_cmdline, **settings):
    """QEMU gives a PVH kernel's module no command line of its own: the guest's words follow a lone `--`."""
    append = f"{cmdline} -- {guest_cmdline}".strip()
    return Machine(kernel=kernel, initrd=guest, append=append, **settings)


def xen(guest, guest_cmdline, cmdline="", **settings):
    """Xen 4.17 with the guest as dom0. Under SMAP a ring-3 iretq page-faults in QEMU 7.2: off, for Xen."""
    fetch = os.path.join(SCRIPTS, "fetch-xen")
    fetched = subprocess.run([fetch], stdout=subprocess.PIPE, text=True, check=False)
    if fetched.returncode:
        raise Refused("no Xen to compare with")
    kernel, initrd = fetched.stdout.strip(), f"{guest} {guest_cmdline}".strip()
    append = f"{XEN_APPEND} {cmdline}".strip()
    return Machine(kernel=kernel, initrd=initrd, append=append, cpu_model="max,-smap,-smep",
                   memory="1G", **settings)
