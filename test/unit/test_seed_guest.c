/* sources: guest/timers.c guest/clock.c guest/assumed.c hv/time/publish.c */
/* flags: -include test/unit/seed_guest.h */
/*
 * What the patch of 2005 did wrong in the guest's tick (docs/mutation.md has the list), tried on our guest's
 * own file: where a VCPU's ticks begin, and what it makes of a TSC that is before its stamp.
 */
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

#define DAY_NS (86400ull * 1000000000)

static struct vcpu vcpus[2];
static unsigned self;
static uint64_t tsc_now, period_asked_ns;
static struct meridian_record page[MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const pages[] = {page};

uint64_t fake_tsc(void)
{
    return tsc_now;
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
    assert_int_equal(number, __HYPERVISOR_vcpu_op);
    assert_int_equal(a, VCPUOP_set_periodic_timer);
    assert_int_equal(b, self);
    period_asked_ns = ((const struct vcpu_set_periodic_timer *)(uintptr_t)c)->period_ns;
    return 0;
}

/* A TSC of 1 GHz, at `tsc` when system time is `ns`. */
static void publish(unsigned vcpu, uint64_t tsc, uint64_t ns)
{
    const struct published data = {.line = {.tsc = tsc, .ns = ns, .scale = {0x80000000u, 1}}};
    struct meridian_record *record = &page[vcpu + 1];
    uint32_t version = record->version1;

    record_begin(record, version);
    record_fill(record, &data);
    record_end(record, version);
}

static int fresh(void **state)
{
    (void)state;
    memset(vcpus, 0, sizeof vcpus);
    memset(page, 0, sizeof page);
    vcpus[1].id = 1;
    self = 0;
    guest_clock.pages = pages;
    jiffies = 0;
    return 0;
}

static void upcall(uint64_t now_tsc)
{
    tsc_now = now_tsc;
    tick_run(clock_raw_ns(&vcpu_self()->upcall_counts));
}

/* From a shadow that was never filled in, that is from 0: 8.64 million ticks to catch up with after a day. */
static void seed_vcpu_up_after_a_day(void **state)
{
    (void)state;
    self = 1;
    publish(1, 5000, DAY_NS);
    tsc_now = 5000 + 3000000;
    assert_int_equal(tick_start(), 0);
    assert_int_equal(period_asked_ns, TICK_NS);
    assert_int_equal(vcpus[1].tick.processed_system_time, DAY_NS + 3000000);
    upcall(5000 + 3000000 + TICK_NS - 1);
    assert_int_equal(vcpus[1].tick.ticks, 0);
    upcall(5000 + 3000000 + TICK_NS);
    assert_int_equal(vcpus[1].tick.ticks, 1);
    assert_int_equal(vcpus[1].tick.processed_system_time, DAY_NS + 3000000 + TICK_NS);
    assert_int_equal(jiffies, 0); /* VCPU 0's work */
}

/* On VCPU 0 jiffies count from its own beginning, and by time: three ticks late are three at once. */
static void seed_ticks_are_counted_by_time(void **state)
{
    (void)state;
    publish(0, 0, DAY_NS);
    tsc_now = 0;
    tick_start();
    upcall(35 * TICK_NS / 10);
    assert_int_equal(jiffies, 3);
    assert_int_equal(vcpus[0].tick.ticks, 1);
    upcall(40 * TICK_NS / 10);
    assert_int_equal(jiffies, 4);
    assert_int_equal(vcpus[0].tick.processed_system_time, DAY_NS + 4 * TICK_NS);
}

/* Unsigned, a TSC 100 ticks before the stamp is 208 days at 1 GHz: 1.8e9 turns of the loop over ticks. */
static void seed_tick_with_a_tsc_before_the_stamp(void **state)
{
    (void)state;
    publish(0, 1000, DAY_NS);
    tsc_now = 1000;
    tick_start();
    publish(0, 1000 + TICK_NS, DAY_NS + TICK_NS);
    upcall(900 + TICK_NS);
    assert_int_equal(jiffies, 1);
    assert_int_equal(vcpus[0].tick.ticks, 1);
    assert_int_equal(vcpus[0].tick.back, 0);
    assert_int_equal(vcpus[0].tick.processed_system_time, DAY_NS + TICK_NS);
    assert_int_equal(vcpus[0].upcall_counts.early, 1);
}

/* 'Time went backwards': said, and no tick's work done twice. */
static void seed_time_went_backwards(void **state)
{
    (void)state;
    publish(0, 0, DAY_NS);
    tsc_now = 5 * TICK_NS;
    tick_start();
    publish(0, 0, DAY_NS - TICK_NS);
    upcall(5 * TICK_NS);
    assert_int_equal(vcpus[0].tick.back, 1);
    assert_int_equal(vcpus[0].tick.ticks, 0);
    assert_int_equal(vcpus[0].tick.processed_system_time, DAY_NS + 5 * TICK_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(seed_vcpu_up_after_a_day, fresh),
        cmocka_unit_test_setup(seed_ticks_are_counted_by_time, fresh),
        cmocka_unit_test_setup(seed_tick_with_a_tsc_before_the_stamp, fresh),
        cmocka_unit_test_setup(seed_time_went_backwards, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
