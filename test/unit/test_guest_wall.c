/* sources: guest/wall.c guest/arithmetic.c guest/wall_report.c guest/wall_witness.c guest/options.c hv/time/publish.c hv/time/wallclock.c */
/* flags: -include test/unit/seed_guest.h */
/* The guest's wall clock: the hypervisor's or its own, what it tells the hypervisor, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <xen/errno.h>
#include <xen/platform.h>

#include "../../guest/arithmetic.h"
#include "../../guest/clock.h"
#include "../../guest/options.h"
#include "../../guest/system.h"
#include "../../guest/wall.h"
#include "time/publish.h"

#define S      1000000000ull
#define MINUTE (60 * S)
#define BASE_S 1120824000ll

struct shared_info shared_info;

static bool on_xen;
static uint64_t now_ns, line_ns; /* the record's stamp is of line_ns */
static struct utc base = {BASE_S, 250000000};
static struct meridian_record page[MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const pages[] = {page};
static long answer;
static unsigned pushes;
static struct xenpf_settime64 pushed;
static char printed[200];

uint64_t fake_tsc(void)
{
    return now_ns;
}

struct vcpu *vcpu_self(void)
{
    return NULL;
}

static uint64_t where(void)
{
    return 0;
}

static const void *xen_time(uint32_t vcpu)
{
    return &shared_info.vcpu_info[vcpu].time;
}

struct meridian_clock guest_clock = {.where = where, .xen_time = xen_time};

bool clock_has_pages(void)
{
    return !on_xen;
}

void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(printed, sizeof printed, format, args);
    va_end(args);
}

fault_provoke fault_named(const char *name, size_t length)
{
    (void)name, (void)length;
    return NULL;
}

/* As the hypervisor does it. */
static void publish(void)
{
    const struct published data = {.line = {.tsc = line_ns, .ns = line_ns, .scale = {0x80000000u, 1}},
                                   .bound = {.ns = 100, .ppb = 0},
                                   .wall = wallclock_at(base, line_ns)};
    uint32_t version = page[1].version1;

    record_begin(&page[1], version);
    record_fill(&page[1], &data);
    record_end(&page[1], version);
    shared_info.wc_version += 2;
    shared_info.wc_sec = (uint32_t)base.s;
    shared_info.wc_sec_hi = (uint32_t)((uint64_t)base.s >> 32);
    shared_info.wc_nsec = base.ns;
    shared_info.vcpu_info[0].time.tsc_timestamp = line_ns;
    shared_info.vcpu_info[0].time.system_time = line_ns;
    shared_info.vcpu_info[0].time.tsc_to_system_mul = 0x80000000u;
    shared_info.vcpu_info[0].time.tsc_shift = 1;
}

long hypercall(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct xen_platform_op *op = (const struct xen_platform_op *)(uintptr_t)a;

    (void)b, (void)c, (void)d;
    assert_int_equal(number, __HYPERVISOR_platform_op);
    assert_int_equal(op->cmd, XENPF_settime64);
    assert_int_equal(op->interface_version, XENPF_INTERFACE_VERSION);
    assert_int_equal(op->u.settime64.mbz, 0);
    pushed = op->u.settime64;
    pushes++;
    if (answer)
        return answer;
    assert_true(wallclock_base((struct utc){(int64_t)pushed.secs, pushed.nsecs}, pushed.system_time, &base));
    publish();
    return 0;
}

static void begin(bool xen, enum wall_kind kind, uint32_t steer_ppb)
{
    on_xen = xen;
    guest_clock.pages = xen ? NULL : pages;
    base = (struct utc){BASE_S, 250000000};
    line_ns = 10 * S;
    now_ns = 10 * S + 200000000;
    answer = 0;
    pushes = 0;
    publish();
    wall_init(kind, steer_ppb);
}

static void assert_wall(int64_t s, uint32_t ns)
{
    struct meridian_counts counts = {0};
    struct meridian_wall wall = wall_now(&counts);

    assert_int_equal(wall.now.sec, s);
    assert_int_equal(wall.now.nsec, ns);
}

