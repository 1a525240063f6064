/* sources: test/sim/rival.c test/sim/rival_kvm.c test/sim/rival_linux.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_watchdog.c test/sim/rival_watchdog_new.c test/sim/rival_watchdog_old.c test/sim/rival_xen.c test/sim/rival_plain.c test/sim/rival_score.c */
/* flags: -lm */
/*
 * Linux's watchdogs, in a world without luck: by its own rules (kernel/time/clocksource.c) there are faults
 * that each must see, and faults that each must miss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../sim/rival_plain.h"
#include "../sim/rival_watchdog.h"

#define HZ       2600000000ull
#define FAULT_NS (10 * SECOND_NS)
#define MINUTE   (60 * SECOND_NS)
#define CPUS     4u
#define HANDOVER 100u
#define MS_TICKS (HZ / 1000)
#define US_TICKS (HZ / 1000000)

static struct plain p;

/* What goes wrong, 10 s on. */
struct fault {
    unsigned cpu, cpus; /* from this one on so many */
    int64_t ticks, hz;
};

static void happen(const struct fault *f)
{
    for (unsigned cpu = f->cpu; cpu < f->cpu + f->cpus; cpu++) {
        uint64_t before = p.world.tsc(p.world.self, cpu);

        p.hz[cpu] += (uint64_t)f->hz;
        p.offset[cpu] += before - p.world.tsc(p.world.self, cpu) + (uint64_t)f->ticks;
    }
}

/* Returns what is said in a minute; and how long after the fault. */
static enum watchdog_alarm said(const struct rival_kind *kind, const struct fault *f, uint64_t *after_ns)
{
    struct rival *r = rival_new(kind, &p.world, CPUS);
    enum watchdog_alarm alarm;
    uint64_t at_ns;

    plain_run(&p, r, FAULT_NS);
    assert_int_equal(watchdog_alarm(r, &at_ns), WATCHDOG_QUIET);
    assert_int_equal(at_ns, RIVAL_NEVER);
    happen(f);
    plain_run(&p, r, FAULT_NS + MINUTE);
    alarm = watchdog_alarm(r, &at_ns);
    *after_ns = at_ns - FAULT_NS;
    rival_free(r);
    return alarm;
}

static void world_of(unsigned bits)
{
    plain_init(&p, HZ);
    if (bits < 32) {
        p.world.ref_num = 88000;
        p.world.ref_den = 315;
    }
    p.world.ref_bits = bits;
    p.delay_ns[RIVAL_DELAY_READ] = 200;
    p.delay_ns[RIVAL_DELAY_IPI] = 2000;
    p.delay_ns[RIVAL_DELAY_RELEASE] = HANDOVER;
}

static void assert_seen(const struct rival_kind *kind, struct fault f, enum watchdog_alarm why,
                        uint64_t most_ns)
{
    uint64_t after_ns;

    world_of(32);
    assert_int_equal(said(kind, &f, &after_ns), why);
    assert_true(after_ns <= most_ns);
}

static void assert_missed_with(unsigned bits, const struct rival_kind *kind, struct fault f)
{
    uint64_t after_ns;

    world_of(bits);
    assert_int_equal(said(kind, &f, &after_ns), WATCHDOG_QUIET);
}

static void assert_missed(const struct rival_kind *kind, struct fault f)
{
    assert_missed_with(32, kind, f);
}

/* A round of four CPUs is two seconds; one more until the first after the fault. */
static void the_new_one_sees_a_tsc_behind_another(void **state)
{
    (void)state;
    assert_seen(&rival_watchdog_new, (struct fault){3, 1, US_TICKS, 0}, WATCHDOG_BEHIND, 5 * SECOND_NS / 2);
    assert_seen(&rival_watchdog_new, (struct fault){2, 1, -(int64_t)US_TICKS, 0}, WATCHDOG_BEHIND,
                5 * SECOND_NS / 2);
    assert_missed(&rival_watchdog_old, (struct fault){3, 1, US_TICKS, 0});
    assert_missed(&rival_watchdog_old, (struct fault){2, 1, -(int64_t)US_TICKS, 0});
}

/* What goes to and fro over a cache line takes longer. */
static void no_offset_below_a_hand_over(void **state)
{
    int64_t less = (int64_t)(HZ * (HANDOVER - 10) / SECOND_NS),
            more = (int64_t)(HZ * (HANDOVER + 10) / SECOND_NS);

    (void)state;
    assert_missed(&rival_watchdog_new, (struct fault){1, 1, less, 0});
    assert_missed(&rival_watchdog_new, (struct fault){1, 1, -less, 0});
    assert_seen(&rival_watchdog_new, (struct fault){1, 1, more, 0}, WATCHDOG_BEHIND, 3 * SECOND_NS);
    assert_seen(&rival_watchdog_new, (struct fault){1, 1, -more, 0}, WATCHDOG_BEHIND, 3 * SECOND_NS);
}

/* 500 us a half second for the one, a 2048th for the other. */
static void all_tscs_at_a_wrong_rate(void **state)
{
    (void)state;
    assert_missed(&rival_watchdog_new, (struct fault){0, CPUS, 0, HZ / 1000000 * 450});
    assert_missed(&rival_watchdog_old, (struct fault){0, CPUS, 0, HZ / 1000000 * 950});
    assert_seen(&rival_watchdog_new, (struct fault){0, CPUS, 0, HZ / 1000000 * 550}, WATCHDOG_SKEW,
                3 * SECOND_NS / 2);
    assert_seen(&rival_watchdog_old, (struct fault){0, CPUS, 0, HZ / 1000000 * 1100}, WATCHDOG_SKEW,
                3 * SECOND_NS / 2);
}

