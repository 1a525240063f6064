/* sources: hv/platform/keyboard.c */
/* flags: -include test/unit/fake_cpu.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/keyboard.h"
#include "random.h"

/*
 * A controller: bytes wait in a queue, the mouse's marked. The driver's own state lasts as long as the
 * program, so each kind of machine that must not be asked again comes last.
 */
#define MOUSE 0x100

static uint16_t queue[256];
static unsigned queue_first, queue_end, looks;
static int stuck_byte = -1; /* a byte that never goes away */

static uint64_t now;

uint64_t rdtsc_ordered(void)
{
    return now += 20;
}

uint8_t inb(uint16_t port)
{
    bool full = stuck_byte >= 0 || queue_first != queue_end;
    uint16_t head = queue_first != queue_end ? queue[queue_first] : 0;

    looks++;
    now += 60000; /* 20 us: firmware's imitation */
    if (port == 0x64)
        return (uint8_t)(0x1c | full | (head & MOUSE ? 0x20 : 0));
    assert_int_equal(port, 0x60);
    assert_true(full); /* nothing is read from an empty buffer */
    if (stuck_byte >= 0)
        return (uint8_t)stuck_byte;
    queue_first++;
    return (uint8_t)head;
}

static void type(const uint16_t *bytes, size_t count)
{
    queue_first = queue_end = 0;
    for (size_t i = 0; i < count; i++)
        queue[queue_end++] = bytes[i];
}

#define TYPE(...)                                      \
    do {                                               \
        static const uint16_t bytes[] = {__VA_ARGS__}; \
        type(bytes, sizeof(bytes) / sizeof(bytes[0])); \
    } while (0)

static void what_was_typed_before_is_thrown_away(void **state)
{
    (void)state;
    TYPE(0x19, 0x99, 0x13, 0x93);
    assert_int_equal(keyboard_poll(), KEY_NONE);
    assert_int_equal(queue_first, 4);
}

static void each_key_once(void **state)
{
    static const struct {
        uint16_t code;
        enum key key;
    } keys[] = {{0x39, KEY_PAGE}, {0x51, KEY_PAGE},  {0x10, KEY_QR},        {0x23, KEY_HELP},
                {0x35, KEY_HELP}, {0x13, KEY_RESET}, {0x19, KEY_POWER_OFF}, {0x1f, KEY_SOCKETS}};

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        uint16_t bytes[] = {keys[i].code, keys[i].code | 0x80};
        type(bytes, 2);
        assert_int_equal(keyboard_poll(), keys[i].key);
        assert_int_equal(keyboard_poll(), KEY_NONE);
        assert_int_equal(keyboard_poll(), KEY_NONE);
    }
}

static void all_other_keys_mean_nothing(void **state)
{
    (void)state;
    for (uint16_t code = 0; code < 0x80; code++) {
        uint16_t bytes[] = {code};
        if (memchr("\x39\x51\x10\x1f\x23\x35\x13\x19", code, 8))
            continue;
        type(bytes, 1);
        assert_int_equal(keyboard_poll(), KEY_NONE);
    }
}

static void keys_with_a_prefix(void **state)
{
    (void)state;
    TYPE(0xe0, 0x51, 0xe0, 0xd1, 0xe0, 0x49, 0xe0, 0xc9);
    assert_int_equal(keyboard_poll(), KEY_PAGE);
    assert_int_equal(keyboard_poll(), KEY_NONE);
    TYPE(0xe0, 0x35, 0xe0, 0xb5); /* the keypad's stroke */
    assert_int_equal(keyboard_poll(), KEY_NONE);
    TYPE(0xe0, 0x10, 0xe0, 0x90, 0xe0, 0x19, 0xe0, 0x13); /* media keys share their second byte */
    assert_int_equal(keyboard_poll(), KEY_NONE);
    TYPE(0xe0);
    assert_int_equal(keyboard_poll(), KEY_NONE);
    TYPE(0x51); /* its other half comes later */
    assert_int_equal(keyboard_poll(), KEY_PAGE);
}

static void pause_is_one_key(void **state)
{
    (void)state;
    TYPE(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x39);
    assert_int_equal(keyboard_poll(), KEY_PAGE);
    TYPE(0xe1, 0x19, 0x13, 0x10); /* whatever those two bytes are */
    assert_int_equal(keyboard_poll(), KEY_QR);
}

static void the_mouse_is_no_key(void **state)
{
    (void)state;
    TYPE(MOUSE | 0x19, MOUSE | 0x13, MOUSE | 0xe0, 0x10, MOUSE | 0x39);
    assert_int_equal(keyboard_poll(), KEY_QR);
    assert_int_equal(keyboard_poll(), KEY_NONE);
    assert_int_equal(queue_first, 5);
}

static void it_never_waits(void **state)
{
    struct random random = {1};

    (void)state;
    for (unsigned run = 0; run < 1000; run++) {
        queue_first = queue_end = 0;
        while (random_next(&random) % 20)
            queue[queue_end++ % 60] = random_next(&random) & 0x1ff;
        queue_end %= 60;
        looks = 0;
        assert_in_range(keyboard_poll(), KEY_NONE, KEY_RESET);
        assert_in_range(looks, 1, 2 * 64);
    }
}

static void one_that_never_runs_empty_is_not_asked_again(void **state)
{
    (void)state;
    stuck_byte = 0xaa;
    looks = 0;
    assert_int_equal(keyboard_poll(), KEY_NONE);
    assert_int_equal(looks, 2 * 64);
    looks = 0;
    assert_int_equal(keyboard_poll(), KEY_NONE);
    assert_int_equal(looks, 0);
}

/* Asking takes nothing from what was typed. */
static void one_that_firmware_imitates_is_dear(void **state)
{
    (void)state;
    TYPE(0x10);
    looks = 0;
    assert_true(keyboard_is_dear());
    assert_in_range(looks, 1, 8);
    looks = 0;
    assert_true(keyboard_is_dear());
    assert_int_equal(looks, 0);
    assert_int_equal(keyboard_poll(), KEY_QR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_typed_before_is_thrown_away),
        cmocka_unit_test(each_key_once),
        cmocka_unit_test(all_other_keys_mean_nothing),
        cmocka_unit_test(keys_with_a_prefix),
        cmocka_unit_test(pause_is_one_key),
        cmocka_unit_test(the_mouse_is_no_key),
        cmocka_unit_test(one_that_firmware_imitates_is_dear),
        cmocka_unit_test(it_never_waits),
        cmocka_unit_test(one_that_never_runs_empty_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
