"""
Guests that use Xen's ABI in other ways than ours (test/guests/). Each runs on Meridian and, unchanged, on
Xen: what it checks must hold on both, so Xen is the judge of the test itself.
"""

import re

from boot import Row, guest_program

ET_DYN = 3


def passed_all(count):
    """The guest's last line: it made so many checks, and none failed."""
    def passed(row, log):
        wrong = re.findall(r"^- .*$", log.text, re.M)
        assert not wrong, wrong[0]
        assert f"checks: {count} failed: 0" in log.text.splitlines(), f"not {count} checks to the end"
    return passed


def seventeen_calls(row, log):
    """The calls of the Xen Test Framework's example, in its order; five of them are lines of text."""
    calls = re.findall(r"^(?:\+ )?call +(\d+)", log.text, re.M)
    assert calls == [str(n) for n in (*range(1, 11), 16, 17)], f"calls: {calls}"
    assert "Hello World\nTest result: SUCCESS\n" in log.text


def moved(row, log):
    with open(guest_program(row.guest), "rb") as program:
        kind = int.from_bytes(program.read(18)[16:], "little")
    assert kind == ET_DYN, f"the guest is an ELF of type {kind}, not DYN"


def starts_at(address):
    def starts(row, log):
        assert f"virtual {address:x}.." in log.text, "the guest is somewhere else"
    return starts


def refused_for_hvm(row, log):
    assert log.verdict["reason"] == "guest-refused"
    assert "it is a kernel for HVM or PVH only" in log.text


def refused_by_xen(row, log):
    assert "(XEN) ERROR: Will only load images built for the generic loader" in log.text
    assert "(XEN) Could not construct domain 0" in log.text


def has_vcpus(count):
    def vcpus(row, log):
        assert f"= VCPUs: {count}" in log.text.splitlines()
    return vcpus


PV64 = (passed_all(74), seventeen_calls)
PLACED = passed_all(11)
AREAS = passed_all(46)
VCPUS = passed_all(16)
PLACES = {"low": 0x200000, "kernel": 0xffffffff80000000, "high": 0xffff888000000000, "pie": 0x7f0000000000}
XEN_32 = "dom0_max_vcpus=32"

ROWS = [
    # What the Xen Test Framework's guests do: their calls, descriptors, user mode, CPUID by prefix.
    Row("pv64", "exact", PV64, guest="pv64", cpus=1),
    Row("xen-pv64", "xen", PV64, guest="pv64", cpus=1),
    # Another maker's segments, rings and SYSCALL.
    Row("bochs-pv64", "bochs", PV64, guest="pv64", cpus=1, limit_s=90),

    # One guest at several addresses, and one that may be moved.
    *[Row(f"placed-{name}", "exact", (PLACED, starts_at(at)), guest=f"placed-{name}", cpus=1)
      for name, at in PLACES.items()],
    *[Row(f"xen-placed-{name}", "xen", (PLACED,), guest=f"placed-{name}", cpus=1) for name in PLACES],
    Row("pie-is-dyn", "kernel", (PLACED, moved), guest="placed-pie", cpus=1),

    # Not for PV at all.
    Row("hvm-only", "exact", (refused_for_hvm,), guest="hvm-only", cpus=1, verdict="fail"),
    Row("xen-hvm-only", "xen", (refused_by_xen,), guest="hvm-only", cpus=1),

    # vcpu_info, time and runstate areas wherever a guest may ask for them.
    Row("areas", "exact", (AREAS,), guest="areas", cpus=3),
    Row("xen-areas", "xen", (AREAS,), guest="areas", cpus=3),

    # VCPUs down and up while they run, and all of them sending events to one that sleeps.
    Row("vcpus-2", "exact", (VCPUS, has_vcpus(2)), guest="vcpus", cpus=2),
    Row("vcpus-32", "exact", (VCPUS, has_vcpus(32)), guest="vcpus", cpus=32),
    Row("vcpus-threads", "kernel", (VCPUS, has_vcpus(4)), guest="vcpus", cpus=4, accel="tcg,thread=multi"),
    Row("xen-vcpus-32", "xen", (VCPUS, has_vcpus(32)), guest="vcpus", cpus=4, cmdline=XEN_32),
]