/* One TSC that drifts is behind, or the others are, within a round. The old one needs 500 us: 10 s. */
static void one_tsc_at_a_wrong_rate(void **state)
{
    struct fault f = {2, 1, 0, HZ / 1000000 * 50};
    uint64_t after_ns;

    (void)state;
    assert_seen(&rival_watchdog_new, f, WATCHDOG_BEHIND, 5 * SECOND_NS / 2);
    world_of(32);
    assert_int_equal(said(&rival_watchdog_old, &f, &after_ns), WATCHDOG_SKEW);
    assert_in_range(after_ns, 9 * SECOND_NS, 13 * SECOND_NS);
}

/* 100 ms is seen by both; 2 s is an interval above one second for the one, ... */
static void all_tscs_jump(void **state)
{
    (void)state;
    assert_seen(&rival_watchdog_new, (struct fault){0, CPUS, 100 * MS_TICKS, 0}, WATCHDOG_SKEW, SECOND_NS);
    assert_seen(&rival_watchdog_old, (struct fault){0, CPUS, 100 * MS_TICKS, 0}, WATCHDOG_SKEW, SECOND_NS);
    assert_seen(&rival_watchdog_new, (struct fault){0, CPUS, 2000 * MS_TICKS, 0}, WATCHDOG_SKEW, SECOND_NS);
    assert_missed(&rival_watchdog_old, (struct fault){0, CPUS, 2000 * MS_TICKS, 0});
}

/* ... and above what a PM timer of 24 bits is trusted for (2.09 s) for the other. Neither sees 200 us. */
static void all_tscs_jump_and_neither_sees_it(void **state)
{
    (void)state;
    assert_missed_with(24, &rival_watchdog_new, (struct fault){0, CPUS, 2000 * MS_TICKS, 0});
    assert_missed_with(24, &rival_watchdog_old, (struct fault){0, CPUS, 2000 * MS_TICKS, 0});
    assert_missed(&rival_watchdog_new, (struct fault){0, CPUS, 200 * US_TICKS, 0});
    assert_missed(&rival_watchdog_old, (struct fault){0, CPUS, 200 * US_TICKS, 0});
}

/* The old one goes from CPU to CPU, so it sees 1 ms of one TSC; and readings of 100 us do not trouble it. */
static void slow_readings(void **state)
{
    struct fault f = {3, 1, MS_TICKS, 0};
    uint64_t after_ns;

    (void)state;
    world_of(32);
    p.delay_ns[RIVAL_DELAY_READ] = 50000;
    assert_int_equal(said(&rival_watchdog_old, &f, &after_ns), WATCHDOG_SKEW);
    assert_true(after_ns <= 5 * SECOND_NS / 2);
    world_of(32);
    p.delay_ns[RIVAL_DELAY_READ] = 50000;
    assert_int_equal(said(&rival_watchdog_new, &f, &after_ns), WATCHDOG_QUIET);
    world_of(32);
    p.delay_ns[RIVAL_DELAY_READ] = 20000;
    assert_int_equal(said(&rival_watchdog_new, &f, &after_ns), WATCHDOG_BEHIND);
}

/* The other CPU comes too late, every time: nothing is held against the TSC, and the rest goes on. */
static void who_does_not_come_is_not_blamed(void **state)
{
    struct fault f = {3, 1, MS_TICKS, 0}, all = {0, CPUS, MS_TICKS, 0};
    uint64_t after_ns;

    (void)state;
    world_of(32);
    p.delay_ns[RIVAL_DELAY_IPI] = 60000;
    assert_int_equal(said(&rival_watchdog_new, &f, &after_ns), WATCHDOG_QUIET);
    world_of(32);
    p.delay_ns[RIVAL_DELAY_IPI] = 60000;
    assert_int_equal(said(&rival_watchdog_new, &all, &after_ns), WATCHDOG_SKEW);
    assert_true(after_ns <= SECOND_NS);
}

/* Tried four times at two CPUs' worth of retries; what disturbs the timer alone is the machine's. */
static void the_old_one_gives_up_readings(void **state)
{
    struct fault none = {0, 0, 0, 0};
    uint64_t at_ns;
    struct rival *r;

    (void)state;
    world_of(32);
    r = rival_new(&rival_watchdog_old, &p.world, CPUS);
    p.reads_set = 3;
    p.read_ns[0] = p.read_ns[1] = 400000;
    p.read_ns[2] = 200;
    plain_run(&p, r, FAULT_NS);
    assert_int_equal(watchdog_alarm(r, &at_ns), WATCHDOG_READINGS);
    rival_free(r);
    world_of(32);
    p.delay_ns[RIVAL_DELAY_READ] = 600000;
    assert_int_equal(said(&rival_watchdog_old, &none, &at_ns), WATCHDOG_QUIET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_new_one_sees_a_tsc_behind_another),
        cmocka_unit_test(no_offset_below_a_hand_over),
        cmocka_unit_test(all_tscs_at_a_wrong_rate),
        cmocka_unit_test(one_tsc_at_a_wrong_rate),
        cmocka_unit_test(all_tscs_jump),
        cmocka_unit_test(all_tscs_jump_and_neither_sees_it),
        cmocka_unit_test(slow_readings),
        cmocka_unit_test(who_does_not_come_is_not_blamed),
        cmocka_unit_test(the_old_one_gives_up_readings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
