"""
Bad input: each ends in one line that says what is wrong and what to do, and in a failing verdict of its own
reason; never in a hang (the row's limit) or a reboot (QEMU would leave without a verdict's status).
"""

import bad_modules as bad
from boot import Row
from expect import all_vcpus, bounded, cpus_online, never_back, sound

RUNS = (sound, all_vcpus, never_back, bounded)
LIMIT_S = 30
MAX_CMDLINE = 1023


def ended(reason):
    """Nothing was measured, and the verdict has that reason."""
    def end(row, log):
        assert log.verdict is not None and log.verdict["reason"] == reason, f"not reason={reason}"
        assert not log.all("second") and not log.all("vcpu"), "a guest ran all the same"
    return end


def ends_with(line, reason):
    """The line stands there once, whole, and the verdict has that reason."""
    def end(row, log):
        count = log.text.splitlines().count(line)
        assert count == 1, f"{count} lines are \"{line}\""
        ended(reason)(row, log)
    return end


def says(line):
    def said(row, log):
        assert line in log.text.splitlines(), f"no line is \"{line}\""
    return said


def refused(name, why, lane="exact", reason="guest-refused", **settings):
    """Meridian is up, has its clock, and takes no guest for this reason."""
    expect = (sound, ends_with(f"guest: refused: {why}", reason), cpus_online(settings.get("cpus", 1)))
    return Row(f"bad-{name}", lane, expect, cpus=settings.pop("cpus", 1), verdict="fail", limit_s=LIMIT_S,
               **settings)


def cannot_run(name, why, reason, **settings):
    """The 32-bit start's complaint, which is all of the output."""
    expect = (ends_with(f"Meridian cannot run: {why}", reason),)
    return Row(f"bad-{name}", settings.pop("lane", "exact"), expect, cpus=1, verdict="fail", limit_s=LIMIT_S,
               **settings)


def option(name, word, why, **settings):
    return refused(f"option-{name}", f"option \"{word}\" {why}: correct it or leave it out",
                   reason="bad-option", cmdline=word, **settings)


def load(number, form, at, value):
    return bad.patched(bad.segment(bad.PT_LOAD, number, form, at, value))


CUT = "it was cut short, copy it again"
NOT_ELF = "it is not an ELF file: give the kernel uncompressed, as ELF"
NOT_X86 = "it is not a 64-bit x86 ELF: build the guest for x86-64"
NO_MODULE = "there is no module: give the guest's ELF as a multiboot2 module (module2) or -initrd"
TOO_LITTLE = "it has too little memory for its kernel and start-of-day region: give it more (mem=MiB)"
NO_PLACE = "it does not find its memory in one piece: give it less (mem=MiB), or the machine more"
TOO_LONG = "the command line is longer than 1023 bytes: shorten it"

MODULES = [
    refused("no-module", NO_MODULE, reason="no-module", module=bad.nothing),
    refused("text", NOT_ELF, module=bad.bytes_of(b"#!/bin/sh\necho I am no kernel\n" * 9)),
    refused("compressed", NOT_ELF, module=bad.compressed),
    refused("no-notes", "it has no Xen notes: build it as a Xen PV kernel (notes owned by \"Xen\" in a "
            "PT_NOTE segment)", module=bad.patched(bad.without_notes)),
    refused("other-machine", NOT_X86, module=bad.patched(bad.header("H", bad.E_MACHINE, bad.EM_AARCH64))),
    refused("not-linked", "it is not linked (ELF type EXEC or DYN): link it",
            module=bad.patched(bad.header("H", bad.E_TYPE, bad.ET_REL))),
    refused("too-large", TOO_LITTLE, module=load(-1, "Q", bad.P_MEMSZ, 1 << 30)),
    refused("far-too-large", "it has a segment beyond the end of the address space: correct VIRT_BASE or the "
            "linker script", module=load(-1, "Q", bad.P_MEMSZ, (1 << 64) - 1)),
    refused("cut-in-header", f"it has program headers outside the file: {CUT}",
            module=bad.patched(bad.cut_at(100))),
    refused("cut-in-segment", f"it has a segment outside the file: {CUT}",
            module=bad.patched(bad.cut_in_segment)),
    refused("overlap", "it has segments that overlap: correct the linker script",
            module=bad.patched(bad.over_another)),
    refused("entry-outside", "it has its entry outside its segments: correct the ENTRY note, VIRT_BASE or "
            "PADDR_OFFSET", module=bad.patched(bad.note(bad.NOTE_ENTRY, 0x1000))),
    refused("hypercall-page-outside", "it has a HYPERCALL_PAGE note outside its kernel: correct it",
            module=bad.patched(bad.note(bad.NOTE_HYPERCALL_PAGE, 0xffffffff00000000))),
    refused("in-hypervisor", "it lies in the hypervisor's part of the address space or across a hole: link "
            "it elsewhere", module=bad.patched(bad.note(bad.NOTE_VIRT_BASE, 0xffff800000000000),
                                            bad.note(bad.NOTE_ENTRY, 0xffff800000001300))),
    # By GRUB, and beside other CPUs that must stay up as well.
    refused("text-by-grub", NOT_ELF, lane="iso-bios", cpus=4,
            module=bad.bytes_of(b"I am no kernel" * 99)),
]

