"""What a log must say. Each function is called with (row, log) and asserts."""

import re

EXACT_HZ = 10**9
WINDOW_NS = 100 * 10**6
# The lines of our guest.
GUESTS = ("guest", "wall", "mailbox", "record", "second", "vcpu", "events", "resume")


def verdict(log):
    assert log.verdict is not None, "the last @ line is no verdict"
    return log.verdict


def guest_begins(log):
    """Our guest's first @ line, where there is one, says which form the lines have."""
    lines = [line for line in log.at_lines if line.word in GUESTS]
    assert [line.word for line in lines].count("guest") == (1 if lines else 0), "not one @guest line"
    if lines:
        assert lines[0].word == "guest" and lines[0]["lines"] == "1", f"@{lines[0].word}: {dict(lines[0])}"


def sound(row, log):
    """Every @ line is well formed, and the last is the verdict with all of its keys."""
    assert not log.malformed, f"malformed: {log.malformed[0]}"
    guest_begins(log)
    for key in ("result reads back_self back_global worst_ns spread_ns rate_ppb bound_ns mode retries stalls "
                "clamps disruptions reason").split():
        assert key in verdict(log), f"the verdict lacks {key}="
    assert len(log.all("verdict")) == 1, "more than one verdict"


def all_vcpus(row, log):
    """Every CPU is there, and a VCPU on each has read; the sum is the verdict's."""
    assert len(log.all("cpu")) == row.cpus, f"{len(log.all('cpu'))} @cpu lines for {row.cpus} CPUs"
    vcpus = log.all("vcpu")
    assert [line.number("id") for line in vcpus] == list(range(row.cpus)), "not one @vcpu line for each VCPU"
    assert all(line.number("reads") > 0 for line in vcpus), "a VCPU that never read"
    assert sum(line.number("reads") for line in vcpus) == verdict(log).number("reads")


def never_back(row, log):
    """No read behind another, and every second said so."""
    for key in ("back_self", "back_global", "worst_ns"):
        assert verdict(log).number(key) == 0, f"{key}={verdict(log)[key]}"
        assert all(line.number(key) == 0 for line in log.all("vcpu"))
    seconds = log.all("second")
    assert len(seconds) >= row.seconds - 1, f"{len(seconds)} @second lines in {row.seconds} s"
    assert all(line.number("back") == 0 for line in seconds)


