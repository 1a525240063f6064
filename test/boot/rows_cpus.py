"""
CPUs: from 2 to 255, in odd topologies, and CPUs that fail. Those by a test image (test/faults/cpus.c), in the
deterministic lane: who is left out or stops is named in a line, and the others keep time as if nothing were.
"""

import re

from boot import Row
from expect import (bounded, check_says, cpus_online, exact_hz, exact_time, exchange_us, never_back, one_line,
                    one_window, per_cpu, sound, undisturbed, verdict)

MOST_VCPUS = 32
TIME = (sound, never_back, undisturbed, bounded, one_window)


def vcpus(count, quiet=()):
    """So many VCPUs, and each has read to the end but those in `quiet`."""
    def there(row, log):
        lines = log.all("vcpu")
        assert [line.number("id") for line in lines] == list(range(count)), f"{len(lines)} VCPUs, not {count}"
        most = max(line.number("reads") for line in lines)
        for line in lines:
            busy = line.number("reads") > most / 2
            assert busy != (line.number("id") in quiet), f"VCPU {line['id']} read {line['reads']} times"
    return there


def apic_ids(*expected):
    """Who is online, in the order of the ids given out: dense, whoever is missing."""
    def named(row, log):
        lines = [line for line in log.all("cpu") if line["state"] == "online"]
        assert [line.number("apic") for line in lines] == list(expected), [line["apic"] for line in lines]
    return named


def says(*patterns, never=(), several=False):
    """Each pattern is one line of the log, or `several`; those in `never` are none."""
    def said(row, log):
        for pattern in patterns:
            count = len(re.findall(f"^{pattern}$", log.text, re.M))
            assert count == 1 or (several and count), f"{count} lines are: {pattern}"
        for pattern in never:
            assert not re.search(f"^{pattern}$", log.text, re.M), f"a line is: {pattern}"
    return said


def numbered(row, log):
    """Ids are dense."""
    assert [line.number("id") for line in log.all("cpu")] == list(range(len(log.all("cpu"))))


def many(cpus, **settings):
    expect = TIME + (cpus_online(cpus), numbered, vcpus(min(cpus, MOST_VCPUS)), one_line, exact_hz,
                     exact_time, exchange_us(20))
    return Row(f"exact-{cpus}", "exact", expect, cpus=cpus, guest_cmdline="quiet",
               **{"seconds": 2, "limit_s": 120, **settings})


MANY = [many(2), many(8), many(16), many(32), many(64), many(255, beside=True, seconds=2, limit_s=600)]


def sits(words, leaf):
    """Where each CPU is, and how much of all there is, is what QEMU was asked for."""
    asked = {key: int(value) for key, value in re.findall(r"([a-z]+)=(\d+)", words)}
    dies, cores, threads = asked.get("dies", 1), asked["cores"], asked["threads"]
    # Each level's number in so many bits as the most need; a core's number has its die's above its own.
    core_bits = (cores - 1).bit_length()

    def sat(row, log):
        wanted = []
        for number in range(row.cpus):
            core, thread = divmod(number, threads)
            die, core = divmod(core, cores)
            socket, die = divmod(die, dies)
            wanted.append((socket, die, die << core_bits | core, thread))
        found = [tuple(map(line.number, ("socket", "die", "core", "thread"))) for line in log.all("cpu")]
        assert found == wanted, f"{found}, not {wanted}"
        (line,) = log.all("topology")
        counts = tuple(map(line.number, ("sockets", "dies", "cores")))
        assert counts == tuple(len({place[:n] for place in wanted}) for n in (1, 2, 3)), f"{counts}"
        assert line["from"] == leaf, line["from"]
    return sat


def topology(words, ids, model="max", leaf="0Bh"):
    """An -smp of QEMU's; the ids are as wide in bits as each level needs, so odd counts leave holes."""
    name = "topology-" + re.sub(r"[a-z,]+=", "-", words)
    expect = TIME + (apic_ids(*ids), vcpus(len(ids)), one_line, exact_hz, sits(words, leaf))
    return Row(name, "exact", expect, cpus=len(ids), cpu_model=model,
               seconds=1, guest_cmdline="quiet", firmware=lambda folder: ["-smp", words])


