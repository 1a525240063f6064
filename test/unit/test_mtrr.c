/* sources: hv/cpu/identify.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/identify.h"

#define ENABLED 0x800u
#define FIXED   0x400u
#define VALID   0x800u

static uint64_t msrs[0x300];
static bool asked[0x300];

static uint64_t ask(uint32_t msr)
{
    assert_true(msr < 0x300);
    asked[msr] = true;
    return msrs[msr];
}

/* A PC's: 8 pairs, all RAM write-back but for the holes below 1 MiB and 4 GiB. */
static void plain(void)
{
    memset(msrs, 0, sizeof(msrs));
    memset(asked, 0, sizeof(asked));
    msrs[0xfe] = 0x508;
    msrs[0x2ff] = ENABLED | FIXED | 6;
    msrs[0x250] = msrs[0x258] = 0x0606060606060606;
    msrs[0x26f] = 0x0505050505050505;
    msrs[0x200] = 0xc0000000;
    msrs[0x201] = 0xffc0000000 | VALID;
}

static struct mtrrs read_all(void)
{
    struct mtrrs all;

    mtrrs_read(ask, &all);
    return all;
}

static bool differ_after(uint32_t msr, uint64_t value)
{
    struct mtrrs before, after;

    before = read_all();
    msrs[msr] = value;
    after = read_all();
    return !mtrrs_same(&before, &after);
}

static void trap_mtrrs_differ(void **state)
{
    static const uint32_t fixed[] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
                                     0x26b, 0x26c, 0x26d, 0x26e, 0x26f};
    struct mtrrs one, two;

    (void)state;
    plain();
    one = read_all();
    two = read_all();
    assert_true(mtrrs_same(&one, &two));
    for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        plain();
        assert_true(differ_after(fixed[i], 0x0102));
    }
    plain();
    assert_true(differ_after(0x200, 0x80000000));
    assert_true(differ_after(0x201, 0xff80000000 | VALID));
    assert_true(differ_after(0x20f, VALID)); /* the last pair */
    assert_true(differ_after(0x2ff, ENABLED | FIXED));
    assert_true(differ_after(0x2ff, 0)); /* one CPU without any: all of its memory is uncached */
}

/* What is switched off may hold anything. */
static void what_is_off_is_the_same(void **state)
{
    (void)state;
    plain();
    assert_false(differ_after(0x202, 0x12345000)); /* its mask is not valid */
    assert_false(differ_after(0x203, 0xff80000000));
    msrs[0x2ff] = ENABLED | 6;
    assert_false(differ_after(0x250, 1));
    msrs[0x2ff] = 6;
    assert_false(differ_after(0x2ff, FIXED | 3));
    assert_false(differ_after(0x201, 0));
}

static void only_what_is_there_is_read(void **state)
{
    (void)state;
    plain();
    read_all();
    assert_true(asked[0x20f] && asked[0x26f]);
    assert_false(asked[0x210] || asked[0x211]);
    plain();
    msrs[0xfe] = 0x500; /* no pairs */
    read_all();
    assert_false(asked[0x200] || asked[0x201]);
    plain();
    msrs[0xfe] = 8; /* no fixed ones, whatever bit 10 says */
    read_all();
    assert_false(asked[0x250]);
    plain();
    msrs[0xfe] = 0x5ff; /* more than there are numbers for */
    read_all();
    assert_true(asked[0x21f]);
    assert_false(asked[0x220] || asked[0x221]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_mtrrs_differ),
        cmocka_unit_test(what_is_off_is_the_same),
        cmocka_unit_test(only_what_is_there_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
