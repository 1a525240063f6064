"""
TSCs out of step on purpose, and a publisher in a hurry, in a test image (test/faults/inject.c): by a layer of
SVM below the hypervisor in the deterministic lane, by writes to the TSC and to TSC_ADJUST on Bochs.
"""

from bochs import IPS
from boot import Row
from emulator import THREAD_EACH
from expect import (all_vcpus, bounded, check_says, exact_hz, exact_time, foreign_in_step, goes_back,
                    line_begins, never_back, one_line, one_window, per_cpu, sound, undisturbed)
from injected import (APART, IN_STEP, adjusts, all_go_on, apart, bound_kept, bound_tried, bounds_below,
                      counted, ends_in, foreign_apart, got_over, judge_sees, modes, named, new_rate, offsets,
                      owned_up, rates, self_never_back, slewed, tried, true_time, tscs_behind, within_bounds,
                      written)
from rows_bochs import alarms_came, at_ips
from rows_bochs import true_time as true_time_on_bochs

S = 10**9
RIGHT = (sound, all_vcpus, never_back, undisturbed, bounded)
PER_CPU = RIGHT + (one_window, per_cpu, modes(APART))
TIGHT = PER_CPU + (within_bounds, bounds_below(5000))
UNIFIED = RIGHT + (one_line,)


def inject(name, words, *expect, lane="exact", **settings):
    return Row(name, lane, expect, kernel="inject", cmdline=words,
               **{"guest_cmdline": "quiet", "limit_s": 120, **settings})


def words(name, values):
    return f"{name}={','.join(str(value) for value in values)}"


# ---- From before the first measurement on ----

SECONDS_APART = (2 * S, 0, 5 * S, 3 * S)
ONE_APART = (0, 0, 0, 1000)     # 1 us
RATES = (-200, 200, 0, 0)     # each read of such a CPU's TSC is an exit, which takes long
BOTH = f"{words('skew', SECONDS_APART)} {words('rate', RATES)} wobble=200"
# With lines bent up and down by as much again the bound is needed to the last, and points are clamped.
BENT = PER_CPU + (rates(*RATES), true_time(ppm=RATES[0]), bound_tried(900), counted("clamps", 20))

# Of the records judged: 4 a second on each of 4 CPUs.
APART_AT_START = [
    inject("inject-skew", words("skew", SECONDS_APART), *TIGHT, exact_hz, offsets(*SECONDS_APART),
           tscs_behind(*(max(SECONDS_APART) - skew for skew in SECONDS_APART)), true_time(), bound_kept(40)),
    inject("inject-one-off", words("skew", ONE_APART), *TIGHT, exact_hz, offsets(*ONE_APART), exact_time,
           tscs_behind(1000, 1000, 1000, 0),
           bound_kept(40)),
    inject("inject-rate", "rate=0,200,-200,0", *TIGHT, rates(0, 200, -200, 0), exact_time, bound_kept(30),
           seconds=2),
    inject("inject-both", f"{BOTH} publish=1", *BENT, bound_kept(5000), seconds=2),
    inject("inject-judge-sees", "wobble=200 narrow=1", sound, judge_sees, seconds=1, verdict="any"),
]

# ---- A publish every ms, lines bent by 200 ppm, and every state between two steps shown to the others ----

HURRIED = "publish=1 wobble=200 pauses=1"
UNMARKED = f"{HURRIED} broken=unmarked"
ONE_PHASE = f"{HURRIED} broken=onephase"
PUBLISHES = [
    inject("publish-exact", HURRIED, *UNIFIED, true_time(), tried, counted("retries", 10000),
           bound_kept(4000), bound_tried(900), seconds=2),
    inject("publish-unmarked", UNMARKED, sound, goes_back, seconds=1, verdict="fail"),
    inject("publish-onephase", ONE_PHASE, sound, apart, seconds=1, verdict="fail"),
    inject("publish-foreign", HURRIED, sound, foreign_in_step, guest="foreign", guest_cmdline=""),
    inject("publish-foreign-onephase", ONE_PHASE, sound, foreign_apart, guest="foreign", guest_cmdline=""),
    inject("publish-kernel", HURRIED, *UNIFIED, tried, counted("retries", 1000), bound_kept(500),
           lane="kernel", seconds=2, counts=True),
    # A minute of it beside two busy loops; by its name only.
    inject("publish-soak", "publish=1 wobble=200", *UNIFIED, tried, counted("reads", 10**7),
           bound_kept(10000), lane="kernel", load=2, seconds=60, beside=True, limit_s=150),
    inject("publish-kernel-unmarked", UNMARKED, sound, goes_back, lane="kernel", seconds=2, verdict="fail"),
    # Truly at once. With the allowance for its TSC (hv/keeper/slip.c) each publish takes 2 ms and more.
    inject("publish-threads", "publish=20 wobble=200 pauses=1", sound, all_vcpus, never_back,
           counted("retries", 1), lane="kernel", accel=THREAD_EACH, seconds=2, counts=True, verdict="any"),
]

# ---- A TSC that changes while a guest runs (T6) ----

