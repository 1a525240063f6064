/* sources: guest/witness.c */
/* flags: -include test/unit/seed_guest.h */
/*
 * The witness on the host: VCPUs read in an order that the test gives, each by its own record and TSC. What
 * goes back on one VCPU, between two, in one direction or by a TSC alone is told as exactly that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../guest/clock.h"
#include "../../guest/outside.h"
#include "../../guest/resume.h"
#include "../../guest/wall_witness.h"
#include "../../guest/witness.h"

#define VCPUS 3u
#define BOUND 100u /* that of each record, with the growth of at least 1 ns */

union vcpu_stack vcpu_stacks[MAX_VCPUS];
static struct meridian_record page[MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const pages[] = {page};
static uint64_t shared_ns;
static unsigned self;

/* One read: on which VCPU, and what its TSC is (a tick is a ns). */
struct turn {
    unsigned vcpu;
    uint64_t tsc;
};
static const struct turn *turns;
static unsigned count, next;

uint64_t fake_tsc(void)
{
    return turns[next].tsc;
}

struct vcpu *vcpu_self(void)
{
    return vcpu_of(self);
}

static uint64_t where(void)
{
    return self;
}

struct meridian_clock guest_clock = {.common = page, .pages = pages, .where = where, .last_ns = &shared_ns};

enum clock_mode clock_mode_of(const struct meridian_sample *sample)
{
    return sample->flags & MERIDIAN_FLAG_TSC_STABLE ? CLOCK_UNIFIED : CLOCK_PERCPU;
}

void mailbox_poll(uint32_t id)
{
    (void)id;
}

void wall_witness_poll(uint32_t id)
{
    (void)id;
}

void resume_poll(uint32_t id)
{
    (void)id;
}

/* After each read the next VCPU reads, inside the last one's turn: so every one goes on where it was. */
static void then(const struct meridian_sample *sample)
{
    (void)sample;
    if (++next == count) {
        witness_stop();
        return;
    }
    self = turns[next].vcpu;
    witness_run(&vcpu_of(self)->witness, then);
}

/* A tick is a ns on every line; each VCPU's is ahead by so much. */
static void slots_say(uint8_t flags, int64_t ahead_0, int64_t ahead_1, int64_t ahead_2)
{
    const int64_t ahead[] = {0, ahead_0, ahead_1, ahead_2};

    for (unsigned slot = 0; slot <= VCPUS; slot++)
        page[slot] = (struct meridian_record){.tsc_timestamp = 1000,
                                              .system_time = (uint64_t)(1000000 + ahead[slot]),
                                              .tsc_to_system_mul = 0x80000000u,
                                              .tsc_shift = 1,
                                              .flags = flags,
                                              .err_ns = BOUND - 1};
}

struct outcome {
    struct witness of[VCPUS], total;
};

/* In a process of its own: a witness that has stopped does not begin again. */
static struct outcome witnessed(const struct turn *order, unsigned turns_count)
{
    struct outcome *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct outcome told;
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        turns = order;
        count = turns_count;
        self = turns[0].vcpu;
        for (unsigned id = 0; id < VCPUS; id++)
            vcpu_of(id)->id = id;
        witness_init(VCPUS);
        witness_run(&vcpu_of(self)->witness, then);
        for (unsigned id = 0; id < VCPUS; id++)
            shared->of[id] = vcpu_of(id)->witness;
        shared->total = witness_total();
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
    told = *shared;
    munmap(shared, sizeof *shared);
    return told;
}

#define WITNESSED(...)                            \
    witnessed((const struct turn[]){__VA_ARGS__}, \
              sizeof((const struct turn[]){__VA_ARGS__}) / sizeof(struct turn))

#define UNIFIED MERIDIAN_FLAG_TSC_STABLE

static void assert_steps(const struct outcome *o, unsigned vcpu, uint64_t own, uint64_t global,
                         uint64_t behind_ns)
{
    assert_int_equal(o->of[vcpu].back_self, own);
    assert_int_equal(o->of[vcpu].back_global, global);
    assert_int_equal(o->of[vcpu].behind_ns, behind_ns);
}

static void what_goes_on_is_not_counted(void **state)
{
    (void)state;
    slots_say(UNIFIED, 0, 0, 0);
    struct outcome o = WITNESSED({0, 2000}, {1, 2000}, {2, 2001}, {1, 2002}, {0, 2002});

    assert_int_equal(o.total.reads, 5);
    assert_int_equal(o.of[0].reads, 2);
    assert_int_equal(o.of[1].reads, 2);
    assert_int_equal(o.of[2].reads, 1);
    for (unsigned id = 0; id < VCPUS; id++)
        assert_steps(&o, id, 0, 0, 0);
    assert_int_equal(o.total.back_self + o.total.back_global + o.total.worst_ns + o.total.tsc_behind_ns, 0);
}

/* VCPU 1 is behind: seen there, and nowhere else. Its first read is a point too. */
static void one_tsc_behind_is_seen_between_two(void **state)
{
    (void)state;
    slots_say(UNIFIED, 0, 0, 0);
    struct outcome o = WITNESSED({0, 2000}, {1, 1993}, {2, 2001}, {1, 1999}, {0, 2002});

    assert_steps(&o, 0, 0, 0, 0);
    assert_steps(&o, 1, 0, 3, 7);
    assert_steps(&o, 2, 0, 0, 0);
    assert_int_equal(o.total.back_global, 3);
    assert_int_equal(o.total.worst_ns, 7);
    assert_int_equal(o.total.behind_ns, 7);
    assert_int_equal(o.of[0].tsc_behind_ns, 0);
    assert_int_equal(o.of[1].tsc_behind_ns, 7);
    assert_int_equal(o.total.tsc_behind_ns, 7);
}

static void one_vcpu_goes_back_by_itself(void **state)
{
    (void)state;
    slots_say(UNIFIED, 0, 0, 0);
    struct outcome o = WITNESSED({2, 2000}, {2, 2000}, {2, 1990}, {2, 2005}, {2, 2004});

    assert_steps(&o, 2, 2, 0, 0);
    assert_int_equal(o.total.worst_ns, 10);
    assert_int_equal(o.total.back_self, 2);
    assert_int_equal(o.total.tsc_behind_ns, 0);
}

/* In per-CPU mode two bounds are allowed, to the ns; more is a step between VCPUs. */
static void two_bounds_are_allowed(void **state)
{
    (void)state;
    slots_say(0, 0, -2 * (int)BOUND, 0);
    struct outcome o = WITNESSED({0, 2000}, {1, 2000});

    assert_steps(&o, 1, 0, 0, 2 * BOUND);
    slots_say(0, 0, -2 * (int)BOUND - 1, 0);
    o = WITNESSED({0, 2000}, {1, 2000}, {2, 2000});
    assert_steps(&o, 0, 0, 0, 0);
    assert_steps(&o, 1, 0, 1, 2 * BOUND + 1);
    assert_steps(&o, 2, 0, 0, 0);
    assert_int_equal(o.total.worst_ns, 2 * BOUND + 1);
}

/* Only the line of VCPU 1 is ahead: all others see that, and it does not. Its TSC is in step. */
static void one_slot_ahead_is_seen_by_the_others(void **state)
{
    (void)state;
    slots_say(0, 0, 5000, 0);
    struct outcome o = WITNESSED({0, 2000}, {1, 2010}, {0, 2020}, {2, 2030}, {1, 2040});

    assert_steps(&o, 0, 0, 1, 4990);
    assert_steps(&o, 1, 0, 0, 0);
    assert_steps(&o, 2, 0, 1, 4980);
    assert_int_equal(o.total.tsc_behind_ns, 0);
}

/* TSCs seconds apart, and lines that make up for it: no read shows it but that of the TSC. */
static void tscs_are_told_apart_whatever_records_say(void **state)
{
    (void)state;
    slots_say(0, 0, -3000000, 0);
    struct outcome o = WITNESSED({0, 2000}, {1, 3002010}, {0, 2020});

    assert_steps(&o, 0, 0, 0, 0);
    assert_int_equal(o.of[0].tsc_behind_ns, 2999990);
    assert_int_equal(o.of[1].tsc_behind_ns, 0);
    assert_int_equal(o.total.tsc_behind_ns, 2999990);
}

static void without_a_bound_any_distance_is_allowed(void **state)
{
    (void)state;
    slots_say(0, 0, -900000, 0);
    page[2].err_ns = MERIDIAN_UNKNOWN_NS;
    struct outcome o = WITNESSED({0, 2000}, {1, 2000}, {0, 2001});

    assert_steps(&o, 0, 0, 0, 0);
    assert_steps(&o, 1, 0, 0, 900000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_on_is_not_counted),
        cmocka_unit_test(one_tsc_behind_is_seen_between_two),
        cmocka_unit_test(one_vcpu_goes_back_by_itself),
        cmocka_unit_test(two_bounds_are_allowed),
        cmocka_unit_test(one_slot_ahead_is_seen_by_the_others),
        cmocka_unit_test(tscs_are_told_apart_whatever_records_say),
        cmocka_unit_test(without_a_bound_any_distance_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
