/* sources: hv/cpu/lock.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/* The spin lock, by CPUs that take turns (turns.h): one at a time has it, with interrupts off for as long. */
#include "turns.h"

#include "cpu/lock.h"
#include "log/panic.h"

#define RUNS  300u
#define TAKES 5u

static struct lock lock = LOCK_INIT("a test's");
static unsigned inside, taken, refused;
static bool irqs_on[TURN_CPUS], alone;

bool cpu_has_hypervisor(void)
{
    return false;
}

bool irq_save(void)
{
    bool were_on = irqs_on[cpu_id()];

    irqs_on[cpu_id()] = false;
    return were_on;
}

void irq_restore(bool were_on)
{
    assert_false(alone && were_on && lock.held); /* an interrupt's handler may want it */
    irqs_on[cpu_id()] = irqs_on[cpu_id()] || were_on;
}

void panic(const char *format, ...)
{
    (void)format;
    fail_msg("the lock was not released");
    abort();
}

/* With the lock: nobody else is here, and no interrupt comes. */
static void work(void)
{
    assert_int_equal(++inside, 1);
    assert_false(irqs_on[cpu_id()]);
    for (unsigned i = 0; i < 5; i++)
        turn();
    assert_false(irqs_on[cpu_id()]);
    inside--;
    taken++;
}

static void take_often(void)
{
    for (unsigned i = 0; i < TAKES; i++) {
        bool before = irqs_on[cpu_id()] = turn_draw(2), were_on = lock_take(&lock);

        assert_int_equal(were_on, before);
        work();
        lock_release(&lock, were_on);
        assert_int_equal(irqs_on[cpu_id()], before);
    }
}

static void try_often(void)
{
    for (unsigned i = 0; i < TAKES;) {
        bool before = irqs_on[cpu_id()] = turn_draw(2), were_on;

        if (lock_try(&lock, &were_on)) {
            work();
            lock_release(&lock, were_on);
            i++;
        } else {
            refused++;
        }
        assert_int_equal(irqs_on[cpu_id()], before);
    }
}

static void one_at_a_time_has_it(void **state)
{
    (void)state;
    refused = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        turns_new(3, run);
        taken = inside = 0;
        turns.of[0].runs = turns.of[1].runs = take_often;
        turns.of[2].runs = try_often;
        assert_true(turns_run());
        assert_int_equal(taken, 3 * TAKES);
        assert_int_equal(lock.held, 0);
    }
    assert_true(refused > RUNS);
}

static void interrupts_come_on_when_it_is_free(void **state)
{
    (void)state;
    turns_new(1, 1);
    taken = inside = 0;
    alone = true;
    turns.of[0].runs = take_often;
    assert_true(turns_run());
    alone = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time_has_it),
        cmocka_unit_test(interrupts_come_on_when_it_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