TOPOLOGIES = [
    topology("6,sockets=3,cores=2,threads=1", range(6)),
    topology("12,sockets=2,cores=3,threads=2", [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13]),
    topology("10,sockets=2,cores=5,threads=1", [0, 1, 2, 3, 4, 8, 9, 10, 11, 12]),
    topology("6,sockets=2,cores=1,threads=3", [0, 1, 2, 4, 5, 6]),
    # Dies are told by leaf 1Fh, which this model has by its level only. Without 0Bh counts tell it.
    topology("6,sockets=1,dies=3,cores=2,threads=1", range(6), "max,level=0x1f", "1Fh"),
    topology("16,sockets=2,dies=2,cores=2,threads=2", range(16), "max,level=0x1f", "1Fh"),
    topology("8,sockets=2,cores=2,threads=2", range(8), "max,vendor=GenuineIntel,cpuid-0xb=off", "4"),
    # CPUs that could be plugged in later, but are not there: in the MADT, disabled.
    topology("3,maxcpus=8,sockets=2,cores=4,threads=1", range(3)),
]

# ---- CPUs that fail: APIC id 1 of 0, 1 and 2 ----

LEFT_OUT = "cpu: APIC id 1 did not answer within 1 s: left out"


def fails(name, what, *expect, seconds=1, cmdline="", **settings):
    name = name if name.startswith("hw-") else f"cpu-{name}"
    return Row(name, "exact", expect, kernel="cpus", cpus=3, seconds=seconds, guest_cmdline="quiet",
               cmdline=f"cpufault={what} {cmdline}".strip(), **settings)


def own_place(row, log):
    """The late CPU's stack and mailbox: refused, its own alone, and untouched from then on."""
    said = re.findall(r"^fault test: (at first|at last): "
                      r"(stack \d+, state 2, offline, shared with 0, sum 0x\w+)$", log.text, re.M)
    assert [when for when, place in said] == ["at first", "at last"], f"its place: {said}"
    assert said[0][1] == said[1][1], f"its place was used: {said}"


def goes_on_after(word, seconds):
    """So many @second lines come after the first line @word: published, with a bound not grown."""
    def gone_on(row, log):
        at = log.all(word)[0].number("at_ns")
        later = [line for line in log.all("second") if line.number("time_ns") > at]
        early = [line for line in log.all("second") if line.number("time_ns") <= at]
        assert len(later) >= seconds, f"{len(later)} @second lines after @{word}"
        most = max(line.number("err_ns") for line in early)
        most += most // 4  # one look is not as tight as another
        assert all(line.number("err_ns") <= most for line in later), "the bound grows for a CPU that is gone"
    return gone_on


def vcpu_missing(row, log):
    assert verdict(log)["reason"] == "vcpu-not-done", f"the verdict says {verdict(log)['reason']}"


def one_panic(row, log):
    assert dict(verdict(log)) == {"result": "fail", "reason": "panic"}


STOPPED = "CPU 1 has stopped: not seen for 2000 ms; the others go on without it"
BACK = "CPU 1 runs again"
HANGS = "domain: a CPU did not leave its guest within 2 s; it is left alone"
TWO = TIME + (apic_ids(0, 2), vcpus(2), one_line, exact_hz)
ONE_UNSEEN = check_says("in-step", linux="unsure", named="3", unseen="1")
WITHOUT = TIME + (ONE_UNSEEN, apic_ids(0, 1, 2), vcpus(3, quiet=[1]), exact_hz, exact_time, vcpu_missing,
                  says("fault test: CPU 1 is gone", STOPPED, never=(BACK, HANGS)),
                  goes_on_after("stopped", 2))

