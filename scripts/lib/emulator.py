"""QEMU as everything here uses it: TCG, one serial port, a time limit, ended whatever happens."""

import ctypes
import glob
import os
import select
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass, field

from atlines import Log, TerminalFilter

# Meridian writes 0x10 (ok) or 0x11 (fail) to isa-debug-exit; QEMU leaves with twice that plus one.
EXIT_OK = 33
EXIT_FAIL = 35
NOT_BY_ITSELF = 1

FIRST_LINE = "Meridian: a hypervisor that keeps time"

# What scripts/netboot makes, and what a DHCP server names, by the machine's firmware.
NET_FILES = {"bios": "boot/grub/i386-pc/core.0", "uefi": "boot/grub/x86_64-efi/core.efi",
             "uefi32": "boot/grub/i386-efi/core.efi"}

FIRMWARE_IA32 = [("/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF32_VARS_4M.fd")]
FIRMWARE = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
]

# One instruction is 8 ns of virtual time on one thread: a TSC of 1 GHz exactly, the same output on every run.
# The RTC would follow the host's clock otherwise.
DETERMINISTIC = ["-icount", "shift=3,sleep=off", "-rtc", "base=2005-07-08T12:00:00,clock=vm"]


# One thread for all CPUs. With one for each (QEMU's default) the emulated TSC is no clock: QEMU 7.2 takes
# the host's TSC before it has the lock that guards the greatest value given so far, and whenever two CPUs
# read at once it moves the TSC of all CPUs ahead by some 70 ns: up to 3 ms in a second were seen.
ONE_THREAD = "tcg,thread=single"
THREAD_EACH = "tcg,thread=multi"


class EmulatorError(Exception):
    """What keeps an emulator from being started, as a sentence."""


@dataclass
class Machine:
    """
    One machine to boot: by an ISO image, by network or by QEMU's -kernel. firmware: bios, uefi, uefi32.
    medium: what the image is: cd, disk, or a stick at the USB controller of that name; by network, the card.
    net_folder: served by QEMU's own DHCP and TFTP.
    serials: where QEMU's serial ports go, COM1's first; one of them must be stdio.
    leaves: how a good run ends: "exit" by the emulator's device, "off" or "reset" by the machine's own means.
    wall_rate: how fast the host's wall clock goes for it, by which its RTC goes; its other timers go as ever.
    """

    iso: str = ""
    net_folder: str = ""
    kernel: str = ""
    append: str = ""
    initrd: str = ""
    firmware: str = "bios"
    medium: str = "cd"
    cpus: int = 4
    cpu_model: str = "max"
    memory: str = "512M"
    machine: str = "q35"
    accel: str = ONE_THREAD
    deterministic: bool = False
    leaves: str = "exit"
    wall_rate: float = 1
    serials: tuple = ("stdio",)
    extra: list = field(default_factory=list)

    def command(self):
        words = [] if self.wall_rate == 1 else _faketime(self.wall_rate)
        words += ["qemu-system-x86_64", "-machine", self.machine, "-cpu", self.cpu_model]
        # QEMU takes the first -accel that works: one among the user's own arguments must be alone.
        words += [] if "-accel" in self.extra else ["-accel", self.accel]
        words += ["-m", self.memory, "-smp", str(self.cpus)]
        words += [word for serial in self.serials for word in ("-serial", serial)]
        words += ["-display", "none", "-monitor", "none", "-net", "none"]
        words += ["-no-reboot"] if self.leaves == "exit" else []
        words += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        if self.deterministic:
            words += DETERMINISTIC
        if self.firmware == "uefi":
            words += _uefi(FIRMWARE, "ovmf")
        if self.firmware == "uefi32":
            words += _uefi(FIRMWARE_IA32, "ovmf-ia32")
        if self.iso:
            words += self._inserted()
        elif self.net_folder:
            words += ["-netdev", f"user,id=net,tftp={self.net_folder},bootfile={NET_FILES[self.firmware]}",
                      "-device", f"{self.medium},netdev=net"]
        else:
            words += ["-kernel", self.kernel, "-append", self.append]
            words += ["-initrd", self.initrd] if self.initrd else []
        return words + self.extra

    def _inserted(self):
        if self.medium == "cd":
            return ["-cdrom", self.iso]
        if self.medium == "disk":
            return ["-drive", f"format=raw,snapshot=on,file={self.iso}"]
        return ["-drive", f"if=none,id=stick,format=raw,snapshot=on,file={self.iso}",
                "-device", self.medium, "-device", "usb-storage,drive=stick"]

    def settle(self, outcome):
        """
        What is to be made of a run's end: QEMU's status is as Meridian wants it, but where the machine itself
        was to end it: then it is 0 for that, and a way out by the emulator's device is a failure.
        """
        if self.leaves == "off" and outcome.status in (0, EXIT_OK):
            outcome.status = EXIT_OK if outcome.status == 0 else NOT_BY_ITSELF
        if self.leaves == "reset" and self.is_over(outcome.log.text):
            self._settle_reset(outcome)
        elif self.leaves == "reset" and outcome.status == EXIT_OK:
            outcome.status = NOT_BY_ITSELF

    def _settle_reset(self, outcome):
        """The log ends where it boots again."""
        outcome.log = Log(outcome.log.text[:outcome.log.text.rindex(FIRST_LINE)])
        outcome.ended, outcome.status = "exit", EXIT_OK if outcome.log.is_ok() else EXIT_FAIL

    def is_over(self, text):
        """A machine that was to reset has done so when it boots again."""
        return self.leaves == "reset" and text.count(FIRST_LINE) > 1