/* Time passes; the record is published anew, as it is every quarter second. */
static void pass(uint64_t ns)
{
    now_ns += ns;
    line_ns = now_ns - 200000000;
    publish();
}

static void following_is_the_hypervisors(void **state)
{
    (void)state;
    for (int xen = 0; xen < 2; xen++) {
        begin(xen, WALL_FOLLOWS, 0);
        assert_wall(BASE_S + 10, 450000000);
        base.s += 1000; /* somebody sets it */
        publish();
        assert_wall(BASE_S + 1010, 450000000);
        assert_int_equal(wall_set(5, 6), 0);
        assert_wall(5, 6);
        assert_int_equal(pushes, 1);
        assert_int_equal(pushed.system_time, now_ns);
        pass(S);
        assert_wall(6, 6);
        answer = -XEN_EPERM;
        assert_int_equal(wall_set(7, 8), -XEN_EPERM);
        assert_wall(6, 6);
    }
}

/* It begins with the hypervisor's; from then on neither moves the other. */
static void independent_is_nobody_elses(void **state)
{
    (void)state;
    for (int xen = 0; xen < 2; xen++) {
        begin(xen, WALL_INDEPENDENT, 0);
        assert_wall(BASE_S + 10, 450000000);
        base.s += 1000;
        publish();
        pass(S);
        assert_wall(BASE_S + 11, 450000000);
        assert_int_equal(wall_set(5, 6), 0);
        assert_int_equal(pushes, 0);
        pass(S);
        assert_wall(6, 6);
        assert_int_equal(base.s, BASE_S + 1000);
    }
}

/* UTC and the system time it holds for are of one moment: 200 ms after the stamp here, and not a ns off. */
static void a_disciplined_clock_is_told_every_minute(void **state)
{
    struct meridian_counts counts = {0};

    (void)state;
    for (int xen = 0; xen < 2; xen++) {
        begin(xen, WALL_DISCIPLINED, 100000);
        sync_start(&sync, now_ns, 60);
        for (unsigned minute = 0; minute < 5; minute++) {
            sync_run(now_ns);
            assert_int_equal(sync.done, minute + 1);
            assert_int_equal(pushed.system_time, now_ns);
            struct meridian_wall own = wall_now(&counts);
            struct utc theirs = wallclock_at(base, now_ns);
            assert_int_equal(theirs.s, own.now.sec);
            assert_int_equal(theirs.ns, own.now.nsec);
            pass(MINUTE - 1);
            sync_run(now_ns);
            assert_int_equal(sync.done, minute + 1);
            pass(1);
        }
        /* 5 minutes at 100 ppm, of which the last one the hypervisor was not told. */
        assert_wall(BASE_S + 310, 450000000 + 30000000);
        assert_int_equal(wallclock_at(base, now_ns).ns, 450000000 + 24000000);
    }
}

static void a_refused_sync_is_counted_and_tried_in_a_minute(void **state)
{
    (void)state;
    begin(false, WALL_DISCIPLINED, 0);
    answer = -XEN_EPERM;
    sync_start(&sync, now_ns, 60);
    sync_run(now_ns);
    sync_run(now_ns + 1);
    assert_int_equal(sync.refused, 1);
    assert_int_equal(sync.done, 0);
    assert_int_equal(pushes, 1);
}

static void syncs_that_were_missed_are_not_made_up_for(void **state)
{
    struct sync s;

    (void)state;
    sync_start(&s, 1000, 60);
    assert_true(sync_due(&s, 1000));
    assert_true(sync_due(&s, 1000 + 10 * MINUTE + 5));
    assert_false(sync_due(&s, 1000 + 11 * MINUTE - 1));
    assert_true(sync_due(&s, 1000 + 11 * MINUTE));
    sync_start(&s, 1000, 0);
    assert_false(sync_due(&s, UINT64_MAX));
}

