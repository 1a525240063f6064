/* sources: test/sim/rival.c test/sim/rival_field.c test/sim/rival_score.c test/sim/rival_kvm.c test/sim/rival_linux.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_plain.c */
/* flags: -lm */
/* All rivals on one simulator's clocks: its steps are not their errors. And the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../sim/rival_field.h"
#include "../sim/rival_plain.h"

#define CPUS   4u
#define KINDS  7u
#define XEN    2u /* its place in rival_kinds: stepped */
#define MS     1000000ull
#define LENGTH (20 * SECOND_NS)

static uint64_t sleeps_until[CPUS];

static double hz(void *self, unsigned cpu)
{
    return (double)((struct plain *)self)->hz[cpu];
}

static uint64_t awake_ns(void *self, unsigned cpu)
{
    (void)self;
    return sleeps_until[cpu];
}

static void make(struct plain *p)
{
    plain_init(p, 2999999999ull);
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        p->hz[cpu] += cpu * 30001;
        p->offset[cpu] = cpu * 12345678901ull;
        sleeps_until[cpu] = 0;
    }
    p->delay_ns[RIVAL_DELAY_IPI] = 1500;
    p->delay_ns[RIVAL_DELAY_READ] = 700;
    p->delay_ns[RIVAL_DELAY_RELEASE] = 200;
    p->delay_ns[RIVAL_DELAY_SOFTIRQ] = 3000;
}

/* With reads of all CPUs every 10 ms, in steps of so many ns (10 ms must be a multiple). */
static void run(struct plain *p, uint64_t step_ns, struct score *totals)
{
    struct field_world world = {.now = p->world, .hz = hz, .awake_ns = awake_ns};
    struct field *f = field_new(&world, CPUS);

    while (p->now_ns < LENGTH) {
        p->now_ns += step_ns;
        field_catch_up(f);
        if (p->now_ns == 5 * SECOND_NS)
            field_settled(f);
        if (p->now_ns % (10 * MS) != 0)
            continue;
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            field_read(f, cpu, (int64_t)p->now_ns);
        field_spread(f);
    }
    field_end(f, totals);
    field_free(f);
}

/* The same figures by steps of 10 us as by longer ones: 10 ms are more than a rendezvous lasts. */
static void its_steps_are_not_their_errors(void **state)
{
    const uint64_t *step_ns = *state;
    struct score *fine = calloc(KINDS, sizeof(*fine)), *coarse = calloc(KINDS, sizeof(*coarse));
    struct plain p;

    make(&p);
    run(&p, 10000, fine);
    make(&p);
    run(&p, *step_ns, coarse);
    for (unsigned i = 0; i < KINDS; i++) {
        int64_t apart = (int64_t)(fine[i].worst_error_ns - coarse[i].worst_error_ns);

        assert_true(fine[i].reads > 6000 && fine[i].reads == coarse[i].reads);
        assert_in_range(apart + 3, 0, 6);
        assert_in_range(fine[i].worst_spread_ns - coarse[i].worst_spread_ns + 3, 0, 6);
        assert_true(fine[i].worst_error_ns > 100);
    }
    /* Xen's CPUs are behind by what a reading and a release took, and apart by the release. */
    assert_in_range(coarse[XEN].worst_spread_ns, 200, 80000);
    free(fine);
    free(coarse);
}

static unsigned releases;
static uint64_t (*plain_delay)(void *self, enum rival_delay what, unsigned cpu);

/*
 * CPU 3 stands still for 5 ms in the midst of a rendezvous: the second after 10 s, for the first is that of
 * the other Xen.
 */
static uint64_t delay_with_a_stall(void *self, enum rival_delay what, unsigned cpu)
{
    uint64_t now_ns = ((struct plain *)self)->now_ns;

    if (what == RIVAL_DELAY_RELEASE && cpu == 3 && now_ns > 10 * SECOND_NS && ++releases == 2)
        sleeps_until[3] = now_ns + 5 * MS;
    return plain_delay(self, what, cpu);
}

/*
 * To Xen it is ahead by 5 ms, and its TSC went as much too fast: it is slowed for both, and is behind by 10
 * ms when the next second is over.
 */
static void a_stall_is_their_own_to_bear(void **state)
{
    struct score *totals = calloc(KINDS, sizeof(*totals));
    struct plain p;

    (void)state;
    make(&p);
    releases = 0;
    plain_delay = p.world.delay_ns;
    p.world.delay_ns = delay_with_a_stall;
    run(&p, 100000, totals);
    assert_true(sleeps_until[3] > 10 * SECOND_NS);
    assert_in_range(totals[XEN].worst_error_ns, 9 * MS, 11 * MS);
    assert_true(totals[XEN].reads > 6000);
    free(totals);
}