def _faketime(rate):
    """What stands before a command to bend its wall clock, and no other clock."""
    libraries = sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        raise EmulatorError("no libfaketime found; on Debian: apt install faketime")
    return ["env", f"LD_PRELOAD={libraries[0]}", "FAKETIME_DONT_FAKE_MONOTONIC=1", f"FAKETIME=+0 x{rate}"]


def _uefi(firmware, package):
    for code, variables in firmware:
        if os.path.exists(code) and os.path.exists(variables):
            drive = "if=pflash,format=raw"
            return ["-drive", f"{drive},unit=0,readonly=on,file={code}",
                    "-drive", f"{drive},unit=1,file={variables},snapshot=on"]
    raise EmulatorError(f"no such UEFI firmware found; on Debian: apt install {package}")


@dataclass
class Outcome:
    """A run's end. `ended`: exit (by itself), stopped (by `stop_at`), time (killed), interrupt (Ctrl-C)."""

    log: Log
    ended: str
    status: int
    seconds: float

    def state(self):
        """ok, fail or crashed: the verdict, believed only of an emulator that ended by itself and agrees."""
        if self.ended != "exit" or not self.log.has_verdict():
            return "crashed"
        if self.log.is_ok() and self.status == EXIT_OK:
            return "ok"
        return "fail" if self.status in (EXIT_OK, EXIT_FAIL) else "crashed"


def _die_with_parent():
    """In the child: whoever kills this program, even by SIGKILL, ends QEMU with it (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run(command, limit_s=None, silence_s=None, log_path=None, show=None, stop_at=None):
    """
    Runs one emulator to its end. limit_s: seconds for it all; silence_s: without output; either kills it.
    show(text) is called with output as it comes; stop_at(text so far) says when it may be ended from outside.
    """
    if log_path:
        os.makedirs(os.path.dirname(log_path), exist_ok=True)
    log_file = open(log_path, "w", encoding="ascii", errors="replace") if log_path else None
    if log_file:
        log_file.write("$ " + shlex.join(command) + "\n")
    started = time.monotonic()
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=_die_with_parent)
    except FileNotFoundError as error:
        raise EmulatorError(f"{command[0]} is not installed") from error
    text, ended = "", "exit"
    try:
        for text, ended in _watch(process, limit_s, silence_s, log_file, show):
            if ended == "exit" and stop_at and stop_at(text):
                ended = "stopped"
            if ended != "exit":
                break
    except KeyboardInterrupt:
        ended = "interrupt"
    finally:
        _end(process, patience_s=10 if ended == "exit" else 0)
        if log_file:
            log_file.close()
    return Outcome(Log(text), ended, process.returncode, time.monotonic() - started)


def _watch(process, limit_s, silence_s, log_file, show):
    """Yields (all text so far, "exit" or "time") after each piece of output, until the output ends."""
    terminal, text = TerminalFilter(), ""
    started = heard = time.monotonic()
    while True:
        now = time.monotonic()
        if (limit_s and now - started > limit_s) or (silence_s and now - heard > silence_s):
            yield text, "time"
            return
        if not select.select([process.stdout], [], [], 0.25)[0]:
            continue
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            yield text, "exit"
            return
        heard = now
        piece = terminal.feed(data)
        text += piece
        if log_file:
            log_file.write(piece)
            log_file.flush()
        if show:
            show(piece)
        yield text, "exit"


def _end(process, patience_s):
    """It has ended, or will within patience_s (its output is closed), or it is asked once, then killed."""
    for ask, seconds in ((None, patience_s), (process.terminate, 5), (process.kill, None)):
        try:
            if ask:
                ask()
            process.wait(timeout=seconds)
            break
        except subprocess.TimeoutExpired:
            continue
    process.stdout.close()