FAULTS = [
    fails("hw-cpu-never-answers", "never@1", *TWO, says(LEFT_OUT, "smp: 2 CPUs online")),
    # The roll's next number is beyond every limit: it sleeps in the trampoline's page, without a stack.
    fails("hw-cpu-answers-late", "late@1", *TWO, says(LEFT_OUT, "smp: 2 CPUs online", (
        "fault test: after the roll was closed: it stands at 0x80000001"))),
    fails("ready-late", "slow@1", *TWO, own_place, says(LEFT_OUT, "smp: 2 CPUs online", (
        "fault test: after the roll was closed: it stands at 0x80000000"))),
    fails("unmeasured", "unmeasured@1", *TWO, says(
        "smp: 3 CPUs online", "CPU 1 is left out: its TSC cannot be measured",
        "@cpu id=1 apic=1 state=left-out")),
    fails("unmeasured-boot", "unmeasured@0", one_panic, says(
        "Meridian panic: no rate for the TSC: 5 windows against the hpet contradict themselves; "
        "try clocksource= another"), verdict="fail"),
    # Kept are the tightest readings of a window that does not contradict itself; the others are named.
    fails("hw-reference-runs-disagree", "contradicts@0", *TIME, apic_ids(0, 1, 2), one_line, exact_hz, says(
        "clock: 2 reference windows rejected before one made sense")),
    fails("stops", "stops@1", *WITHOUT, one_line, seconds=5, verdict="fail"),
    fails("stops-percpu", "stops@1", *WITHOUT, per_cpu, seconds=5, verdict="fail",
          cmdline="clockmode=percpu"),
    fails("comes-back", "returns@1", *TIME, apic_ids(0, 1, 2), one_line, exact_hz, exact_time,
          says("fault test: CPU 1 is gone", STOPPED, BACK, never=(HANGS,)), goes_on_after("returned", 1),
          seconds=6),
]

# ---- A port at 9600 baud, or one that takes nothing for a while: the log waits, and nobody for it ----

HELD_NS = 100 * 1000
# A line takes 100 ms and more at 9600 baud. The lane's CPUs are slow and have turns on one thread: a guest
# that is built and a QR code that is made hold a look up there by up to 30 ms. Where turns come round less
# often that is more: 132 ms with 255 CPUs. That no look is late by the port where each CPU has a time of its
# own is for test_slow_port.
LATEST_NS = 50 * 1000 * 1000


