/* sources: hv/platform/firmware/aml_s5.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "platform/firmware/aml_s5.h"
#include "random.h"

static uint8_t type[2];

/* In a block of exactly its size: AddressSanitizer sees the first byte read beyond it. */
static bool look(const void *aml, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    bool found;

    assert_non_null(copy);
    memcpy(copy, aml, size);
    type[0] = type[1] = 0xaa;
    found = aml_s5(copy, size, type);
    free(copy);
    if (!found)
        assert_true(type[0] == 0xaa && type[1] == 0xaa);
    return found;
}

#define FOUND(bytes, want_a, want_b)                 \
    do {                                             \
        assert_true(look(bytes, sizeof(bytes) - 1)); \
        assert_int_equal(type[0], want_a);           \
        assert_int_equal(type[1], want_b);           \
    } while (0)
#define NOT_FOUND(bytes) assert_false(look(bytes, sizeof(bytes) - 1))

/* The bytes round the name in DSDTs as they are. */
static void of_emulators(void **state)
{
    (void)state;
    /* QEMU 7.2, q35: \_S4 before it, a scope behind. */
    FOUND("\x00\x08_S4_\x12\x08\x04\x0a\x02\x0a\x02\x00\x00\x08_S5_\x12\x06\x04\x00\x00\x00\x00\x10\x3b\\._"
          "SB_PCI0[",
          0, 0);
    /* Bochs's BIOS. */
    FOUND("\x01\x00\x00\x08_S4_\x12\x06\x04\x00\x00\x00\x00\x08_S5_\x12\x06\x04\x00\x00\x00\x00\x0b\x09", 0,
          0);
}

/* As iasl 20200925 compiles what boards have. */
static void of_boards(void **state)
{
    (void)state;
    /* Name (_S5, Package (0x04) { 0x07, Zero, Zero, Zero }) */
    FOUND("\x08_S5_\x12\x07\x04\x0a\x07\x00\x00\x00", 7, 0);
    /* Name (\_S5, Package (0x02) { 0x05, 0x05 }) */
    FOUND("\x08\\_S5_\x12\x06\x02\x0a\x05\x0a\x05", 5, 5);
    /* Package (0x04) { One, 0x02, ... }, the numbers as words and double words */
    FOUND("\x08_S5_\x12\x0b\x04\x0b\x01\x00\x0c\x02\x00\x00\x00\x00", 1, 2);
    FOUND("\x08_S5_\x12\x04\x02\x01\x01", 1, 1);
    /* A length of two bytes, where it is not needed. */
    FOUND("\x08_S5_\x12\x46\x00\x02\x0a\x05\x00", 5, 0);
    FOUND("\x08_S5_\x12\x76\x00\x02\x0a\x05\x00", 5, 0); /* two bits of it mean nothing */
    /* 20 bytes: the low four bits come first. */
    FOUND("\x08_S5_\x12\x44\x01\x02\x0a\x05\x0a\x03\0\0\0\0\0\0\0\0\0\0\0\0\0", 5, 3);
}

static void one_number_holds_both(void **state)
{
    (void)state;
    FOUND("\x08_S5_\x12\x05\x01\x0b\x05\x03", 5, 3);
    FOUND("\x08_S5_\x12\x04\x01\x0a\x06", 6, 0);
    NOT_FOUND("\x08_S5_\x12\x05\x01\x0b\x05\x08");
    NOT_FOUND("\x08_S5_\x12\x07\x01\x0c\x05\x03\x01\x00");
}

static void the_name_alone_is_not_enough(void **state)
{
    (void)state;
    NOT_FOUND("");
    NOT_FOUND("_S5_\x12\x06\x04\x00\x00\x00\x00");     /* nothing names it */
    NOT_FOUND("\x10_S5_\x12\x06\x04\x00\x00\x00\x00"); /* a reference to it */
    NOT_FOUND("\\_S5_\x12\x06\x04\x00\x00\x00\x00");
    NOT_FOUND("\x10\\_S5_\x12\x06\x04\x00\x00\x00\x00");
    NOT_FOUND("\x08_S5_\x11\x06\x04\x00\x00\x00\x00");     /* a buffer */
    NOT_FOUND("\x08_S5_\x12\x02\x00\x00\x00\x00\x00\x00"); /* an empty package */
    NOT_FOUND("\x08_S5_\x12\x04\x00\x00\x00");             /* or one that says so */
    NOT_FOUND("\x08_S5_\x12\x08\x02SLPAZ");                /* names of other objects in it */
    NOT_FOUND("\x08_S5_\x12\x06\x04\x0a\x08\x00\x00");     /* more than three bits */
    NOT_FOUND("\x08_S5_\x12\x06\x04\x00\x0a\x08\x00");
    NOT_FOUND("\x08_S5_\x12\x06\x04\xff\x00\x00\x00");
}

static void cut_short(void **state)
{
    static const char whole[] = "\x08_S5_\x12\x06\x02\x0a\x05\x0a\x03";

    (void)state;
    for (size_t size = 0; size < sizeof(whole) - 1; size++)
        assert_false(look(whole, size));
    FOUND(whole, 5, 3);
    /* The package ends before its second number does, though the table goes on. */
    NOT_FOUND("\x08_S5_\x12\x05\x02\x0a\x05\x0a\x03\x00\x00\x00\x00");
    NOT_FOUND("\x08_S5_\x12\x04\x02\x0a\x05\x0a\x03\x00\x00\x00\x00");
    NOT_FOUND("\x08_S5_\x12\xc7\x00");
    NOT_FOUND("\x08_S5_\x12\x00\x02\x0a\x05\x00"); /* shorter than its own length */
    NOT_FOUND("\x08_S5_\x12\x40\x00\x02\x0a\x05\x00");
    NOT_FOUND("\x08_S5_\x12\xff\xff\xff\xff\x02\x0a\x05\x00");
}

static void the_first_good_one_counts(void **state)
{
    (void)state;
    FOUND("\x08_S5_\x14\x06\x04\x08_S5_\x12\x06\x04\x0a\x09\x00\x00\x08_S5_\x12\x05\x02\x0a\x05\x00"
          "\x08_S5_\x12\x05\x02\x0a\x06\x00",
          5, 0);
}

/* Whatever the bytes: it ends, within them, and what it finds has three bits. */
static void hostile_bytes(void **state)
{
    static const char good[] =
        "\x08_S4_\x12\x06\x04\x0a\x04\x00\x00\x08\\_S5_\x12\x08\x04\x0a\x05\x0a\x05\x00\x00";
    struct random random = {5};
    unsigned found = 0;

    (void)state;
    for (unsigned run = 0; run < 100000; run++) {
        uint8_t bytes[sizeof(good) - 1];

        memcpy(bytes, good, sizeof(bytes));
        for (unsigned changes = 1 + random_next(&random) % 3; changes > 0; changes--)
            bytes[random_next(&random) % sizeof(bytes)] = (uint8_t)random_next(&random);
        if (look(bytes, random_next(&random) % (sizeof(bytes) + 1))) {
            found++;
            assert_in_range(type[0], 0, 7);
            assert_in_range(type[1], 0, 7);
        }
    }
    assert_in_range(found, 1000, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_emulators),
        cmocka_unit_test(of_boards),
        cmocka_unit_test(one_number_holds_both),
        cmocka_unit_test(the_name_alone_is_not_enough),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(the_first_good_one_counts),
        cmocka_unit_test(hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
