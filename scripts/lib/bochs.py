"""Bochs as a machine: slow, but the same on every run, with x2APIC and TSC-deadline timers."""

import os
from dataclasses import dataclass

from atlines import Log
from emulator import EXIT_FAIL, EXIT_OK, EmulatorError

MOST_CPUS = 15      # with 16, Bochs 2.7 as packaged runs out of timers
IPS = 20000000

BIOS = ["/usr/share/bochs/BIOS-bochs-latest", "/usr/local/share/bochs/BIOS-bochs-latest"]
# The one that Bochs names itself may lead nowhere: its package is only recommended.
VGA_BIOS = ["/usr/share/bochs/VGABIOS-lgpl-latest", "/usr/share/seabios/vgabios-stdvga.bin",
            "/usr/share/qemu/vgabios-stdvga.bin", "/usr/local/share/bochs/VGABIOS-lgpl-latest"]

SOFT_OFF = "ACPI control: soft power off"
RESET = "bx_pc_system_c::Reset(HARDWARE) called"    # its first is at time 0

# port_e9_hack and unmapped: how Meridian knows Bochs, and the port that ends it (hv/platform/power.c).
CONFIGURATION = """\
config_interface: textconfig
display_library: term
plugin_ctrl: unmapped=1
cpu: model={model}, count={cpus}, ips={ips}, reset_on_triple_fault=0{cpu_options}
memory: guest=256, host=256
romimage: file="{bios}", options=fastboot
vgaromimage: file="{vga_bios}"
pci: enabled=1, chipset=i440fx
clock: sync=none, time0=1120824000
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=/dev/fd/3
port_e9_hack: enabled=1
log: "{log}"
panic: action=fatal
"""

# Bochs with its debugger draws on a terminal that it opens itself and names, and stands still once that is
# full: somebody must take the drawing away.
DRAIN = """\
for turn in $(seq 100); do
    terminal=$(sed -n 's/^Bochs connected to screen "\\(.*\\)"$/\\1/p' "$0/screen" 2>/dev/null)
    [ -z "$terminal" ] || exec cat "$terminal"
    sleep 0.1
done
"""
# The serial port is our standard output; what Bochs says itself goes to a file.
START = f"""({DRAIN}) </dev/null >/dev/null 2>&1 &
exec env TERM=linux bochs -q -f "$0/rc" -rc "$0/go" 3>&1 >"$0/screen" 2>&1
"""


def _first(paths, what, package):
    for path in paths:
        if os.path.exists(path):
            return path
    raise EmulatorError(f"no {what} for Bochs found; on Debian: apt install {package}")


@dataclass
class Bochs:
    """
    ips: instructions a second of its time, of each CPU: its TSC's rate. folder: where its files may be.
    cpu_options: more words for its `cpu:` line.
    """

    iso: str
    folder: str
    cpus: int = 4
    cpu_model: str = "tigerlake"
    ips: int = IPS
    log: str = ""
    leaves: str = "exit"
    cpu_options: str = ""

    def command(self):
        if self.cpus > MOST_CPUS:
            raise EmulatorError(f"Bochs has at most {MOST_CPUS} CPUs")
        self.log = os.path.abspath(self.log or os.path.join(self.folder, "bochs.log"))
        with open(os.path.join(self.folder, "rc"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                model=self.cpu_model, cpu_options=self.cpu_options, cpus=self.cpus, ips=self.ips,
                iso=os.path.abspath(self.iso), log=self.log, bios=_first(BIOS, "BIOS", "bochsbios"),
                vga_bios=_first(VGA_BIOS, "VGA BIOS", "seabios")))
        with open(os.path.join(self.folder, "go"), "w", encoding="utf-8") as file:
            file.write("c\n")    # its debugger waits for a word before the first instruction
        return ["sh", "-c", START, self.folder]

    def settle(self, outcome):
        """
        Its status is 1 however it ends. That it was Meridian that ended it stands in its own log; how, only
        the verdict tells.
        """
        if outcome.ended != "exit":
            return
        line = self._last_panic()
        if self._left_as_wanted(line):
            outcome.status = EXIT_OK if outcome.log.is_ok() else EXIT_FAIL
        else:
            outcome.log = Log(outcome.log.text + f"\nBochs: {line}\n")

    def is_over(self, text):
        """It ends by itself: its BIOS panics when it starts for the second time ("Keyboard error:21")."""
        return False

    def _left_as_wanted(self, line):
        if self.leaves == "reset":
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return any(RESET in line and int(line[:11]) > 0 for line in file if line[:11].isdigit())
        return (SOFT_OFF if self.leaves == "off" else "shutdown requested") in line

    def _last_panic(self):
        """Bochs' reason to end: its log's last panic, or what it said before there was a log."""
        screen = os.path.join(self.folder, "screen")
        for path, mark in ((self.log, ">>PANIC<<"), (screen, ">>PANIC<<"), (screen, " ")):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = [line.strip() for line in file if mark in line.strip()]
                if lines:
                    return lines[-1]
        return "it did not start"