# Each option's own bounds: test/unit/test_options.c; each way an ELF can be wrong: test_elf.c, test_layout.c.
LINES = [
    option("mem", "mem=1", "must be MiB, 8 to 4096"),
    option("clocksource", "clocksource=tsc", "must be one of auto, hpet, pmtimer, pit"),
    option("maxcpus", "maxcpus=0", "must be 1 to 256"),
    option("by-grub", "mem=lots", "must be MiB, 8 to 4096", lane="iso-bios"),
    Row("bad-guest-option", "exact",
        (sound, says("guest: vcpus=two is not a number up to 4096: correct it or leave it out"),
         ended("bad-option")), cpus=2, verdict="fail", guest_cmdline="vcpus=two", limit_s=LIMIT_S),
    Row("unknown-option", "exact", RUNS + (says("option \"com1=9600\" is not an option of mine: ignored"),
                                            says("option \"quiet\" is not an option of mine: ignored")),
        cpus=1, seconds=1, cmdline="com1=9600 quiet"),
    refused("cmdline-too-long", TOO_LONG, reason="command-line-too-long", cmdline="x" * MAX_CMDLINE),
    refused("guest-cmdline-too-long", "its command line is longer than 1023 bytes: shorten it",
            lane="iso-bios", reason="command-line-too-long", guest_cmdline="x" * MAX_CMDLINE),
    Row("cmdline-just-fits", "exact", RUNS, cpus=1, seconds=1,
        cmdline="x" * (MAX_CMDLINE - len(" -- duration=1"))),
    Row("nosmp", "exact", RUNS[:1] + (cpus_online(1), never_back,
                                       says("smp: 3 CPUs left out, as the command line asks")),
        seconds=1, cmdline="nosmp"),
    Row("maxcpus", "exact", RUNS[:1] + (cpus_online(3), never_back,
                                         says("smp: 1 CPUs left out, as the command line asks")),
        seconds=1, cmdline="maxcpus=3"),
    Row("maxcpus-more-than-there-are", "exact", RUNS, cpus=2, seconds=1, cmdline="maxcpus=256"),
]

MACHINES = [
    cannot_run("cpu-no-long-mode", "this CPU has no 64-bit mode: use an x86-64 one.", "no-long-mode",
               cpu_model="qemu64,-lm"),
    cannot_run("cpu-32-bit", "this CPU has no 64-bit mode: use an x86-64 one.", "no-long-mode",
               cpu_model="pentium", lane="iso-bios"),
    cannot_run("cpu-32-bit-bochs", "this CPU has no 64-bit mode: use an x86-64 one.", "no-long-mode",
               lane="bochs", bochs={"cpu_model": "pentium"}),
    cannot_run("cpu-no-nx", "this CPU has no NX: switch it on in the firmware, or use another CPU.", "no-nx",
               cpu_model="max,-nx"),
    cannot_run("cpu-no-apic", "this CPU has no local APIC: switch it on in the firmware, or use another CPU.",
               "no-apic", cpu_model="max,-apic"),
    cannot_run("memory-ends-in-image", "there is no memory from 2 to 4 MiB: give the machine more.",
               "no-memory", memory="2304K", module=bad.nothing),
    Row("bad-memory-used-up", "iso-bios",
        (ends_with("Meridian panic: no memory for page tables: give the machine more", "panic"),),
        cpus=1, verdict="fail", limit_s=LIMIT_S, prepare="cutmem 1M 1G"),
    refused("memory-4", NO_PLACE, memory="4M"),
    refused("memory-32", NO_PLACE, memory="32M", cpus=4),
]

ROWS = MODULES + LINES + MACHINES
