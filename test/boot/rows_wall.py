"""
Wall time and resume, in the deterministic lane: UTC right at boot, one act for all VCPUs when it is set, the
sync of a disciplined guest, an independent wall clock; VCPUs that go down and come up again. The same guest
on Xen does what Xen allows. A wall clock that is set badly (test/faults/wall.c) must be seen.
"""

from boot import Row
from emulator import THREAD_EACH
from expect import (bounded, exact_hz, never_back, one_line, per_cpu, reported_by_guest, sound, undisturbed,
                    verdict)

SECOND = 10**9
RTC_DEFAULT_S = 1120824000  # 2005-07-08 12:00:00 UTC, as the lane has it
RTC_OFF_NS = 5000           # its edge is looked for every few us
TICK_NS = 10**7
TIME = (sound, never_back, undisturbed, bounded, exact_hz)
PPM_100 = 100000


def wall(log, when):
    (line,) = [line for line in log.all("wall") if line["when"] == when]
    return line


def ns_of(line, name):
    assert 0 <= line.number(f"{name}_ns") < SECOND
    return line.number(f"{name}_s") * SECOND + line.number(f"{name}_ns")


def utc_since_rtc(base_s):
    """The TSC is true time, 0 when the RTC stood at its base: UTC is as right as its edge was seen well."""
    def right(row, log):
        offsets = [ns_of(line, "utc") - base_s * SECOND - line.number("tsc") for line in log.all("wall")]
        assert len(offsets) == 2 and max(map(abs, offsets)) <= RTC_OFF_NS, f"UTC is off by {offsets} ns"
        errors = sum(line.number("err_ns") for line in log.all("second"))
        assert abs(offsets[1] - offsets[0]) <= errors, "it does not keep up with system time"
    return right


def set_for_all(sets):
    """So many settings, each seen by all at once, none of them half and none lost."""
    def seen(row, log):
        end = wall(log, "end")
        assert end.number("sets") >= sets and end.number("sets_refused") == 0, f"{end['sets']} sets"
        assert end.number("reads") >= verdict(log).number("reads") > 0
        assert (end["back"], end["torn"], end["last_stands"]) == ("0", "0", "1"), str(dict(end))
    return seen


def waited(row, log):
    """Readers came upon records that were being written, or the slow writer showed nothing."""
    assert verdict(log).number("retries") > 1000, f"retries={verdict(log)['retries']}"


def seen_to_be_bad(*keys):
    def bad(row, log):
        assert verdict(log)["reason"] == "wall-steps"
        for key in ("back", "torn"):
            assert (wall(log, "end").number(key) > 0) == (key in keys), f"{key}={wall(log, 'end')[key]}"
    return bad


def set_to(utc_s):
    """Set when the run began, and right from then on: the base it has is exact on the record's line."""
    def set_once(row, log):
        start, end = wall(log, "start"), wall(log, "end")
        assert ns_of(end, "utc") - ns_of(end, "base") == end.number("time_ns")
        gone = ns_of(end, "utc") - utc_s * SECOND
        assert 0 <= end.number("time_ns") - start.number("time_ns") - gone < SECOND // 100, f"{gone} ns after"
    return set_once


def ahead(line):
    """How far the guest's own clock is ahead of the hypervisor's, ns."""
    return ns_of(line, "utc") - ns_of(line, "base") - line.number("time_ns")


