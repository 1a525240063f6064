/* sources: hv/time/wallclock.c */
/* UTC from system time: exact, at every carry, for any date and any distance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "time/wallclock.h"

#define S          1000000000ull
#define JULY_2005  1120824000ll
#define QUARTER_NS 250000000ull

static struct utc base_of(int64_t s, uint32_t ns, uint64_t system_ns)
{
    struct utc base = {-1, UINT32_MAX};

    assert_true(wallclock_base((struct utc){s, ns}, system_ns, &base));
    assert_true(base.ns < S);
    return base;
}

/* In ns since 1970, where that fits; else in a wider type. */
static __int128 ns_of(struct utc utc)
{
    assert_true(utc.ns < S);
    return (__int128)utc.s * (__int128)S + utc.ns;
}

/* The seed took 10,000,000 us off for each second, of an unsigned word, and only if it was above a second. */
static void each_carry_is_one_second(void **state)
{
    struct utc base = base_of(JULY_2005, 600000000, 0);

    (void)state;
    for (uint64_t s = 1; s < 200000; s++) {
        uint64_t carry_ns = s * S - 600000000;
        struct utc before = wallclock_at(base, carry_ns - 1), at = wallclock_at(base, carry_ns),
                   after = wallclock_at(base, carry_ns + 1);

        assert_true(before.s == JULY_2005 + (int64_t)s - 1 && before.ns == S - 1);
        assert_true(at.s == JULY_2005 + (int64_t)s && at.ns == 0);
        assert_true(after.s == at.s && after.ns == 1);
    }
}

/* In its quarters of a second, from 1.25 s on: 3,436 s were gained at each of them. */
static void quarters_of_a_second_add_up(void **state)
{
    (void)state;
    for (uint32_t start = 0; start < S; start += 50000000) {
        struct utc base = base_of(JULY_2005, start, 7 * S + 123);

        for (uint64_t n = 0; n < 100000; n++) {
            __int128 gone = ns_of(wallclock_at(base, 7 * S + 123 + n * QUARTER_NS)) -
                            ns_of((struct utc){JULY_2005, start});
            assert_true(gone == (__int128)(n * QUARTER_NS));
        }
    }
}

static void far_dates_are_exact(void **state)
{
    static const int64_t dates[] = {0,          1,           -1,           INT32_MAX,       INT32_MAX + 1ll,
                                    UINT32_MAX, 1ll << 32,   253402300799, -62135596800,    -2208988800,
                                    4102444800, 32503680000, 1ll << 40,    -(1ll << 40) + 1};
    static const uint64_t ages[] = {0, 1, S - 1, S, 86400 * S, 36525ull * 86400 * S, INT64_MAX, UINT64_MAX};

    (void)state;
    for (unsigned d = 0; d < sizeof dates / sizeof *dates; d++) {
        for (unsigned a = 0; a < sizeof ages / sizeof *ages; a++) {
            struct utc base = base_of(dates[d], 999999999, ages[a]);

            assert_true(ns_of(base) == ns_of((struct utc){dates[d], 999999999}) - ages[a]);
            assert_true(ns_of(wallclock_at(base, ages[a])) == ns_of((struct utc){dates[d], 999999999}));
        }
    }
}

/* UTC when system time was 0 may lie before 1970, and the wall's part of a second below system time's. */
static void differences_below_nothing_borrow_one_second(void **state)
{
    struct utc base = base_of(0, 0, 1);

    (void)state;
    assert_true(base.s == -1 && base.ns == S - 1);
    base = base_of(0, 0, 1500000000);
    assert_true(base.s == -2 && base.ns == 500000000);
    base = base_of(10, 100, 5 * S + 101);
    assert_true(base.s == 4 && base.ns == S - 1);
    assert_true(wallclock_at(base, 5 * S + 100).s == 10 && wallclock_at(base, 5 * S + 100).ns == 99);
}

/*
 * A setter says for which system time its UTC holds. The seed wrote UTC beside whatever stamp each CPU had
 * last, up to a quarter second old: so much off. A time that is over, or to come, is as good as now.
 */
static void a_set_against_any_stamp_is_exact(void **state)
{
    struct random random = {2005};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t now_ns = random_next(&random) >> 6, stamp_ns = random_next(&random) >> 6;
        struct utc then = {(int64_t)(random_next(&random) >> 31), (uint32_t)(random_next(&random) % S)};
        struct utc base, now;

        if (i % 2)
            stamp_ns = now_ns < QUARTER_NS ? 0 : now_ns - QUARTER_NS;
        base = base_of(then.s, then.ns, stamp_ns);
        now = wallclock_at(base, now_ns);
        assert_true(ns_of(now) - ns_of(then) == (__int128)now_ns - (__int128)stamp_ns);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    struct utc base = {55, 66};

    (void)state;
    assert_false(wallclock_base((struct utc){0, 1000000000}, 0, &base));
    assert_false(wallclock_base((struct utc){0, UINT32_MAX}, 0, &base));
    assert_false(wallclock_base((struct utc){INT64_MAX, 0}, 0, &base));
    assert_false(wallclock_base((struct utc){INT64_MIN, 0}, UINT64_MAX, &base));
    assert_true(base.s == 55 && base.ns == 66);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_carry_is_one_second),
        cmocka_unit_test(quarters_of_a_second_add_up),
        cmocka_unit_test(far_dates_are_exact),
        cmocka_unit_test(differences_below_nothing_borrow_one_second),
        cmocka_unit_test(a_set_against_any_stamp_is_exact),
        cmocka_unit_test(what_is_no_date_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
