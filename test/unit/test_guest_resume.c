/* sources: guest/timers.c guest/clock.c guest/assumed.c hv/time/publish.c */
/* flags: -include test/unit/seed_guest.h */
/* A VCPU that was down for long: what its tick and its timeouts make of it when it is up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xen/vcpu.h>

#include "../../guest/clock.h"
#include "../../guest/system.h"
#include "../../guest/timers.h"
#include "time/publish.h"

#define START_NS 5000000000ull
#define DAY_NS   (86400ull * 1000000000)
#define APART_NS 133500000ull /* one timeout and the next */

static struct vcpu vcpus[2];
static unsigned self;
static uint64_t now_ns, period_ns, deadline_ns;
static unsigned periods_asked, deadlines_asked;
static struct meridian_record page[MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const pages[] = {page};

uint64_t fake_tsc(void)
{
    return now_ns;
}

struct vcpu *vcpu_self(void)
{
    return &vcpus[self];
}

struct shared_info shared_info;

void print(const char *format, ...)
{
    (void)format;
}

long memory_map(void *mapped, uint64_t mfn, bool writable)
{
    (void)mapped, (void)mfn, (void)writable;
    return -1;
}

long hypercall(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)d;
    if (number == __HYPERVISOR_set_timer_op) {
        deadline_ns = a;
        deadlines_asked++;
        return 0;
    }
    assert_int_equal(number, __HYPERVISOR_vcpu_op);
    assert_int_equal(b, self);
    if (a == VCPUOP_set_periodic_timer) {
        period_ns = ((const struct vcpu_set_periodic_timer *)(uintptr_t)c)->period_ns;
        periods_asked++;
        return 0;
    }
    assert_int_equal(a, VCPUOP_set_singleshot_timer);
    deadline_ns = ((const struct vcpu_set_singleshot_timer *)(uintptr_t)c)->timeout_abs_ns;
    deadlines_asked++;
    return 0;
}

/* System time is the fake TSC; each VCPU's record is as fresh as it can be. */
static void at(uint64_t ns)
{
    const struct published data = {.line = {.tsc = ns, .ns = ns, .scale = {0x80000000u, 1}}};

    now_ns = ns;
    for (unsigned slot = 1; slot <= 2; slot++) {
        uint32_t version = page[slot].version1;

        record_begin(&page[slot], version);
        record_fill(&page[slot], &data);
        record_end(&page[slot], version);
    }
}

static void upcall(uint64_t ns)
{
    at(ns);
    tick_run(ns);
    timeouts_run(ns);
}

/* Each test begins where the one before left VCPU 0's jiffies: they are the guest's for good. */
static void begin(unsigned vcpu)
{
    memset(vcpus, 0, sizeof vcpus);
    vcpus[1].id = 1;
    self = vcpu;
    guest_clock.pages = pages;
    at(START_NS);
    assert_int_equal(tick_start(), 0);
    timeouts_start();
    periods_asked = deadlines_asked = 0;
}

static void resume(uint64_t ns)
{
    at(ns);
    assert_int_equal(tick_start(), 0);
    timeouts_resume(ns);
}

/* The seed's VCPU started from a shadow of 0: 8.6 million turns after a day, each a tick's work. */
static void a_day_down_is_no_tick(void **state)
{
    (void)state;
    begin(1);
    upcall(START_NS + TICK_NS);
    assert_int_equal(vcpus[1].tick.ticks, 1);
    resume(START_NS + DAY_NS);
    upcall(START_NS + DAY_NS + TICK_NS - 1);
    assert_int_equal(vcpus[1].tick.ticks, 1);
    upcall(START_NS + DAY_NS + TICK_NS);
    assert_int_equal(vcpus[1].tick.ticks, 2);
    assert_int_equal(vcpus[1].tick.processed_system_time, START_NS + DAY_NS + TICK_NS);
    assert_int_equal(period_ns, TICK_NS);
    assert_int_equal(periods_asked, 1);
    assert_int_equal(vcpus[1].tick.back, 0);
}

/* One that was taken down by another finds out at its first tick: one upcall, all of the time. */
static void a_day_down_unawares_is_one_tick(void **state)
{
    (void)state;
    begin(0);
    jiffies = 0;
    upcall(START_NS + DAY_NS + 3 * TICK_NS + 1);
    assert_int_equal(vcpus[0].tick.ticks, 1);
    assert_int_equal(jiffies, DAY_NS / TICK_NS + 3);
    assert_int_equal(tick_jiffies_behind(), 0);
    at(START_NS + DAY_NS + 6 * TICK_NS);
    assert_int_equal(tick_jiffies_behind(), 3);
}

/* Jiffies are of system time: VCPU 0's go on as if it had been there. */
static void jiffies_go_on_after_a_day(void **state)
{
    (void)state;
    begin(0);
    upcall(START_NS + 2 * TICK_NS);
    resume(START_NS + DAY_NS);
    upcall(START_NS + DAY_NS + TICK_NS);
    assert_int_equal(jiffies, DAY_NS / TICK_NS + 1);
    assert_int_equal(vcpus[0].tick.ticks, 2);
}

static void a_timeout_to_come_is_set_again_as_it_was(void **state)
{
    (void)state;
    begin(1);
    resume(START_NS + APART_NS - 1);
    assert_int_equal(deadlines_asked, 1);
    assert_int_equal(deadline_ns, START_NS + APART_NS);
    upcall(START_NS + APART_NS);
    assert_int_equal(vcpus[1].timeouts.fired, 1);
    assert_int_equal(vcpus[1].timeouts.late_ns, 0);
    assert_int_equal(vcpus[1].timeouts.overslept, 0);
    assert_int_equal(vcpus[1].timeouts.set, 2);
}

static void a_timeout_that_is_over_is_told_from_a_late_one(void **state)
{
    (void)state;
    begin(1);
    resume(START_NS + DAY_NS);
    assert_int_equal(vcpus[1].timeouts.overslept, 1);
    assert_int_equal(vcpus[1].timeouts.fired, 0);
    assert_int_equal(deadlines_asked, 1);
    assert_int_equal(deadline_ns, START_NS + DAY_NS + APART_NS);
    upcall(START_NS + DAY_NS + 1); /* the old one's event, that waited */
    assert_int_equal(vcpus[1].timeouts.fired, 0);
    upcall(START_NS + DAY_NS + APART_NS + 7);
    assert_int_equal(vcpus[1].timeouts.fired, 1);
    assert_int_equal(vcpus[1].timeouts.late_ns, 7);
    assert_int_equal(vcpus[1].timeouts.set, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_down_is_no_tick),
        cmocka_unit_test(a_day_down_unawares_is_one_tick),
        cmocka_unit_test(jiffies_go_on_after_a_day),
        cmocka_unit_test(a_timeout_to_come_is_set_again_as_it_was),
        cmocka_unit_test(a_timeout_that_is_over_is_told_from_a_late_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