def looks_in_time(row, log):
    (line,) = log.all("looks")
    latest = LATEST_NS * max(1, (row.cpus + 63) // 64)
    assert line.number("late_ns") <= latest, f"a look was {line['late_ns']} ns late, on CPU {line['cpu']}"


def prints_quickly(row, log):
    """On one CPU no other takes a turn in between: so long a line or a slice holds interrupts off."""
    line = log.all("log")[-1]
    for key in ("print_ns", "slice_ns"):
        assert 0 < line.number(key) <= HELD_NS, f"{key}={line[key]}"


def dropped(most):
    """So many lines were, and each time it was told; the port itself lost nothing that it was given."""
    def told(row, log):
        lines = [line.number("dropped") for line in log.all("log")]
        assert len(lines) == (2 if most else 1) and 0 <= lines[-1] <= most, f"@log dropped={lines}"
        assert bool(lines[-1]) == bool(most), "nothing was dropped"
        assert re.search(r"^fault test: the port took \d+ bytes and lost 0$", log.text, re.M)
    return told


def slow(name, cpus, words, *expect, **settings):
    expect = (*expect, undisturbed, bounded, cpus_online(cpus), numbered, looks_in_time)
    return Row(name, "exact", expect, kernel="cpus", cpus=cpus, guest_cmdline="quiet",
               cmdline=f"screen=off {words}", **{"seconds": 3, "limit_s": 120, **settings})


SLOW = [
    slow("slow-1", 1, "baud=9600", *TIME, exact_time, dropped(0), prints_quickly),
    slow("slow-8", 8, "baud=9600", *TIME, exact_time, dropped(0)),
    # All that is said would take two minutes to leave, and hours in this lane.
    slow("slow-64", 64, "baud=9600 hurried=1 vcpus=1", *TIME, exact_time, dropped(0), seconds=2),
    slow("slow-255", 255, "baud=9600 hurried=1 vcpus=1", *TIME, exact_time, dropped(0), seconds=2,
         beside=True, limit_s=1800),
    # What waits for it is given up after a second, which is told when the port takes bytes again.
    slow("slow-deaf", 4, "baud=115200 deaf=1600", dropped(100)),
]

# ---- A CPU that dies in the middle of a publish, or only freezes there ----

LOST = ("CPU 1 is lost: it held the keeper's lock and did not answer for 2000 ms; "
        "it was given INIT and never runs again")


def goes_on_without(row, log):
    """Readers were held until then, and no longer; the bound is soon as good as it was."""
    at = log.all("lost")[0].number("at_ns")
    stopped = 1500 * 10**6
    assert 2000 * 10**6 < at - stopped < 3000 * 10**6, f"it took {at - stopped} ns to take over"
    later = [line.number("err_ns") for line in log.all("second") if line.number("time_ns") > at + 10**9]
    early = [line.number("err_ns") for line in log.all("second") if line.number("time_ns") < at]
    assert len(later) >= 3 and max(later) <= max(early) * 5 // 4, f"bounds before and after: {early}, {later}"


def in_publish(name, what, *expect, **settings):
    expect = (sound, never_back, undisturbed, bounded, apic_ids(0, 1, 2), one_line, exact_time, *expect)
    return Row(name, "exact", expect, kernel="cpus", cpus=3, guest_cmdline="quiet", seconds=8,
               cmdline=f"screen=off {what}", limit_s=120, **settings)


DIES = [
    in_publish(f"publisher-dies-{word}", f"dies=1,{step}", vcpus(3, quiet=[1]), vcpu_missing,
               says("fault test: CPU 1 dies in a publish", LOST, never=(STOPPED, BACK)),
               goes_on_without, ONE_UNSEEN, verdict="fail")
    for step, word in enumerate(("marked", "filled", "released"))
] + [
    in_publish("publisher-freezes", "freezes=1,2", vcpus(3),
               says("fault test: CPU 1 freezes in a publish", never=(LOST, STOPPED))),
]

# ---- The boot CPU dies so: INIT would send it to firmware, so an NMI waits for it ----

LOST_BOOT = ("CPU 0 is lost: it held the keeper's lock and did not answer for 2000 ms; "
             "it is the boot CPU: an NMI halts it if it comes back")


def others_go_on(row, log):
    at = log.all("lost")[0].number("at_ns")
    assert 3500 * 10**6 < at < 4500 * 10**6, f"another CPU took over at {at} ns"
    states = [line["state"] for line in log.all("row")]
    assert states == ["stopped", "online", "online"], f"CPUs at the end: {states}"
    assert log.all("check")[-1].number("disruptions") == 0


def boot_cpu(name, what, *said):
    """No VCPU 0 is left to report: the test image does, and looks at what VCPUs can read."""
    return Row(name, "exact", (says(*said, LOST_BOOT, "fault test: of 4 records 4 are whole and new",
                                    never=(BACK, HANGS, "fault test: CPU 0 goes on")), others_go_on),
               kernel="cpus", cpus=3, guest_cmdline="quiet", seconds=20,
               cmdline=f"screen=off {what}", limit_s=120)


DIES += [
    boot_cpu(f"publisher-dies-boot-{word}", f"dies=0,{step}", "fault test: CPU 0 dies in a publish")
    for step, word in enumerate(("marked", "filled", "released"))
] + [
    # It comes back when another has taken over: nothing that it had in mind to store is stored.
    boot_cpu("publisher-returns-boot", "freezes=0,0,3000", "fault test: CPU 0 freezes in a publish"),
]

ROWS = MANY + TOPOLOGIES + FAULTS + SLOW + DIES
