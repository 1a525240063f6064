/* sources: hv/log/uart_access.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/uart_access.h"

/* An access has its width and no other: what stands beside the register stays. */
static void an_access_has_its_width(void **state)
{
    static const uint64_t stored[] = {0, 0x1111111111111142, 0x1111111111110042, 0, 0x1111111100000042};

    (void)state;
    for (unsigned width = 1; width <= 4; width *= 2) {
        uint64_t memory = 0x1111111111111111;

        uart_store(&memory, width, 0x42);
        assert_true(memory == stored[width]);
        memory = 0x8877665544332211;
        assert_int_equal(uart_load(&memory, width), width == 4 ? 0x44332211 : width == 2 ? 0x2211 : 0x11);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_access_has_its_width)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