static uint64_t counted_delay(void *self, enum rival_delay what, unsigned cpu)
{
    releases += what == RIVAL_DELAY_RELEASE;
    return plain_delay(self, what, cpu);
}

/* CPU 2 stands still for 6 s. Xen's rendezvous waits for it; the 2005 clocks of the others do not. */
static void a_cpu_that_stands_still_is_waited_for(void **state)
{
    struct plain p;
    struct field_world world;
    struct field *f;

    (void)state;
    make(&p);
    world = (struct field_world){.now = p.world, .hz = hz, .awake_ns = awake_ns};
    plain_delay = world.now.delay_ns;
    world.now.delay_ns = counted_delay;
    f = field_new(&world, CPUS);
    while (p.now_ns < LENGTH) {
        p.now_ns += 100000;
        if (p.now_ns == 7 * SECOND_NS)
            releases = 0;
        if (p.now_ns == 11 * SECOND_NS)
            assert_int_equal(releases, 0);
        sleeps_until[2] = p.now_ns > 5 * SECOND_NS && p.now_ns < 11 * SECOND_NS ? 11 * SECOND_NS : 0;
        field_catch_up(f);
        /* Something is always due, and soon: the 2005 ticks come every quarter second. */
        assert_in_range(field_next_ns(f), p.now_ns + 1, p.now_ns + 251 * MS);
    }
    /* From then on three CPUs' once a second, of three kinds of Xen. */
    assert_in_range(releases, 9 * 8, 9 * 10);
    field_free(f);
}

static void a_later_date_replaces_an_earlier_one(void **state)
{
    struct plain p;
    struct rival *r;
    unsigned cpu;

    (void)state;
    make(&p);
    r = rival_new(&rival_kvm, &p.world, CPUS);
    rival_after(r, 0, 5000, 0);
    rival_after(r, 1, 9000, 0);
    assert_int_equal(rival_next_ns(r, &cpu), 5000);
    rival_after(r, 0, 12000, 0);
    assert_int_equal(rival_next_ns(r, &cpu), 9000);
    assert_int_equal(cpu, 1);
    rival_postpone(r, 1, 20000);
    assert_int_equal(rival_next_ns(r, &cpu), 12000);
    assert_int_equal(cpu, 0);
    rival_free(r);
}

static void the_worst_of_several_runs_stays(void **state)
{
    struct score *total = calloc(2, sizeof(*total)), *one = total + 1;

    (void)state;
    *one = (struct score){.reads = 5,
                          .behind = 2,
                          .worst_error_ns = 70,
                          .worst_across_ns = 9,
                          .worst_spread_ns = 3,
                          .drift_ns_per_day = -400};
    score_add(total, one);
    *one = (struct score){.reads = 7, .back_self = 1, .worst_self_ns = 8, .drift_ns_per_day = 300};
    score_add(total, one);
    assert_int_equal(total->reads, 12);
    assert_int_equal(total->behind, 2);
    assert_int_equal(total->back_self, 1);
    assert_int_equal(total->worst_error_ns, 70);
    assert_int_equal(total->worst_across_ns, 9);
    assert_int_equal(total->worst_self_ns, 8);
    assert_int_equal(total->worst_spread_ns, 3);
    assert_true(total->drift_ns_per_day == -400);
    free(total);
}

static void a_row_is_readable(void **state)
{
    struct score *s = calloc(1, sizeof(*s));
    char text[256] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    (void)state;
    s->reads = 1000;
    s->behind = 425;
    s->worst_across_ns = 12500;
    s->worst_spread_ns = 999;
    s->worst_error_ns = 3052000000;
    s->worst_self_ns = 86400 * 208 * SECOND_NS;
    s->drift_ns_per_day = -1728e6;
    field_print_row(out, "name", s);
    fclose(out);
    assert_string_equal(text,
                        "name                       1000   42.500%     208 days      12.5 us       3.05 s"
                        "       999 ns        -1.73 s\n");
    free(s);
}

int main(void)
{
    static uint64_t steps_ns[] = {100000, 2 * MS, 10 * MS};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(its_steps_are_not_their_errors, &steps_ns[0]),
        cmocka_unit_test_prestate(its_steps_are_not_their_errors, &steps_ns[1]),
        cmocka_unit_test_prestate(its_steps_are_not_their_errors, &steps_ns[2]),
        cmocka_unit_test(a_stall_is_their_own_to_bear),
        cmocka_unit_test(a_cpu_that_stands_still_is_waited_for),
        cmocka_unit_test(a_later_date_replaces_an_earlier_one),
        cmocka_unit_test(the_worst_of_several_runs_stays),
        cmocka_unit_test(a_row_is_readable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
