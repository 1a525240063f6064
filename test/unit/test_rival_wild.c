/* sources: test/sim/rival.c test/sim/rival_kvm.c test/sim/rival_linux.c test/sim/rival_seed.c test/sim/rival_seed_parts.c test/sim/rival_xen.c test/sim/rival_score.c */
/* flags: -lm */
/* The models on clocks gone mad: TSCs and reference that jump, stand still, go back. They must go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../sim/rival_model.h"
#include "../sim/rival_score.h"
#include "random.h"

#define CPUS    5u
#define EVENTS  3000u
#define SEEDS   40u
#define YEAR_NS (365ull * 86400 * SECOND_NS)

struct wild {
    struct rival_world world;
    struct random r;
    uint64_t now_ns, count;
    uint64_t tsc[CPUS];
};

static struct wild *wild_of(void *self)
{
    return self;
}

static uint64_t draw(struct wild *w)
{
    return random_next(&w->r);
}

/* On as it should, most times; else not at all, far on, or anywhere. */
static uint64_t mad(struct wild *w, uint64_t value, uint64_t step)
{
    switch (draw(w) % 16) {
    case 0: return value;
    case 1: return value - draw(w) % (step + 1);
    case 2: return draw(w) >> (draw(w) % 64);
    case 3: return value + (draw(w) >> (draw(w) % 64));
    default: return value + step;
    }
}

static uint64_t now(void *self)
{
    return wild_of(self)->now_ns;
}

static uint64_t tsc(void *self, unsigned cpu)
{
    struct wild *w = wild_of(self);

    return w->tsc[cpu] = mad(w, w->tsc[cpu], draw(w) % (4 * SECOND_NS));
}

static uint64_t count(void *self)
{
    struct wild *w = wild_of(self);

    w->count = mad(w, w->count, draw(w) % 100000000);
    return w->world.ref_bits < 64 ? w->count & ((1ull << w->world.ref_bits) - 1) : w->count;
}

static uint64_t delay(void *self, enum rival_delay what, unsigned cpu)
{
    struct wild *w = wild_of(self);

    (void)what, (void)cpu;
    return draw(w) % 8 ? draw(w) % 5000 : draw(w) % (5 * SECOND_NS);
}

static uint64_t still(void *self, unsigned cpu)
{
    (void)self;
    return cpu;
}

static uint64_t still_count(void *self)
{
    (void)self;
    return 7;
}

static void run(const struct rival_kind *kind, uint64_t seed, const struct wild *like)
{
    struct wild w = *like;
    struct score *s = calloc(1, sizeof(*s));
    struct rival *r;
    unsigned cpu, events = 0;
    uint64_t at_ns;

    w.world.self = &w;
    w.r.state = seed;
    r = rival_new(kind, &w.world, CPUS);
    for (; events < EVENTS && (at_ns = rival_next_ns(r, &cpu)) != RIVAL_NEVER; events++) {
        w.now_ns = at_ns > w.now_ns ? at_ns : w.now_ns;
        w.now_ns += draw(&w) % 8 ? 0 : draw(&w) % SECOND_NS;
        rival_event(r, cpu);
        for (unsigned i = 0; i < CPUS; i++)
            if (rival_reads(r, i))
                score_read(s, i, rival_read(r, i), (int64_t)w.now_ns);
    }
    assert_int_equal(events, EVENTS); /* nobody waits for ever */
    assert_true(w.now_ns < 100 * YEAR_NS);
    for (unsigned i = 0; i < CPUS; i++)
        assert_true(rival_reads(r, i));
    score_end(s);
    assert_true(s->reads > EVENTS);
    rival_free(r);
    free(s);
}

static void they_go_on_whatever_the_clocks_do(void **state)
{
    static const struct {
        uint64_t num, den;
        unsigned bits;
    } references[] = {{10, 1, 64}, {88000, 315, 24}, {88000, 105, 16}};
    struct wild like = {.world = {.now_ns = now, .tsc = tsc, .count = count, .delay_ns = delay}};

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        like.world.ref_num = references[seed % 3].num;
        like.world.ref_den = references[seed % 3].den;
        like.world.ref_bits = references[seed % 3].bits;
        for (unsigned kind = 0; rival_kinds[kind]; kind++)
            run(rival_kinds[kind], seed, &like);
    }
}

/* From the start on nothing moves: no division by what did not pass, no loop that waits for it. */
static void they_start_on_clocks_that_stand_still(void **state)
{
    const struct rival_world world = {.now_ns = now,
                                      .tsc = still,
                                      .count = still_count,
                                      .delay_ns = delay,
                                      .ref_num = 10,
                                      .ref_den = 1,
                                      .ref_bits = 64};

    (void)state;
    for (unsigned kind = 0; rival_kinds[kind]; kind++) {
        struct wild w = {.world = world};
        struct rival *r;
        unsigned cpu;
        uint64_t at_ns;

        w.world.self = &w;
        r = rival_new(rival_kinds[kind], &w.world, CPUS);
        for (unsigned events = 0; events < 200 && (at_ns = rival_next_ns(r, &cpu)) != RIVAL_NEVER; events++) {
            w.now_ns = at_ns;
            rival_event(r, cpu);
        }
        assert_true(rival_reads(r, 0));
        assert_true(rival_read(r, 0) <= w.now_ns);
        rival_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_go_on_whatever_the_clocks_do),
        cmocka_unit_test(they_start_on_clocks_that_stand_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
