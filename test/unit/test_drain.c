/* sources: hv/drain.c */
/* flags: -include test/unit/fake_percpu.h */
/* Which CPU drains the log, how long at a time, and when it leaves that alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drain.h"
#include "keeper.h"
#include "log/log.h"

#define MS 1000000ull

static unsigned cpu;
static uint64_t now_ns, free_ns;
static struct timer *armed[2]; /* of each CPU */
static uint64_t due_ns[2];

static size_t waiting;
static uint64_t byte_ns; /* so long the port takes for one; 0: it takes none */
static unsigned slices, given_up, taken_over;

unsigned cpu_id(void)
{
    return cpu;
}

uint64_t keeper_now_ns(void)
{
    return now_ns;
}

uint64_t keeper_free_ns(void)
{
    return free_ns;
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    armed[cpu] = timer;
    due_ns[cpu] = deadline_ns;
}

size_t log_waiting(void)
{
    return waiting;
}

size_t log_drain(bool (*go_on)(void))
{
    size_t count = 0;

    slices++;
    for (; byte_ns && waiting && go_on(); count++, waiting--)
        now_ns += byte_ns;
    return count;
}

void log_drain_again(void)
{
    taken_over++;
}

void log_give_up_port(void)
{
    given_up++;
    waiting = 0;
}

static void comes(unsigned which)
{
    cpu = which;
    now_ns = due_ns[cpu] > now_ns ? due_ns[cpu] : now_ns;
    armed[cpu]->expired(armed[cpu], now_ns);
}

static int begin(void **state)
{
    (void)state;
    free_ns = 100 * MS;
    byte_ns = 1000;
    waiting = 0;
    slices = given_up = taken_over = 0;
    now_ns += 10000 * MS;
    for (cpu = 0; cpu < 2; cpu++)
        drain_start_cpu();
    return 0;
}

/* First: CPU 0 drains from the start on. */
static void a_slice_is_short_and_looks_come_first(void **state)
{
    uint64_t began;

    (void)state;
    comes(0);
    assert_int_equal(slices, 0);
    assert_int_equal(due_ns[0] - now_ns, 10 * MS);
    waiting = 1000;
    began = due_ns[0];
    comes(0);
    assert_int_equal(slices, 1);
    assert_true(now_ns - began >= 50000 && now_ns - began <= 50000 + byte_ns);
    assert_int_equal(due_ns[0] - began, 1 * MS);
    free_ns = 199999;
    comes(0);
    assert_int_equal(slices, 1);
}

static void another_goes_on_where_it_is_gone(void **state)
{
    (void)state;
    waiting = 100;
    comes(0);
    comes(1);
    assert_int_equal(taken_over, 0);
    for (unsigned i = 0; i < 4 && !taken_over; i++)
        comes(1); /* and CPU 0 does not */
    assert_int_equal(taken_over, 1);
    assert_true(now_ns >= 500 * MS);
    slices = 0;
    waiting = 100;
    comes(1);
    assert_int_equal(slices, 1);
    due_ns[0] = now_ns;
    comes(0); /* it was only frozen: there is one that drains */
    assert_int_equal(slices, 1);
    assert_int_equal(taken_over, 1);
}

/* Last, as CPU 1 drains by now. */
static void a_port_that_takes_nothing_is_given_up(void **state)
{
    uint64_t began = now_ns;

    (void)state;
    comes(1); /* it was gone too, by its own count: it goes on */
    waiting = 100;
    byte_ns = 0;
    for (unsigned i = 0; i < 3000 && !given_up; i++)
        comes(1);
    assert_int_equal(given_up, 1);
    assert_true(now_ns - began >= 1000 * MS && now_ns - began < 1300 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_slice_is_short_and_looks_come_first, begin),
        cmocka_unit_test_setup(another_goes_on_where_it_is_gone, begin),
        cmocka_unit_test_setup(a_port_that_takes_nothing_is_given_up, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
