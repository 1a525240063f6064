/* sources: hv/keeper/repair_rule.c hv/time/align.c hv/time/line.c */
/*
 * What repair=try writes, on every small machine: each of four CPUs moved and adjusted in each of a few ways,
 * with TSCs of their own or shared, measured exactly or roughly. A machine here is what the manual says (SDM
 * vol. 3, 17.17.3): what is added to an adjustment is added to the TSC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keeper/repair_rule.h"

#define CPUS 4u
#define MOST (4 * CPUS + 8) /* writes; as repair.c has it */

/* Which CPU's TSC each one counts with; and whether those that share one share its adjustment too. */
static const unsigned shared[][CPUS] = {{0, 1, 2, 3}, {0, 0, 2, 2}, {0, 1, 1, 1}, {0, 0, 0, 3}};

static struct model {
    int64_t tsc[CPUS], adjust[CPUS]; /* of those that share one, only the first's TSC counts */
    const unsigned *of;
    bool one_register;
    int64_t noise; /* at most, on either side */
    uint32_t dice;
} model;

static int64_t dice(int64_t most)
{
    model.dice = model.dice * 1664525 + 1013904223;
    return most ? (int64_t)(model.dice >> 16) % (most + 1) : 0;
}

static int64_t tsc_of(unsigned cpu)
{
    return model.tsc[model.of[cpu]];
}

static void measure(struct repair_cpu out[CPUS])
{
    for (unsigned i = 0; i < CPUS; i++) {
        int64_t offset = tsc_of(i) - tsc_of(0);

        out[i] = (struct repair_cpu){{offset, offset}, model.adjust[i]};
        if (i) {
            out[i].offset.lo -= dice(model.noise);
            out[i].offset.hi += dice(model.noise);
        }
    }
}

static void write_adjust(unsigned cpu, int64_t adjust)
{
    model.tsc[model.of[cpu]] += adjust - model.adjust[cpu];
    model.adjust[cpu] = adjust;
    for (unsigned i = 0; model.one_register && i < CPUS; i++)
        if (model.of[i] == model.of[cpu])
            model.adjust[i] = adjust;
}

/* In step at the end, never below 0; and back again to the bit. */
static void repair_and_put_back(void)
{
    struct model was = model;
    struct repair_cpu seen[CPUS];
    struct repair_step step;
    unsigned writes = 0;

    for (;;) {
        measure(seen);
        step = repair_next(seen, CPUS);
        if (step.what != REPAIR_WRITE)
            break;
        assert_true(step.cpu < CPUS && step.adjust >= 0);
        assert_true(step.adjust != model.adjust[step.cpu]);
        assert_true(step.cpu || step.adjust > model.adjust[0]); /* the boot CPU's never goes back */
        assert_true(writes++ < MOST);
        write_adjust(step.cpu, step.adjust);
    }
    assert_int_equal(step.what, REPAIR_IN_STEP);
    for (unsigned i = 0; i < CPUS; i++) {
        int64_t off = tsc_of(i) - tsc_of(0);

        assert_true(off <= model.noise && off >= -model.noise);
    }
    for (unsigned i = CPUS; i-- > 0;)
        if (model.adjust[i] != was.adjust[i])
            write_adjust(i, was.adjust[i]);
    assert_memory_equal(model.adjust, was.adjust, sizeof was.adjust);
    assert_memory_equal(model.tsc, was.tsc, sizeof was.tsc);
}

/* `kind` in base 5 says of each CPU where it stands, and in base 3 what its adjustment says of that. */
static void every_machine_with(int64_t noise)
{
    static const int64_t places[] = {0, 100, -100, 7, 5000};

    for (unsigned share = 0; share < sizeof shared / sizeof *shared; share++)
        for (unsigned kind = 0; kind < 625u * 81u * 2u; kind++) {
            unsigned places_left = kind, adjusts_left = kind / 625;

            model = (struct model){
                .of = shared[share], .one_register = kind / 625 / 81, .noise = noise, .dice = kind};
            for (unsigned i = 0; i < CPUS; i++, places_left /= 5, adjusts_left /= 3) {
                int64_t place = places[places_left % 5];
                unsigned first = model.of[i];

                model.tsc[i] = place;
                model.adjust[i] = adjusts_left % 3 == 1 ? place : adjusts_left % 3 == 2 ? -60 : 0;
                if (model.one_register)
                    model.adjust[i] = model.adjust[first];
            }
            repair_and_put_back();
        }
}

