/* sources: hv/platform/rtc.c hv/platform/rtc_decode.c */
/* flags: -include test/unit/fake_cpu.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/lock.h"
#include "platform/reference/reference.h"
#include "platform/rtc.h"
#include "random.h"

/* An MC146818 in a world whose TSC ticks once a ns. */
#define SECOND 1000000000ull
#define START  1120824000ll /* 2005-07-08 12:00:00 UTC */

static uint64_t now;
static struct random dice;
static uint64_t smi_chance, smi_ns; /* one look in so many is held up for at most so long */
static enum { PRESENT, ABSENT, STOPPED, FROZEN, NONSENSE } kind;
/* How an update goes; the registers change at its end, which is the second's edge. */
struct style {
    uint64_t flag_ns;    /* so long before the edge `update in progress` goes up */
    uint64_t garbage_ns; /* so long before the edge the registers mean nothing */
};
static const struct style styles[] = {
    {244000 + 1984000, 1984000}, /* the chip */
    {244000, 0},                 /* QEMU, Bochs */
};
static const struct style *style;
static uint8_t chosen;

static void pass(uint64_t ns)
{
    now += ns;
    if (smi_chance && random_next(&dice) % smi_chance == 0)
        now += random_next(&dice) % smi_ns;
}

uint64_t rdtsc_ordered(void)
{
    pass(10);
    return now;
}

static bool within(uint64_t ns_before_edge)
{
    return kind != FROZEN && now % SECOND >= SECOND - ns_before_edge;
}

static uint8_t bcd(uint64_t value)
{
    return (uint8_t)(value / 10 % 10 * 16 + value % 10);
}

static uint8_t time_register(uint8_t index)
{
    uint64_t s = kind == FROZEN ? 5 : now / SECOND;
    if (within(style->garbage_ns))
        return (uint8_t)random_next(&dice);
    switch (index) {
    case 0x00: return bcd(s % 60);
    case 0x02: return bcd(s / 60 % 60);
    case 0x04: return bcd(12 + s / 3600);
    case 0x07: return bcd(8);
    case 0x08: return kind == NONSENSE ? 0x13 : bcd(7);
    case 0x09: return bcd(5);
    case 0x32: return 0x20;
    default: return 0;
    }
}

uint8_t inb(uint16_t port)
{
    pass(500);
    uint8_t value = 0xff;
    if (kind == ABSENT || port != 0x71)
        return value;
    if (chosen == 0x0a)
        value = (uint8_t)(0x26 | (within(style->flag_ns) ? 0x80 : 0));
    else if (chosen == 0x0b)
        value = kind == STOPPED ? 0x82 : 0x02;
    else
        value = time_register(chosen);
    pass(500);
    return value;
}

void outb(uint16_t port, uint8_t value)
{
    assert_int_equal(port, 0x70);
    assert_int_equal(value & 0x80, 0); /* NMIs stay as they are */
    chosen = value;
    pass(1000);
}

void reference_wait_start(struct reference_wait *wait, uint32_t us)
{
    assert_in_range(us, 1000500, 1200000);
    wait->tsc_end = now + us * 1000ull;
}

bool reference_waiting(struct reference_wait *wait)
{
    pass(1000);
    return now < wait->tsc_end;
}

static bool another_looks; /* another CPU has the lock */

bool lock_try(struct lock *lock, bool *were_on)
{
    *were_on = true;
    lock->held = !another_looks;
    return !another_looks;
}

void lock_release(struct lock *lock, bool were_on)
{
    assert_true(were_on && lock->held);
    lock->held = 0;
}

static void begin(uint64_t seed)
{
    dice = (struct random){seed};
    now = SECOND + random_next(&dice) % (3000 * SECOND);
    smi_chance = 0;
    kind = PRESENT;
    style = &styles[seed % 2];
}

/* Whatever is said must be true: the named second began within the bracket. */
static void check(int64_t utc, uint64_t lo, uint64_t hi)
{
    uint64_t edge = (uint64_t)(utc - START) * SECOND;
    assert_true(lo <= edge && edge <= hi);
}

static void edges(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int64_t utc;
        uint64_t lo, hi;
        begin(seed);
        assert_true(rtc_read(seed % 3 ? 0x32 : 0, &utc, &lo, &hi));
        check(utc, lo, hi);
        assert_true(hi - lo < 20000);
    }
}

