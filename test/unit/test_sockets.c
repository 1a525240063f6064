/* sources: hv/check/sockets.c */
/* The worst CPU of each socket, and who is farthest apart within one and between two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/figures.h"

#define MOST 256u

static struct cpu_evidence cpus[MOST];
static struct evidence evidence = {.cpus = cpus};
static struct sockets sockets;

/* All in step: in `count` sockets by turns, or in blocks of `block`. */
static void machine(unsigned count, unsigned block, unsigned of)
{
    evidence.count = count;
    for (unsigned i = 0; i < count; i++) {
        cpus[i] = (struct cpu_evidence){.seen = {.state = KEEPER_CPU_ONLINE, .offset_bound_ns = i ? 40 : 0}};
        cpus[i].facts.place = (struct cpu_place){.from = "0Bh", .socket = i / block % of * 3};
    }
}

static void find(unsigned count)
{
    sockets_find(&evidence, &sockets);
    assert_int_equal(sockets.count, count);
}

static void pair(const struct apart *apart, unsigned ahead, unsigned behind, uint64_t ns, uint64_t bound_ns)
{
    assert_int_equal(apart->ahead, ahead);
    assert_int_equal(apart->behind, behind);
    assert_int_equal(apart->ns, ns);
    assert_int_equal(apart->bound_ns, bound_ns);
}

static void one_or_too_many_are_none(void **state)
{
    (void)state;
    machine(16, 16, 16);
    find(0);
    machine(256, 1, 256); /* CPUs that are sockets of their own */
    find(0);
    machine(64, 1, 64);
    find(64);
    machine(16, 4, 4);
    cpus[7].facts.place.from = NULL;
    find(0);
}

static void they_are_listed(void **state)
{
    (void)state;
    machine(64, 8, 8);
    find(8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(sockets.of[i].number, 3 * i);
        assert_int_equal(sockets.of[i].cpus, 8);
        assert_int_equal(sockets.of[i].worst, 8 * i);
    }
    machine(16, 1, 4); /* by turns */
    find(4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(sockets.of[i].cpus, 4);
}

/* Each kind is worse than the one before, whatever the offsets. */
static void the_worst_of_each(void **state)
{
    (void)state;
    machine(16, 8, 2);
    cpus[9].seen.offset_ns = -30;
    cpus[10].seen.offset_ns = 20;
    find(2);
    assert_int_equal(sockets.of[1].worst, 9);
    cpus[11].seen.offset_bound_ns = 1000;
    cpus[11].seen.offset_ns = 900;
    find(2);
    assert_int_equal(sockets.of[1].worst, 11); /* the largest one, as nothing is certain */
    cpus[10].seen.offset_ns = 50;
    find(2);
    assert_int_equal(sockets.of[1].worst, 10); /* its offset is no chance */
    cpus[10].seen.offset_ns = 0;
    cpus[12].seen.rate_ppb = -300;
    cpus[12].seen.rate_bound_ppb = 200;
    find(2);
    assert_int_equal(sockets.of[1].worst, 12);
    cpus[13].seen.offset_bound_ns = UINT64_MAX;
    find(2);
    assert_int_equal(sockets.of[1].worst, 13);
    cpus[14].seen.state = KEEPER_CPU_STOPPED;
    find(2);
    assert_int_equal(sockets.of[1].worst, 14);
    cpus[14].seen.state = KEEPER_CPU_ONLINE;
    cpus[15].seen.state = KEEPER_CPU_LEFT_OUT;
    find(2);
    assert_int_equal(sockets.of[1].worst, 15);
    assert_int_equal(sockets.of[0].worst, 0);
}

/* A socket that lies beside the others as a whole, and a core that does within its own. */
static void apart_within_and_between(void **state)
{
    (void)state;
    machine(16, 4, 4);
    for (unsigned i = 8; i < 12; i++)
        cpus[i].seen.offset_ns = (int64_t)i - 5000;
    cpus[14].seen.offset_ns = 200;
    cpus[15].seen.offset_ns = -7;
    cpus[14].seen.offset_bound_ns = 60;
    find(4);
    pair(&sockets.within, 14, 15, 207, 100);
    pair(&sockets.between, 14, 8, 5192, 100);
}

static void what_is_not_known_is_no_pair(void **state)
{
    (void)state;
    machine(2, 1, 2);
    find(2);
    pair(&sockets.within, 0, 0, 0, 0);
    pair(&sockets.between, 0, 1, 0, 40); /* equal, and still a pair */
    cpus[1].seen.offset_bound_ns = UINT64_MAX;
    find(2);
    pair(&sockets.between, 0, 0, 0, 0);
    machine(4, 2, 2);
    find(2);
    assert_int_not_equal(sockets.within.ahead, sockets.within.behind);
    cpus[1].seen.state = KEEPER_CPU_LEFT_OUT;
    cpus[1].seen.offset_ns = 77;
    find(2);
    pair(&sockets.within, 2, 3, 0, 80);
    cpus[3].seen.offset_ns = INT64_MAX;
    cpus[2].seen.offset_ns = INT64_MIN;
    find(2);
    pair(&sockets.within, 3, 2, UINT64_MAX, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_or_too_many_are_none),
        cmocka_unit_test(they_are_listed),
        cmocka_unit_test(the_worst_of_each),
        cmocka_unit_test(apart_within_and_between),
        cmocka_unit_test(what_is_not_known_is_no_pair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
