/* sources: */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen/portions.h"

#define MS       1000000ull
#define PERIOD   (250 * MS) /* the time base's */
#define MOST_CPU 256u

/* Every portion of every CPU in `seconds`, and how far each is from where time is kept. */
static unsigned count_portions(unsigned cpus, unsigned seconds)
{
    unsigned portions = 0;

    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        uint64_t at = portion_next_ns(0, cpu, cpus);

        for (; at < seconds * 1000 * MS; at = portion_next_ns(at, cpu, cpus)) {
            assert_in_range(at % PERIOD, 25 * MS, 225 * MS);
            assert_int_equal(at % (10 * MS), 5 * MS);
            portions++;
        }
    }
    return portions;
}

static void twenty_a_second_however_many_cpus(void **state)
{
    static const unsigned counts[] = {1, 2, 3, 4, 15, 33, 255, MOST_CPU};

    (void)state;
    for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        assert_int_equal(count_portions(counts[i], 60), 60 * 20);
}

static void no_two_at_once(void **state)
{
    static uint8_t taken[60 * 20 + MOST_CPU];

    (void)state;
    for (unsigned cpu = 0; cpu < 33; cpu++)
        for (uint64_t at = portion_next_ns(0, cpu, 33); at < 60000 * MS; at = portion_next_ns(at, cpu, 33))
            assert_int_equal(taken[at / PORTIONS_EVERY_NS]++, 0);
}

/* A CPU that comes late takes its next portion, not those that it missed; and never one that is now. */
static void later_than_now(void **state)
{
    (void)state;
    for (uint64_t now = 0; now < 2000 * MS; now += 777777)
        for (unsigned cpu = 0; cpu < 5; cpu++) {
            uint64_t next = portion_next_ns(now, cpu, 5);

            assert_true(next > now && next - now <= 5 * PORTIONS_EVERY_NS);
            assert_int_equal(portion_next_ns(next, cpu, 5), next + 5 * PORTIONS_EVERY_NS);
            assert_int_equal(portion_next_ns(next - 1, cpu, 5), next);
        }
    assert_true(portion_next_ns(1ull << 62, 3, 255) > 1ull << 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_a_second_however_many_cpus),
        cmocka_unit_test(no_two_at_once),
        cmocka_unit_test(later_than_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
