"""
Traps on purpose. In the hypervisor they are provoked by a test image (test/faults/trap.c) or from outside by
QEMU's monitor: the report must be readable, name who did it, every CPU must stop, and the verdict must say
panic. In the guest by the guest itself (guest/fault.c): it ends, Meridian lives on to say so.
"""

import re

from boot import GUESTS, KERNELS, Row
from expect import sound, verdict
from symbols import Symbols

REGISTERS = ("rip cs rflags rsp ss rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 cr2 cr0 cr3 "
             "cr4").split()
GUEST_REGISTERS = ("rip rsp rflags rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15").split()
# An uncorrected error with an address in bank 0; MCG_STATUS: MCIP (SDM vol. 3, 15.3).
MACHINE_CHECK = "mce {cpu} 0 0xb600000000000000 0x4 0x12340 0"
WAITS_FOR_MACHINE_CHECK = "trap test: waiting for a machine check"


def after(log, start):
    """The log from the line that begins so."""
    at = log.text.find("\n" + start)
    assert at >= 0, f"no line begins with \"{start}\""
    return log.text[at + 1:]


def panicked(row, log):
    """One panic, one verdict that says so, and not one other CPU that still runs."""
    assert log.text.count("\nMeridian panic: ") == 1, "not one panic"
    said = dict(verdict(log))
    assert said == {"result": "fail", "reason": "panic"}, f"the verdict says {said}"
    assert "did not stop" not in log.text, "the panic says that a CPU did not stop"


def all_stand_still(row, log):
    """The test image's own count of CPUs that run, taken at the panic's end."""
    match = re.search(r"^trap test: (\d+) CPUs, (\d+) of them still run$", log.text, re.M)
    assert match, "the panic did not come to its end"
    cpus = 1 if row.cmdline.endswith("@early") else row.cpus
    assert match.groups() == (str(cpus), "0"), f"{match[2]} of {match[1]} CPUs still run after the panic"


def says(pattern):
    def said(row, log):
        assert re.search(f"^Meridian panic: {pattern}$", log.text, re.M), f"the panic does not say {pattern}"
    return said


def report(name, cpu=r"\d", level=0):
    """A line with CPU, level and the trap's name; then every register, each with its value."""
    def reported(row, log):
        assert re.search(f"^CPU{cpu} CPL{level} {re.escape(name)}, error 0x[0-9a-f]+$", log.text, re.M), \
            f"no report of {name}"
        for register in REGISTERS:
            value = rf"\b{register} +0x[0-9a-f]{{4,16}}\b"
            assert re.search(value, after(log, "Meridian panic: ")), f"{register} is not reported"
    return reported


def traced(*functions):
    """The decoded back trace names these functions, in this order."""
    def in_trace(row, log):
        symbols = Symbols(KERNELS[row.kernel], GUESTS[row.guest])
        named = symbols.functions(after(log, "Meridian panic: "))
        rest = iter(named)
        assert all(any(name == function for name in rest) for function in functions), \
            f"the trace names {named}, not {functions}"
    return in_trace


def lines(*patterns):
    def there(row, log):
        for pattern in patterns:
            assert re.search(f"^{pattern}$", log.text, re.M), f"no line is {pattern}"
    return there


def survived(row, log):
    assert "Meridian panic" not in log.text


def nmis(expected):
    """The CPUs that took NMIs; expected: {CPU: (fewest, most)}, the others none."""
    def taken(row, log):
        counts = [int(count) for count in re.findall(r"^trap test: CPU\d+ took (\d+) NMIs$", log.text, re.M)]
        assert len(counts) == row.cpus
        for cpu, count in enumerate(counts):
            fewest, most = expected.get(cpu, (0, 0))
            assert fewest <= count <= most, f"CPU {cpu} took {count} NMIs, not {fewest}..{most}"
    return taken


def in_hypervisor(name, *expect, word="", function="", **settings):
    """The trap `word`, on the boot CPU unless it says another, provoked by that function."""
    provoke = function or f"provoke_{word.split('@')[0]}"
    return Row(f"trap-{name}", "kernel", (panicked, all_stand_still, traced(provoke), *expect),
               kernel="traps", cmdline=f"trap={word}", seconds=1, verdict="fail", **settings)


