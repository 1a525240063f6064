"""What is expected of guests that ask, call at random, or crash (test/hostile/); Xen judges what they ask."""

import itertools
import re

from boot import Row, boot

PROBE = "probe: "

# Where Meridian answers other than Xen: the line's name, Meridian's value, Xen's. All else must be the same.
DIFFERENCES = {
    # A strict subset: what of Xen's features a PV kernel may use here.
    ("features bitmap", "800", "228e0"),
    # Xen takes the number from the error code, and TCG's is wrong (n * 16); Meridian reads the instruction.
    ("trap int 0x81", "1 of vector 129, error 0, rip behind it, cs 10000e030, ss e02b, if 0, df 0",
     "1 of vector 2, error 0, rip behind it, cs 10000e030, ss e02b, if 0, df 0"),
    ("trap int 0x81 with a gate of 1",
     "1 of vector 129, error 0, rip behind it, cs 10000e030, ss e02b, if 0, df 0",
     "1 of vector 2, error 0, rip behind it, cs 10000e030, ss e02b, if 0, df 0"),
    # vcpu.h has it answer -ETIME; Xen 4.17 no longer looks at the flag.
    ("single-shot, only in the future", "-62", "0"),
    # The time pages (docs/abi.md): magic and version; Xen does not know the call.
    ("call 55", "1297219585", "-38"),
}


def probed(log):
    """The probe's lines, (name, value) each."""
    lines = [line.removeprefix(PROBE) for line in log.text.splitlines() if line.startswith(PROBE)]
    return [tuple(line.split(" = ", 1)) for line in lines]


def probed_to_the_end(row, log):
    """It asked all of it: no line lost, none without a value."""
    lines = probed(log)
    assert len(lines) > 250 and all(len(line) == 2 for line in lines), f"{len(lines)} lines of the probe"
    assert lines[-1] == ("end", "0"), f"the probe's last line is {lines[-1]}"


def as_on_xen(row, log):
    """Line by line the same as on Xen, but for DIFFERENCES, each of which must be there."""
    outcome, path = boot(Row(f"{row.name}-on-xen", "xen", (), guest=row.guest, cpus=row.cpus, limit_s=30))
    probed_to_the_end(row, outcome.log)
    ours, xens = probed(log), probed(outcome.log)
    differences = set()
    nothing = ("no line", "")
    for (name, value), (xens_name, xens_value) in itertools.zip_longest(ours, xens, fillvalue=nothing):
        assert name == xens_name, f"{name}, where Xen has {xens_name} ({path})"
        if value != xens_value:
            differences.add((name, value, xens_value))
    unexpected, missing = differences - DIFFERENCES, DIFFERENCES - differences
    assert not unexpected, f"not as Xen's: (name, ours, Xen's) {sorted(unexpected)} ({path})"
    assert not missing, f"expected to differ, but did not: {sorted(missing)} ({path})"


def crashed(why):
    """One report, with its reason; the guest is gone, and Meridian is up to say so."""
    def report(row, log):
        reasons = re.findall(r"^guest: VCPU \d+ cannot go on: (.*)$", log.text, re.M)
        assert reasons == [why], f"reports: {reasons}"
        assert log.text.count("its last trap: ") == 1
        assert log.verdict["reason"] == "guest-crashed"
        assert "survived" not in log.text and "panic" not in log.text
    return report


def ended(why):
    """By itself, not by a crash."""
    def end(row, log):
        assert f"\nguest: ended: {why}\n" in log.text, "it did not end so"
        assert log.verdict["reason"] == "guest-ended-without-a-report-of-its-own"
        assert "survived" not in log.text and "cannot go on" not in log.text
    return end


def fuzzed(calls):
    """So many calls in all, from all VCPUs, events and traps between them, and nothing stuck."""
    def fuzz(row, log):
        match = re.search(r"^fuzz: vcpus=(\d+) calls=(\d+) traps=(\d+) upcalls=(\d+) done=(\d)$", log.text,
                          re.M)
        assert match, "the fuzz guest did not come to its end"
        vcpus, made, _, upcalls, done = map(int, match.groups())
        assert vcpus == row.cpus and made == calls and upcalls > 0 and done
        assert "panic" not in log.text and "did not forget" not in log.text
    return fuzz
