/* sources: hv/platform/keyboard.c */
/* flags: -include test/unit/fake_cpu.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "platform/keyboard.h"

/* A machine without a controller: its bus reads as ones. */
static unsigned looks, held_up; /* the look that something else made slow */

static uint64_t now;

uint64_t rdtsc_ordered(void)
{
    return now += 20;
}

uint8_t inb(uint16_t port)
{
    (void)port;
    now += ++looks == held_up ? 10000000 : 3000;
    return 0xff;
}

static void it_is_noticed_once(void **state)
{
    (void)state;
    assert_int_equal(keyboard_poll(), KEY_NONE);
    assert_in_range(looks, 1, 2);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(keyboard_poll(), KEY_NONE);
    assert_in_range(looks, 1, 2);
}

static void it_is_not_dear(void **state)
{
    (void)state;
    looks = 0;
    held_up = 4; /* the last one */
    assert_false(keyboard_is_dear());
    assert_in_range(looks, 2, 8);
    looks = 0;
    assert_false(keyboard_is_dear()); /* once is enough */
    assert_int_equal(looks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_noticed_once),
                                       cmocka_unit_test(it_is_not_dear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