def page_fault(address, what):
    return says(rf"page fault at 0x[0-9a-f]+: address 0x{address}, {what}")


HYPERVISOR = [
    in_hypervisor("page-fault", page_fault("0{14}10", "write of a page that is not mapped"),
                  report("page fault (#PF)", cpu=0),
                  traced("provoke_pagefault", "__wrap_domain_run_cpu", "hv_main"), word="pagefault"),
    in_hypervisor("page-fault-on-another-cpu", report("page fault (#PF)", cpu=2), word="pagefault@2"),
    in_hypervisor("page-fault-on-all", report("page fault (#PF)"), word="pagefault@all"),
    in_hypervisor("read-only", page_fault("ffff82d000[0-9a-f]+", "write denied"), word="readonly"),
    in_hypervisor("execute-data", page_fault("ffff82d000[0-9a-f]+", "execute denied"), word="execute"),
    in_hypervisor("guard-page", page_fault("ffff8140000[0-9a-f]+", "write of a stack's guard page"),
                  word="guard@1"),
    in_hypervisor("stack-overflow", says(r"stack overflow \(double fault at 0x[0-9a-f]+\)"),
                  report("double fault (#DF)", cpu=0), word="overflow", function="dive"),
    in_hypervisor("stack-overflow-on-another-cpu", report("double fault (#DF)", cpu=3), word="overflow@3",
                  function="dive"),
    in_hypervisor("double-fault", says(r"double fault \(#DF\) at 0x[0-9a-f]+, error 0x0"),
                  report("double fault (#DF)", cpu=0), word="doublefault"),
    in_hypervisor("general-protection", report("general protection fault (#GP)", cpu=0), word="gp"),
    in_hypervisor("divide", report("divide error (#DE)", cpu=0), word="divide"),
    in_hypervisor("invalid-opcode", report("invalid opcode (#UD)", cpu=0), word="opcode"),
    in_hypervisor("invalid-opcode-early", report("invalid opcode (#UD)", cpu=0), word="opcode@early"),
    in_hypervisor("breakpoint", report("breakpoint (#BP)", cpu=0), word="breakpoint"),
    # At CPL 0 with the guest's GS, and a stack pointer that is no stack's.
    in_hypervisor("iretq-refused", report("general protection fault (#GP)", cpu=1), word="iret@1",
                  function="guest_iretq"),
    in_hypervisor("panic", says("the test asked for it"), traced("panic", "provoke_panic", "hv_main"),
                  word="panic"),
    in_hypervisor("panic-within-panic", says("the test asked for two"), lines(
        r"Meridian again, within the panic: page fault at 0x[0-9a-f]+: address 0x0{14}20, write of .*"),
                  word="twice", function="faulty_trace"),
    in_hypervisor("machine-check", says(r"machine check \(#MC\) at 0x[0-9a-f]+, error 0x0"),
                  report("machine check (#MC)", cpu=0), lines(
                      "machine check: global status 0x4",
                      "machine check: bank 0, status 0xb600000000000000, address 0x0{11}12340"),
                  word="machinecheck", inject=(WAITS_FOR_MACHINE_CHECK, MACHINE_CHECK.format(cpu=0), 1)),
    # An NMI that is nobody's is counted, and all goes on.
    Row("trap-nobodys-interrupt", "kernel",
        (sound, survived, lines("trap test: 4 interrupts of nobody's, none in service",
                                "trap test: CPU1 lives on")),
        kernel="traps", cmdline="trap=nobodys@1", seconds=1),
    Row("trap-nmi", "kernel", (sound, survived, nmis({1: (1, 1)}), lines("trap test: CPU1 lives on")),
        kernel="traps", cmdline="trap=nmi@1", seconds=1),
]