static void every_machine_exactly(void **state)
{
    (void)state;
    every_machine_with(0);
}

static void every_machine_roughly(void **state)
{
    (void)state;
    every_machine_with(3);
    every_machine_with(40);
}

static struct repair_cpu known(int64_t lo, int64_t hi, int64_t adjust)
{
    return (struct repair_cpu){{lo, hi}, adjust};
}

static void assert_write(const struct repair_cpu *cpus, unsigned count, unsigned cpu, int64_t adjust)
{
    struct repair_step step = repair_next(cpus, count);

    assert_int_equal(step.what, REPAIR_WRITE);
    assert_int_equal(step.cpu, cpu);
    assert_int_equal(step.adjust, adjust);
}

/* To the tick, where firmware's own adjustment says how far it moved the TSC. */
static void to_the_tick(void **state)
{
    struct repair_cpu cpus[] = {known(0, 0, 0), known(990, 1030, 1000)};

    (void)state;
    assert_write(cpus, 2, 1, 0);
    cpus[1].adjust = 2000; /* it does not */
    assert_write(cpus, 2, 1, 990);
    cpus[0].adjust = 995;
    cpus[1].adjust = 2000;
    assert_write(cpus, 2, 1, 995);
}

/* One that is behind goes ahead. One that is ahead goes back, to 0 at most; else the boot CPU follows it. */
static void who_is_written(void **state)
{
    struct repair_cpu cpus[] = {known(0, 0, 0), known(-5, 5, 0), known(-1010, -990, 0)};

    (void)state;
    assert_write(cpus, 3, 2, 1000);
    cpus[2] = known(990, 1010, 1500);
    assert_write(cpus, 3, 2, 500);
    cpus[2] = known(990, 1010, 995); /* 1000 may be no more than 995 */
    assert_write(cpus, 3, 2, 0);
    cpus[2] = known(990, 1010, 300);
    assert_write(cpus, 3, 0, 700);
    cpus[0].adjust = 50;
    assert_write(cpus, 3, 0, 750);
    /* Below 0 as firmware left it: it need not stay there once it is written, and none that is not, is. */
    cpus[0].adjust = -5000;
    assert_write(cpus, 3, 0, 0);
    cpus[2] = known(-1010, -990, 0);
    assert_write(cpus, 3, 2, 1000);
    cpus[2] = known(-4, 4, -77);
    assert_int_equal(repair_next(cpus, 3).what, REPAIR_IN_STEP);
}

static void limits(void **state)
{
    struct repair_cpu cpus[] = {known(0, 0, 0), known(0, 0, 0)};

    (void)state;
    cpus[1].offset = OFFSET_UNKNOWN;
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_UNKNOWN);
    assert_int_equal(repair_next(cpus, 2).cpu, 1);
    cpus[1].offset = (struct offset){7, 6};
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_UNKNOWN);
    cpus[1].offset = (struct offset){REPAIR_FARTHEST, REPAIR_FARTHEST};
    assert_write(cpus, 2, 0, REPAIR_FARTHEST);
    cpus[1].adjust = -REPAIR_FARTHEST;
    cpus[0].adjust = REPAIR_FARTHEST;
    assert_write(cpus, 2, 0, REPAIR_FARTHEST + 2 * REPAIR_FARTHEST);
    cpus[1].offset.hi++;
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_TOO_FAR);
    cpus[1].offset = (struct offset){-REPAIR_FARTHEST - 1, 0};
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_TOO_FAR);
    cpus[1] = known(1, 1, INT64_MAX);
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_TOO_FAR);
    cpus[1] = known(0, 0, 0);
    cpus[0].adjust = INT64_MIN;
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_TOO_FAR);
    assert_int_equal(repair_next(cpus, 2).cpu, 0);
    cpus[0].adjust = 0;
    assert_int_equal(repair_next(cpus, 2).what, REPAIR_IN_STEP);
    assert_int_equal(repair_next(cpus, 1).what, REPAIR_IN_STEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_machine_exactly),
        cmocka_unit_test(every_machine_roughly),
        cmocka_unit_test(to_the_tick),
        cmocka_unit_test(who_is_written),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
