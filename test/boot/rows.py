"""All boots, one row each; the fastest first."""

import rows_badinput
import rows_bochs
import rows_cpus
import rows_firmware
import rows_guests
import rows_hardware
import rows_hostile
import rows_idle
import rows_inject
import rows_media
import rows_menu
import rows_outside
import rows_parallel
import rows_power
import rows_serial
import rows_stolen
import rows_timeless
import rows_timers
import rows_traps
import rows_unseen
import rows_wall
from boot import Row
from emulator import THREAD_EACH
from expect import (all_vcpus, bound_below, bounded, check_says, cpus_online, exact_hz, exact_time,
                    exchange_us, foreign_in_step, foreign_report, free_ranges_at_least, free_running,
                    goes_back, never_back, one_line, one_line_or_said, one_window, per_cpu, reads_over,
                    reported_by_guest, seen_by, sound, source_is, source_is_not, spread_of, told,
                    undisturbed)
from injected import offsets, rates
from rows_cpus import says

RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded)
RACY = (sound, all_vcpus, never_back, one_line_or_said)
GOOD = RIGHT + (one_line,)
EXACT = GOOD + (told, exact_hz, exact_time, one_window, exchange_us(20))


def lies(name, slot, *expect, cmdline=""):
    return Row(f"lie-{name}", "exact", (sound, all_vcpus, *expect), kernel="test", seconds=2, verdict="fail",
               cmdline=f"lie={slot} {cmdline}".strip(), guest_cmdline="quiet")


ROWS = [
    # No host disturbs the deterministic lane: exact numbers, and the same output every time.
    Row("exact-1", "exact", EXACT, cpus=1, repeat=True),
    Row("exact-4", "exact", EXACT + (offsets(0, 0, 0, 0), rates(0, 0, 0, 0)), cpus=4, repeat=True),
    Row("exact-bound", "exact", EXACT + (
        bound_below(20000), check_says("in-step", linux="unsure", option="none")), cpus=4, seconds=10,
        limit_s=120),
    Row("exact-pit", "exact", EXACT + (source_is("pit"),), cmdline="clocksource=pit"),
    Row("exact-hpet", "exact", EXACT + (source_is("hpet"),), cmdline="clocksource=hpet"),
    Row("exact-pmtimer", "exact", EXACT + (source_is("pmtimer"),), cmdline="clocksource=pmtimer"),
    Row("exact-percpu", "exact", RIGHT + (per_cpu, exact_hz, exact_time, check_says("in-step")),
        cmdline="clockmode=percpu"),
    # As in 2005: S keeps the rate that was measured at the start.
    Row("exact-discipline-off", "exact", GOOD + (exact_time, free_running), seconds=6,
        cmdline="discipline=off clocksource=pmtimer"),
    Row("exact-clang", "exact", EXACT, kernel="clang", guest="clang"),

    # A publisher that lies by 5 ms (test/faults/skew.c): the witness must see it, or it could see nothing.
    # By the host's TSC: truth-liar.
    Row("skewed-exact", "exact", (sound, goes_back), kernel="test", verdict="fail"),
    # One VCPU's record alone, one way: on each VCPU by itself nothing goes back.
    lies("slot-ahead", "3:50000", seen_by(0, 1, 3), cmdline="clockmode=percpu"),
    lies("slot-behind", "3:-50000", seen_by(2), cmdline="clockmode=percpu"),
    lies("slot-apart", "3:1", spread_of(1)),

    # QEMU's own loader, the host's TSC.
    # Each reference by option, too, on the way.
    Row("kernel-1", "kernel", GOOD + (source_is("pmtimer"),), cpus=1, seconds=1,
        cmdline="clocksource=pmtimer"),
    Row("kernel-2", "kernel", GOOD + (source_is("pit"),), cpus=2, seconds=1, cmdline="clocksource=pit"),
    Row("kernel-4", "kernel", GOOD, cpus=4),
    Row("kernel-8", "kernel", GOOD + (source_is("hpet"),), cpus=8, seconds=1,
        cmdline="clocksource=hpet", limit_s=90),

    # A host thread for each CPU: truly at once, with a TSC that gains on every reference (see emulator.py).
    # The verdict may name that a disruption; nothing may go back or apart for it.
    Row("threads-2", "kernel", RACY, cpus=2, accel=THREAD_EACH, verdict="any"),
    Row("threads-4", "kernel", RACY, cpus=4, accel=THREAD_EACH, verdict="any"),
    Row("threads-loaded", "kernel", RACY, cpus=4, accel=THREAD_EACH, load=2, verdict="any", limit_s=120),

    # Each reference alone, by what the machine has.
    Row("hw-hpet-absent", "kernel", GOOD + (source_is_not("hpet"),), seconds=1, machine="q35,hpet=off"),
    Row("hw-pit-absent", "kernel", GOOD + (source_is_not("pit"),), seconds=1, machine="q35,pit=off"),
    # SeaBIOS's MP table names the first CPU of each socket; rows_firmware.py has one with more of them.
    Row("no-acpi", "kernel", (sound, never_back, bounded, source_is("pit"), cpus_online(1)),
        seconds=1, cmdline="acpi=off"),

    # Somebody else's guest: Xen's own records, all of one line.
    Row("foreign", "kernel", (sound, foreign_in_step), guest="foreign", cmdline="duration=5"),
    Row("foreign-exact", "exact", (sound, foreign_in_step), guest="foreign", cmdline="duration=5"),

    # The real thing, from a disc.
    Row("bios-1", "iso-bios", GOOD, cpus=1, seconds=1),
    Row("bios-8", "iso-bios", GOOD, cpus=8, seconds=1, limit_s=90),
    Row("bios-loaded", "iso-bios", GOOD, load=2, limit_s=120),
    # And what the machine is called, by UEFI's tables.
    Row("uefi-1", "iso-uefi", GOOD + (free_ranges_at_least(4), says(rows_hardware.NAMED)), cpus=1, seconds=1,
        limit_s=90,
        firmware=rows_hardware.smbios(*rows_hardware.NAMES)),
    Row("main-job", "iso-bios", GOOD + (reads_over(400000),), cpus=4, seconds=10, limit_s=90,
        counts=True),

    # The guests, unchanged, on real Xen.
    # Beside truth-xen, xen-sync and xen-wall.
    Row("xen-exact", "xen-exact", (reported_by_guest, goes_back)),
    Row("xen-foreign", "xen", (foreign_report,), guest="foreign"),
]
for theme in (rows_cpus, rows_inject, rows_timeless, rows_timers, rows_traps, rows_badinput, rows_firmware,
              rows_hardware, rows_hostile, rows_idle, rows_media, rows_bochs, rows_guests, rows_menu,
              rows_outside, rows_parallel, rows_power, rows_serial, rows_stolen, rows_unseen,
              rows_wall):
    ROWS += theme.ROWS