static void held_up_but_true(void **state)
{
    (void)state;
    unsigned read = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        int64_t utc;
        uint64_t lo, hi;
        begin(seed);
        smi_chance = seed % 4 < 2 ? 100 : 2000;
        smi_ns = seed % 4 < 2 ? 2000000 : 1500000000;
        if (!rtc_read(0x32, &utc, &lo, &hi))
            continue;
        check(utc, lo, hi);
        read++;
    }
    assert_in_range(read, 20, 40);
}

static void no_clock(void **state)
{
    (void)state;
    for (int k = ABSENT; k <= NONSENSE; k++) {
        int64_t utc;
        uint64_t lo, hi;
        begin(3);
        kind = (unsigned)k;
        uint64_t before = now;
        assert_false(rtc_read(0x32, &utc, &lo, &hi));
        assert_true(now - before < 1200000000);
    }
}

static uint64_t until_edge(uint64_t tsc)
{
    return SECOND - tsc % SECOND;
}

/* What a short look says is so, at any moment of a second, on a CPU that is held up too. */
static void a_look_says_what_is_so(uint64_t seed, bool held_up)
{
    unsigned seen = 0, updating = 0, ended = 0;
    struct rtc_glance glance;
    int64_t utc;
    uint64_t lo, hi;

    begin(seed);
    assert_true(rtc_read(0x32, &utc, &lo, &hi)); /* finds out about BCD */
    smi_chance = held_up ? 10 : 0;
    smi_ns = 600000;
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t begun;

        now += random_next(&dice) % SECOND;
        if (i % 4) /* while an update ends, while one is under way, and just before one */
            now += until_edge(now) - (uint64_t[]){0, 8000, 100000, style->flag_ns + 3000}[i % 4];
        begun = now;
        if (!rtc_glance(1000, &glance))
            continue;
        seen++;
        assert_true(begun <= glance.tsc_lo && glance.tsc_lo < glance.tsc_hi);
        assert_true(held_up || now - begun < 20000);
        if (glance.second < 0) { /* it will be told later than tsc_lo, and soon */
            updating++;
            assert_true(held_up || until_edge(glance.tsc_lo) <= style->flag_ns + 3000);
            assert_false(glance.ended);
            continue;
        }
        assert_int_equal(glance.second, glance.tsc_hi / SECOND % 60);
        if (glance.ended) {
            ended++;
            assert_int_equal(glance.tsc_lo / SECOND + 1, glance.tsc_hi / SECOND);
            assert_true(held_up || glance.tsc_hi - glance.tsc_lo < 3000);
        }
    }
    assert_in_range(seen, held_up ? 1000 : 3000, 3000);
    assert_in_range(updating, 200, 3000);
    assert_in_range(ended, held_up ? 100 : 500, 3000);
}

static void looks_say_what_is_so(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        a_look_says_what_is_so(seed, seed > 3);
}

/*
 * Nothing there, nonsense, or another CPU at it: it says so, and soon. One that stands is for others to see.
 */
static void a_look_that_says_nothing(void **state)
{
    (void)state;
    struct rtc_glance glance;
    uint64_t begun, lo, hi;
    int64_t utc;

    begin(3);
    assert_true(rtc_read(0x32, &utc, &lo, &hi));
    begun = now;
    kind = ABSENT;
    assert_false(rtc_glance(1000, &glance));
    kind = FROZEN;
    assert_true(rtc_glance(1000, &glance));
    assert_int_equal(glance.second, 5);
    kind = PRESENT;
    another_looks = true;
    assert_false(rtc_glance(1000, &glance));
    another_looks = false;
    assert_true(rtc_glance(1000, &glance));
    assert_true(now - begun < 80000);
}

static void only_a_second_is_one(void **state)
{
    (void)state;
    for (unsigned raw = 0; raw < 256; raw++) {
        bool bcd_one = raw % 16 <= 9 && raw / 16 <= 5;

        assert_int_equal(rtc_decode_second((uint8_t)raw, 0x02),
                         bcd_one ? (int)(raw / 16 * 10 + raw % 16) : -1);
        assert_int_equal(rtc_decode_second((uint8_t)raw, 0x06), raw < 60 ? (int)raw : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(held_up_but_true),
        cmocka_unit_test(no_clock),
        cmocka_unit_test(looks_say_what_is_so),
        cmocka_unit_test(a_look_that_says_nothing),
        cmocka_unit_test(only_a_second_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