def synced(times, period_s, ppb):
    """Counted; what the steering came to is in the hypervisor's, but for the last period's."""
    def sync(row, log):
        start, end = wall(log, "start"), wall(log, "end")
        assert (end.number("syncs"), end.number("syncs_refused")) == (times, 0), f"{end['syncs']} syncs"
        gone = end.number("time_ns") - start.number("time_ns")
        own = ns_of(end, "utc") - ns_of(start, "utc")
        assert abs(own - gone - gone * ppb // SECOND) <= 1, f"own clock: {own} ns in {gone} ns"
        most = (period_s * SECOND + TICK_NS) * ppb // SECOND
        assert 0 < ahead(end) <= most, f"{ahead(end)} ns ahead of the hypervisor's"
        moved = ns_of(end, "base") - ns_of(start, "base")
        assert moved + ahead(end) - ahead(start) == own - gone, f"the hypervisor's was moved by {moved} ns"
        assert moved >= (times - 1) * period_s * ppb, f"the hypervisor's was moved by {moved} ns"
    return sync


def independent_from(utc_s):
    """The guest's was set; the hypervisor's stands where the RTC put it, to the ns."""
    def unmoved(row, log):
        start, end = wall(log, "start"), wall(log, "end")
        assert ns_of(end, "base") == ns_of(start, "base"), "the hypervisor's wall clock was moved"
        assert end.number("syncs") == 0
        gone = ns_of(end, "utc") - utc_s * SECOND
        assert 0 < gone <= end.number("time_ns") - start.number("time_ns")
    return unmoved


def resumed(cpus, down_ms):
    """
    Each VCPU was down so long, by system time and by wall time; it began again from a fresh record, with as
    many ticks in 50 ms as there are, and one timeout that had come due.
    """
    def resume(row, log):
        lines = log.all("resume")
        assert [line.number("id") for line in lines] == list(range(cpus))
        for line in lines:
            asked, gone = line.number("asked_ns"), line.number("down_ns")
            assert asked == down_ms * 10**6 and abs(gone - asked) < 200000, f"down for {gone} ns"
            assert line.number("wall_ns") == gone, f"wall time went on by {line['wall_ns']} of {gone} ns"
            assert line.number("age_ns") < 251 * 10**6, f"a record {line['age_ns']} ns old"
            assert 4 <= line.number("ticks") <= 6, f"{line['ticks']} ticks in 50 ms"
            assert line.number("overslept") == (line.number("id") != 0), str(dict(line))
            assert line.number("jiffies_behind") <= 1
    return resume


def jiffies_are_time(row, log):
    """VCPU 0 was down for a part of it; not a jiffy is missing or too many."""
    (events,) = log.all("events")
    seconds = log.all("second")
    gone = wall(log, "end").number("time_ns") - wall(log, "start").number("time_ns")
    assert abs(events.number("jiffies") - gone // TICK_NS) <= 2, f"{events['jiffies']} jiffies in {gone} ns"
    assert len(seconds) == row.seconds


def row(name, *expect, **settings):
    settings.setdefault("cpus", 4)
    settings.setdefault("seconds", 1)
    words = f"quiet {settings.pop('words', '')}".strip()
    return Row(name, "exact", expect, guest_cmdline=words, **settings)


def slow(name, setters, *expect, fault="slow", **settings):
    return row(name, *expect, words=f"setters={setters}", kernel="wall",
               cmdline=f"wallfault={fault} {settings.pop('cmdline', '')}".strip(), **settings)


ALL_AT_ONCE = TIME + (set_for_all(100), waited)
OWN = TIME + (one_line,)

ROWS = [
    # Over the second in which 2^31 s are full.
    row("wall-2038", *OWN, utc_since_rtc(2147483646), cpus=1, seconds=2,
        firmware=lambda folder: ["-rtc", "base=2038-01-19T03:14:06,clock=vm"]),
    row("wall-settime", *OWN, set_to(951782399), cpus=2, words="settime=951782399"),
    slow("wall-set", 1, *ALL_AT_ONCE, one_line),
    slow("wall-set-percpu", 2, *ALL_AT_ONCE, per_cpu, cmdline="clockmode=percpu"),
    slow("wall-apart", 1, sound, seen_to_be_bad("torn"), fault="apart", verdict="fail"),
    slow("wall-apart-percpu", 1, sound, seen_to_be_bad("back", "torn"), fault="apart", verdict="fail",
         cmdline="clockmode=percpu"),
    slow("wall-lost", 2, sound, seen_to_be_bad("back"), fault="lost", verdict="fail", cpus=2),
    # Setters and readers truly at once; what QEMU's TSC does then is rows.py's business.
    Row("threads-wall", "kernel", (sound, never_back, set_for_all(20)), cpus=4, seconds=2, verdict="any",
        accel=THREAD_EACH, guest_cmdline="quiet setters=2", counts=True),
    row("wall-sync", *OWN, synced(2, 2, PPM_100), cpus=1, seconds=3,
        words=f"disciplined sync=2 steer={PPM_100}"),
    row("wall-independent", *OWN, independent_from(10**9), cpus=1,
        words="independent_wallclock disciplined sync=1 settime=1000000000"),
    row("resume", *OWN, resumed(3, 400), jiffies_are_time, utc_since_rtc(RTC_DEFAULT_S), cpus=3,
        seconds=2, words="down=400"),
    row("resume-percpu", *TIME, per_cpu, resumed(2, 700), jiffies_are_time, utc_since_rtc(RTC_DEFAULT_S),
        cpus=2, seconds=2, words="down=700", cmdline="clockmode=percpu"),
    row("resume-minute", *OWN, resumed(2, 60000), jiffies_are_time, cpus=2, seconds=122, words="down=60000",
        beside=True, limit_s=600),
    Row("xen-sync", "xen", (reported_by_guest, synced(2, 2, PPM_100)), cpus=1, seconds=3,
        guest_cmdline=f"disciplined sync=2 steer={PPM_100}"),
    Row("xen-wall", "xen", (reported_by_guest, set_for_all(50)), cpus=2, seconds=1,
        guest_cmdline="setters=2", counts=True),
]