def in_guest(name, *expect, **settings):
    """What the guest did to itself; Meridian says how it ended, and is there to do so."""
    return Row(f"guest-{name}", "kernel", (sound, survived, guest_crashed, *expect), seconds=1,
               guest_cmdline=f"quiet fault={settings.pop('word', name)}", verdict="fail", **settings)


def guest_crashed(row, log):
    assert verdict(log)["reason"] == "guest-crashed"
    assert re.search(r"^guest: ended: ", log.text, re.M)


def reported(vector, error="0", cr2="0", function=""):
    """The guest's own handler got the exception, with what belongs to it, where it was provoked."""
    def by_guest(row, log):
        line = re.search(rf"^guest: VCPU 0: exception {vector}, error code {error}, rip [0-9a-f]+, "
                         rf"rsp [0-9a-f]+, rflags [0-9a-f]+, cr2 {cr2}$", log.text, re.M)
        assert line, f"the guest does not report exception {vector}, error code {error}, cr2 {cr2}"
        named = Symbols(KERNELS[row.kernel], GUESTS[row.guest]).functions(line[0])
        assert function in named, f"rip is in {named}, not in {function}"
        assert "\nguest: ended: the guest says that it crashed\n" in log.text
    return by_guest


def ended(why, trap, function=""):
    """Meridian ended it: the reason, the trap, every register, and where it was."""
    def by_meridian(row, log):
        text = after(log, f"guest: VCPU 0 cannot go on: {why}")
        assert text.splitlines()[1].startswith(f"  its last trap: {trap}, vector"), text.splitlines()[1]
        for register in GUEST_REGISTERS:
            assert re.search(rf"\b{register} +[0-9a-f:]{{8,21}}\b", text), f"{register} is not reported"
        named = Symbols(KERNELS[row.kernel], GUESTS[row.guest]).functions(text)
        assert not function or function in named, f"rip is in {named}, not in {function}"
        assert re.search(rf"^guest: ended: VCPU 0 at rip [0-9a-f]+ \({re.escape(trap)}\): {why}$", text, re.M)
    return by_meridian


NO_STACK = "its stack cannot be written for the handler's frame"
IMAGE = "ffffffff8[0-9a-f]+"

GUEST = [
    in_guest("invalid-opcode", reported(6, function="opcode"), word="opcode"),
    in_guest("page-fault", reported(14, error="2", function="null"), word="null"),
    in_guest("write-to-time-page", reported(14, error="3", cr2=IMAGE, function="timepage"),
             word="timepage"),
    in_guest("guard-page", reported(14, error="2", cr2=IMAGE, function="guard"), word="guard"),
    in_guest("divide", reported(0, function="divide")),
    in_guest("breakpoint", reported(3, function="breakpoint")),
    in_guest("general-protection", reported(13, function="gp"), word="gp"),
    # QEMU 7.2 gives n * 16 + 2 where n * 8 + 2 is right.
    in_guest("int-without-gate", reported(13, error="(402|802)", function="gate"), word="gate"),
    in_guest("stack-overflow", ended(NO_STACK, "page fault (#PF)", "overflow"), word="overflow"),
    # A page fault in the page fault handler, again and again: a PV guest's double fault.
    in_guest("double-fault", ended(NO_STACK, "page fault (#PF)"), word="handler"),
    in_guest("no-handler", ended("it has no handler for this exception", "invalid opcode (#UD)", "opcode"),
             word="nohandler"),
    Row("guest-nmi", "kernel", (sound, survived, nmis({cpu: (1, 20) for cpu in range(4)})),
        kernel="traps", seconds=2, inject=("@second n=1 ", "nmi", 20)),
    # It comes while the guest runs, as CPUs nearly always do; now and then it finds Meridian at work.
    Row("guest-machine-check", "kernel", (panicked, report("machine check (#MC)", cpu=2, level="[03]"), lines(
        "machine check: bank 0, status 0xb600000000000000, address 0x0{11}12340")),
        seconds=2, verdict="fail", inject=("@second n=1 ", MACHINE_CHECK.format(cpu=2), 1)),
]

ROWS = HYPERVISOR + GUEST
