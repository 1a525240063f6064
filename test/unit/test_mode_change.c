/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h -Wl,--wrap=record_end */
/*
 * Unified mode is left and entered on a machine without chance: when readers may go on, and what they then
 * find, on every CPU (docs/clock.md, "The watch, and changes of mode"). And what records say of the TSC's
 * rate.
 */
#include "seed_machine.h"
#include "keeper/publisher.h"

#define HZ        (3 * SECOND)
#define CPUS      3u
#define SKEW_NS   1000u
#define TICKS(ns) ((ns)*3u)

static struct meridian_record slots[1 + CPUS];
static struct time_vcpu vcpus[CPUS];
static uint32_t wall[4];
static struct time_domain domain;
static uint64_t fenced_tsc, ended_tsc; /* all are odd; the first is even again */

void __real_record_end(volatile struct meridian_record *record, uint32_t version);
void __wrap_record_end(volatile struct meridian_record *record, uint32_t version);

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    ended_tsc = ended_tsc ? ended_tsc : tsc_of(machine.cpu);
    __real_record_end(record, version);
}

static void fenced(void)
{
    for (unsigned i = 0; i <= CPUS; i++)
        assert_int_equal(slots[i].version1 % 2, 1);
    fenced_tsc = tsc_of(machine.cpu);
    ended_tsc = 0;
}

static void boot(enum clockmode mode)
{
    machine_new(CPUS, HZ);
    machine.extent_ticks = TICKS(SKEW_NS);
    machine_boot(mode);
    memset(slots, 0, sizeof slots);
    for (unsigned i = 0; i < CPUS; i++)
        vcpus[i] = (struct time_vcpu){.cpu = i, .slot = &slots[i + 1]};
    domain = (struct time_domain){.vcpu_count = CPUS,
                                  .vcpus = vcpus,
                                  .common = &slots[0],
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    keeper_add_domain(&domain);
    machine_run(10 * SECOND);
    machine.fenced = fenced;
}

static void with_lock(void (*act)(void))
{
    lock_take(&keeper.lock);
    act();
    lock_release(&keeper.lock, false);
}

/*
 * A TSC that is ahead by the skew may have read the line up to marked + skew, while one that is behind by as
 * much stands at marked - skew. That one is past it when this TSC has gone on by twice the skew.
 */
static void left_only_when_every_tsc_is_past_what_was_read(void **state)
{
    (void)state;
    boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    with_lock(publish_leave_unified);
    assert_int_equal(keeper.mode, CLOCK_PERCPU);
    assert_in_range(ended_tsc - fenced_tsc, TICKS(2 * SKEW_NS), TICKS(2 * SKEW_NS + 200));
}

/* "The common line stays as it is, only its mark goes": for guests and for the hypervisor, on every CPU. */
static void left_the_line_stays_on_every_cpu(void **state)
{
    struct meridian_record before;
    struct line line;

    (void)state;
    boot(CLOCKMODE_AUTO);
    line = keeper.common.timeline.line;
    before = slots[0];
    assert_int_equal(before.flags & MERIDIAN_FLAG_TSC_STABLE, MERIDIAN_FLAG_TSC_STABLE);
    with_lock(publish_leave_unified);
    before.flags &= (uint8_t)~MERIDIAN_FLAG_TSC_STABLE;
    for (unsigned i = 0; i <= CPUS; i++)
        assert_memory_equal(&slots[i].tsc_timestamp, &before.tsc_timestamp, 56);
    for (machine.cpu = 0; machine.cpu < CPUS; machine.cpu++) {
        uint64_t tsc = tsc_of(machine.cpu) + HZ / 10;

        assert_int_equal(latch_read(latch_in_force(), tsc), line_read(&line, tsc));
        assert_int_equal(line_read(&clock_of(machine.cpu)->own.timeline.line, tsc), line_read(&line, tsc));
    }
    machine.cpu = 0;
}

/* "The highest of all CPUs' own lines": each CPU in turn has it, by a little. */
static void entered_on_the_highest_line(void **state)
{
    (void)state;
    for (unsigned high = 0; high < CPUS; high++) {
        uint64_t joint, highest;

        boot(CLOCKMODE_PERCPU);
        clock_of(high)->own.timeline.line.ns += 5000;
        with_lock(publish_enter_unified);
        joint = slots[0].tsc_timestamp;
        highest = line_read(&clock_of(high)->own.timeline.line, joint);
        assert_in_range(slots[0].system_time, highest, highest + 1);
        for (unsigned i = 0; i <= CPUS; i++)
            assert_int_equal(slots[i].system_time, slots[0].system_time);
        assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    }
}

/* cpu_freq is the TSC's frequency by the reference (docs/abi.md). S is slewed here, by some 100 ppm. */
static void the_frequency_has_no_slew_in_it(void **state)
{
    (void)state;
    boot(CLOCKMODE_AUTO);
    keeper.common.timeline.line.ns += 100000;
    with_lock(publish_unified);
    assert_true(scale_to_hz(keeper.common.timeline.line.scale) > HZ + HZ / 20000);
    assert_in_range(slots[0].cpu_freq, HZ - HZ / 1000000, HZ + HZ / 1000000);
}

/* "They do not agree until each has looked since the last disruption" (publisher.h), though outlooks do. */
static void who_has_not_looked_since_the_disruption_agrees_with_nobody(void **state)
{
    (void)state;
    boot(CLOCKMODE_PERCPU);
    assert_true(publish_gather(tsc_of(0)).agree);
    keeper.epoch++;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        assert_false(publish_gather(tsc_of(0)).agree);
        clock_of(cpu)->known.epoch = keeper.epoch;
    }
    assert_true(publish_gather(tsc_of(0)).agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(left_only_when_every_tsc_is_past_what_was_read),
        cmocka_unit_test(left_the_line_stays_on_every_cpu),
        cmocka_unit_test(entered_on_the_highest_line),
        cmocka_unit_test(the_frequency_has_no_slew_in_it),
        cmocka_unit_test(who_has_not_looked_since_the_disruption_agrees_with_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