BROKEN = (sound, all_vcpus, bounded, got_over, bound_kept(20, without=100), bounds_below(5000))
AHEAD = ("tsc-ahead-or-timers-slow",)
BEHIND = ("tsc-set-back", "tsc-set-back-or-slow", "tsc-slow-or-timers-ahead")
TIME_OF_IT = 2100 * 10**6     # of the real TSC: a second after the guest began
DISAGREE = ("per-CPU", "TSC and reference disagree")
CHANGED = check_says("changed", linux="unsafe", option="clocksource=hpet")


def change(what):
    return f"change=1@{TIME_OF_IT // 10**6}:{what}"


def broken(name, words, *expect, **settings):
    """The verdict is a failure: the disruption."""
    return inject(name, words, *BROKEN, *expect, **{"seconds": 4, "verdict": "fail", **settings})


CHANGES = [
    broken("inject-jump-ahead", change(f"jump:{S}"), named(1, TIME_OF_IT, S, AHEAD), self_never_back,
           modes(IN_STEP, DISAGREE), ends_in("percpu"), CHANGED, seconds=5),
    broken("inject-set-back", change(f"jump:-{S}"), named(1, TIME_OF_IT, -S, BEHIND),
           modes(IN_STEP, DISAGREE), ends_in("percpu")),
    # In per-CPU mode.
    broken("inject-jump-apart", f"{words('skew', SECONDS_APART)} {change(f'jump:{S // 2}')}",
           named(1, TIME_OF_IT, S // 2, AHEAD, skew_ns=SECONDS_APART[0]), self_never_back,
           modes(APART), per_cpu, seconds=5),
    # A hypervisor's timers may be slewed, so 20 us may be noise, for a while.
    broken("inject-breach", change("jump:-20000"), owned_up(20000, TIME_OF_IT), ends_in("percpu"), seconds=6),
    # How far R is ahead depends on when it is looked at.
    broken("inject-freeze", change("freeze:200000000"),
           named(1, TIME_OF_IT, -S // 10, BEHIND, within_ns=S // 10, once=False), self_never_back,
           ends_in("percpu")),
    inject("inject-rate-change", change("rate:200"), sound, all_vcpus, bounded, slewed(200, TIME_OF_IT),
           self_never_back, ends_in("percpu"), check_says("drift", linux="unsafe"), seconds=8,
           verdict="fail"),
    # Beyond what is assumed of the first measurement: it is measured anew, once. A TSC that is ahead by so
    # little, again and again, might be that of one emulator (hv/keeper/slip.c): so it is behind.
    broken("inject-new-rate", change("rate:-1000"), new_rate(1, -1000, TIME_OF_IT), self_never_back,
           ends_in("percpu"), check_says("drift", linux="unsafe"), seconds=8),
    # And a publish every 5 ms, so that readers are in every state when the mode changes.
    broken("inject-in-step-again", f"skew=0,200000 {change('jump:-200000')} publish=5 pauses=1",
           named(1, TIME_OF_IT, -200000, BEHIND), modes(APART, IN_STEP), ends_in("unified"), tried,
           CHANGED, seconds=5),
]

# ---- Bochs: TSC and TSC_ADJUST are written, a CPU at a time ----

ADJUSTED = (0, 5 * IPS, 2 * IPS)
ON_BOCHS = RIGHT + (per_cpu, modes(APART), at_ips, true_time_on_bochs, alarms_came, bound_kept(6))
WRITTEN_NS = 2100 * 10**6     # system time, a second after the guest began
MOVED = IPS // 20             # 50 ms


def adjusted_later(name, ticks):
    return inject(name, f"later=1@{WRITTEN_NS // 10**6}:{ticks}", sound, all_vcpus, bounded, adjusts(0, 0),
                  written(1, WRITTEN_NS, ticks, IPS), got_over, self_never_back, all_go_on,
                  line_begins("apic: CPU1's TSC was written to"),
                  modes(IN_STEP, DISAGREE), ends_in("percpu"), CHANGED, bound_kept(6, without=10), cpus=2,
                  lane="bochs", seconds=4, verdict="fail")


WRITES = [
    inject("bochs-adjust", words("adjust", ADJUSTED), *ON_BOCHS, adjusts(*ADJUSTED),
           check_says("not-in-step", linux="unsure", option="none"), cpus=3, lane="bochs", seconds=1),
    # Reading and writing take some ticks.
    inject("bochs-tsc", words("tsc", (3 * IPS, 0)), *ON_BOCHS, adjusts(3 * IPS, 0, within=50), cpus=2,
           lane="bochs", seconds=1),
    # The layer of SVM, on another emulator's.
    inject("bochs-svm", f"skew=0,{3 * IPS} rate=0,200", *RIGHT, per_cpu, modes(APART),
           rates(0, 200, real_hz=IPS), true_time_on_bochs, alarms_came, bound_kept(6), cpus=2, lane="bochs",
           seconds=1, bochs={"cpu_model": "ryzen"}),
    # Bochs' deadlines leave TSC_ADJUST out: from the write on they come late by it, or at once.
    adjusted_later("bochs-adjust-ahead", MOVED),
    adjusted_later("bochs-adjust-back", -MOVED),
]

ROWS = APART_AT_START + PUBLISHES + CHANGES + WRITES