static void an_own_clock_is_exact_for_years(void **state)
{
    struct wall_own own = {.utc = {BASE_S, 999999999}, .since_ns = 5 * S, .steer_ppb = 500000};
    struct meridian_utc at;

    (void)state;
    at = wall_own_at(&own, 5 * S + 1);
    assert_true(at.sec == BASE_S + 1 && at.nsec == 0);
    at = wall_own_at(&own, 5 * S - 1); /* read on a VCPU whose clock is 1 ns behind */
    assert_true(at.sec == BASE_S && at.nsec == 999999998);
    at = wall_own_at(&own, 5 * S + 2000 * S); /* 500 ppm: 1 s more */
    assert_true(at.sec == BASE_S + 2001 && at.nsec == 999999999);
    at = wall_own_at(&own, 5 * S + 3153600000 * S); /* 100 years */
    assert_true(at.sec == BASE_S + 3153600000 + 1576800 && at.nsec == 999999999);
    at = utc_plus((struct meridian_utc){0, 5}, -2000000006);
    assert_true(at.sec == -3 && at.nsec == 999999999);
}

static void numbers_are_whole_or_none(void **state)
{
    (void)state;
    for (int64_t number = 0; number < 3000; number++) {
        struct meridian_utc utc = wall_of_number(number);

        assert_true(utc.nsec < S);
        assert_int_equal(wall_number_of(utc), number);
        for (int64_t other = number - 8; other < number + 8; other++) {
            struct meridian_utc torn = {utc.sec, wall_of_number(other).nsec};

            if (other >= 0 && other != number)
                assert_int_equal(wall_number_of(torn), WALL_NO_NUMBER);
        }
    }
    assert_int_equal(wall_number_of((struct meridian_utc){BASE_S, 0}), WALL_NO_NUMBER);
}

static void options_are_those_of_2005(void **state)
{
    struct options o = options_parse("");

    (void)state;
    assert_int_equal(o.sync_s, 60);
    assert_false(o.disciplined || o.independent_wallclock || o.steer_ppb || o.setters || o.down_ms);
    o = options_parse("disciplined steer=100000 sync=2 setters=2 down=500");
    assert_true(o.disciplined && !o.independent_wallclock && !o.bad);
    assert_true(o.steer_ppb == 100000 && o.sync_s == 2 && o.setters == 2 && o.down_ms == 500);
    assert_true(options_parse("independent_wallclock").independent_wallclock);
    assert_false(options_parse("independent_wallclocks undisciplined").disciplined);
    assert_true(options_parse("setters=3").bad);
    assert_true(options_parse("steer=500001").bad);
    assert_true(options_parse("sync=86401").bad);
}

static void it_is_printed_as_people_write_it(void **state)
{
    (void)state;
    begin(false, WALL_INDEPENDENT, 0);
    wall_set(951782399, 999000000);
    wall_print();
    assert_string_equal(printed, "guest: it is 2000-02-28 23:59:59.999 UTC\n");
    pass(1000000);
    wall_print();
    assert_string_equal(printed, "guest: it is 2000-02-29 00:00:00.000 UTC\n");
    wall_set(-1, 0);
    wall_print();
    assert_string_equal(printed, "guest: it is 1969-12-31 23:59:59.000 UTC\n");
    wall_set(4294967296, 0);
    wall_print();
    assert_string_equal(printed, "guest: it is 2106-02-07 06:28:16.000 UTC\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(following_is_the_hypervisors),
        cmocka_unit_test(independent_is_nobody_elses),
        cmocka_unit_test(a_disciplined_clock_is_told_every_minute),
        cmocka_unit_test(a_refused_sync_is_counted_and_tried_in_a_minute),
        cmocka_unit_test(syncs_that_were_missed_are_not_made_up_for),
        cmocka_unit_test(an_own_clock_is_exact_for_years),
        cmocka_unit_test(numbers_are_whole_or_none),
        cmocka_unit_test(options_are_those_of_2005),
        cmocka_unit_test(it_is_printed_as_people_write_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