def resolved(row, log):
    """T2's resolution: 1 us, or 32 ticks. That a host is too busy for it is told."""
    for line in log.all("clock"):
        if line["mode"] == "unified":
            most = max(1000, 32 * 10**9 // line.number("hz"))
            busy = "the host was too busy to run two CPUs at the same moment" in log.text
            assert line.number("resolution_ns") <= most or busy, f"a skew of {line['resolution_ns']} ns"
            assert not busy or row.lane not in ("exact", "bochs"), "busy, where no host can be seen"


def one_line(row, log):
    """Unified, by meetings that would have shown 1 us: all records of every publish agree exactly."""
    assert verdict(log)["mode"] == "unified"
    resolved(row, log)
    assert verdict(log).number("spread_ns") == 0
    assert verdict(log).number("tsc_behind_ns") == 0, "a TSC is behind another"
    assert all(line.number("spread_ns") == 0 for line in log.all("second"))


def per_cpu(row, log):
    assert verdict(log)["mode"] == "percpu"
    assert all(line["mode"] == "percpu" for line in log.all("second"))


def undisturbed(row, log):
    assert verdict(log).number("disruptions") == 0 and not log.all("disruption")


def bounded(row, log):
    """The bound is known to the end."""
    assert 0 < verdict(log).number("bound_ns") < 10**9


def bound_below(limit_ns):
    def bound(row, log):
        assert 0 < verdict(log).number("bound_ns") < limit_ns, f"bound_ns={verdict(log)['bound_ns']}"
    return bound


def reads_over(count):
    def reads(row, log):
        assert verdict(log).number("reads") > count
    return reads


def source_is(name):
    def source(row, log):
        named = [line["source"] for line in log.all("clock")]
        assert named and set(named) == {name}, f"@clock names {named}, not {name}"
    return source


def source_is_not(name):
    def source(row, log):
        named = [line["source"] for line in log.all("clock")]
        assert named and name not in named, f"@clock names {named}"
    return source


def exact_hz(row, log):
    """The deterministic lane's TSC is 1 GHz: every figure of it within 1 ppm."""
    lines = [line for line in log.all("cpu") if line["state"] == "online"] + log.all("clock")
    assert lines
    for line in lines:
        assert abs(line.number("hz") - EXACT_HZ) * 10**6 <= EXACT_HZ, f"hz={line['hz']}"


def exact_time(row, log):
    """
    Where the TSC is true time: between any two seconds' reports the clock and the TSC differ by no more than
    the two bounds together (T3), and the end's rate by no more than 1 ppm.
    """
    seconds = log.all("second")
    assert len(seconds) >= 2
    for number, early in enumerate(seconds):
        for late in seconds[number + 1:]:
            clock = late.number("time_ns") - early.number("time_ns")
            truth = late.number("tsc") - early.number("tsc")
            allowed = late.number("err_ns") + early.number("err_ns")
            off = abs(clock - truth)
            assert off <= allowed, f"@second {early['n']} to {late['n']}: off by {off} ns, bound {allowed}"
    assert abs(verdict(log).number("rate_ppb")) <= 1000


def one_line_or_said(row, log):
    """Unified mode, but after a disruption, which ends it for some periods."""
    if not log.all("disruption"):
        one_line(row, log)


def exchange_us(most):
    """T8: bringing a CPU into line, at both ends of the window, takes at most so long; so does a meeting."""
    def quick(row, log):
        (exchange,) = log.all("exchange")
        assert exchange.number("worst_ns") <= most * 1000, f"a CPU took {exchange['worst_ns']} ns"
        worst = exchange.number("meeting_worst_ns")
        assert worst <= most * 1000, f"{worst} ns to meet"
        others = exchange.number("cpus") - 1
        assert exchange.number("meetings") == 2 * others * (others + 1), "each pair meets four times"
        if others:
            each = exchange.number("star_ns") / others
            assert abs(each - exchange.number("worst_ns")) * 20 < each, "it grows with the number of CPUs"
    return quick


def free_running(row, log):
    """discipline=off: where the TSC is true time S gains the same each second (its bound: exact_time)."""
    assert all(line["discipline"] == "off" for line in log.all("clock"))
    pairs = list(zip(log.all("second"), log.all("second")[1:]))
    gains = [late.number("time_ns") - early.number("time_ns") - (late.number("tsc") - early.number("tsc"))
             for early, late in pairs]
    assert len(gains) >= 4 and max(gains) - min(gains) <= 3, f"S gains {gains} ns from second to second"


def one_window(row, log):
    """T8: the reference window at start-up is the same for 1 CPU and for 255 (deterministic lane)."""
    (window,) = log.all("window")
    assert abs(window.number("ns") - WINDOW_NS) * 200 < WINDOW_NS, f"a window of {window['ns']} ns"
    assert window.number("readings") == 11


def goes_back(row, log):
    """The counters see it when time goes back, and the verdict says so."""
    steps = verdict(log).number("back_self") + verdict(log).number("back_global")
    assert verdict(log)["result"] == "fail" and steps > 0, "a skewed publisher was not seen"
    assert verdict(log).number("worst_ns") > 0


def seen_by(*vcpus):
    """Time went back between VCPUs, and those alone say so; on none of them by itself."""
    def seen(row, log):
        lines = log.all("vcpu")
        assert [line.number("id") for line in lines if line.number("back_global")] == list(vcpus)
        assert all(line.number("back_self") == 0 for line in lines)
        assert verdict(log)["reason"] == "steps-back"
        assert verdict(log).number("tsc_behind_ns") == 0, "the TSCs themselves are in step"
    return seen


def spread_of(ns):
    """Records lie apart by exactly that, and no read shows it: a reader takes the common one."""
    def spread(row, log):
        assert verdict(log)["reason"] == "records-apart"
        assert verdict(log).number("spread_ns") == ns, f"spread_ns={verdict(log)['spread_ns']}"
        assert verdict(log).number("back_self") == verdict(log).number("back_global") == 0
    return spread


def reported_by_guest(row, log):
    """On another hypervisor: the guest ran to its end on all VCPUs; the numbers are the other's."""
    guest_begins(log)
    vcpus = log.all("vcpu")
    assert [line.number("id") for line in vcpus] == list(range(row.cpus))
    assert all(line.number("reads") > 0 for line in vcpus)
    assert len(log.all("second")) >= row.seconds - 1


def free_ranges_at_least(count):
    """The memory map has holes."""
    def ranges(row, log):
        match = re.search(r"^memory: \d+ MiB free in (\d+) ranges", log.text, re.M)
        assert match and int(match.group(1)) >= count, f"free ranges: {match and match.group(1)}"
    return ranges


def cpus_online(count):
    def online(row, log):
        states = [line["state"] for line in log.all("cpu")]
        assert states == ["online"] * count, f"CPUs: {states}"
    return online


def line_begins(words):
    def begins(row, log):
        assert any(line.startswith(words) for line in log.text.splitlines()), f"no line begins with: {words}"
    return begins


def foreign_report(row, log):
    """The foreign guest's one line: it ran on all VCPUs and read Xen's records."""
    match = re.search(r"^foreign: vcpus=(\d+) spread_ns=(\d+) back=(\d+) reads=(\d+)", log.text, re.M)
    assert match, "the foreign guest reported nothing"
    vcpus, spread_ns, back, reads = map(int, match.groups())
    assert vcpus == row.cpus and reads > 0
    return spread_ns, back


def foreign_in_step(row, log):
    """Xen's own records, as Meridian publishes them, are one line for all VCPUs."""
    spread_ns, back = foreign_report(row, log)
    assert spread_ns == 0 and back == 0, f"spread_ns={spread_ns} back={back}"


def idles(state, **counts):
    """The one @idle line: the state that was tried, and how many CPUs did what there; 0 where not named."""
    def idled(row, log):
        (line,) = log.all("idle")
        found = {key: line.number(key) for key in ("goes_on", "stopped", "awake", "no_answer")}
        assert (line["state"], found) == (state, dict.fromkeys(found, 0) | counts), f"@idle: {dict(line)}"
    return idled


def told(row, log):
    """What the check tells: the machine, each CPU once a second and at the end, all before the verdict."""
    of_the_check = ("machine", "sample", "row", "check", "qr", "verdict")
    words = [line.word for line in log.at_lines if line.word in of_the_check]
    samples, cpus = log.all("sample"), row.cpus
    end = ["row"] * cpus + ["check", "qr", "verdict"]
    assert words == ["machine"] + ["sample"] * len(samples) + end, f"told: {words}"
    assert [line.number("cpu") for line in log.all("row")] == list(range(cpus))
    assert [line.number("cpu") for line in samples] == [n % cpus for n in range(len(samples))], "not in turn"
    assert len(samples) >= (row.seconds - 1) * min(cpus, 16), f"{len(samples)} @sample lines"
    for line in samples:
        assert abs(line.number("at_ns") - samples[0].number("at_ns") -
                   (line.number("n") - 1) * 10**9) < 10**9, f"@sample n={line['n']} at {line['at_ns']}"


def check_says(verdict, **words):
    """The check's verdict on the machine."""
    def said(row, log):
        (line,) = log.all("check")
        found = {key: line[key] for key in ("verdict", *words)}
        assert found == {"verdict": verdict, **words}, f"@check: {dict(line)}"
    return said
