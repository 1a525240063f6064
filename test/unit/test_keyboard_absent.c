/* sources: hv/platform/keyboard.c */
/* flags: -include test/unit/fake_cpu.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "platform/keyboard.h"

/* A machine without a controller: its bus reads as ones. */
static unsigned looks;

uint8_t inb(uint16_t port)
{
    (void)port;
    looks++;
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_noticed_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
