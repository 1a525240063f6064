/* sources: hv/log/queue.c */
/* The ring of what is printed, against a plain text that never ends: each byte once, in its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log/queue.h"
#include "random.h"

#define TEXT_BYTES (8u * QUEUE_BYTES)

static struct queue queue;
static char text[TEXT_BYTES], shown[TEXT_BYTES];
static size_t put, taken, shown_end;

static int begin(void **state)
{
    struct random r = {9};

    (void)state;
    memset(&queue, 0, sizeof queue);
    put = taken = shown_end = 0;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (char)(random_next(&r) % 20 ? 'a' + i % 23 : '\n');
    return 0;
}

static bool put_some(size_t length)
{
    bool fits = queue_put(&queue, text + put, length);

    put += fits ? length : 0;
    return fits;
}

static void take_some(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        char byte;

        assert_true(queue_first(&queue, &byte, &number));
        assert_int_equal(number, taken);
        assert_int_equal(byte, text[taken]);
        assert_true(queue_take(&queue, byte, number));
        taken++;
    }
}

static uint64_t lines_in(size_t from, size_t to)
{
    uint64_t lines = 0;

    for (size_t i = from; i < to; i++)
        lines += text[i] == '\n';
    return lines;
}

static void show(const char *part, size_t length)
{
    memcpy(shown + shown_end, part, length);
    shown_end += length;
}

/* All that there is room for goes in, and not a byte more; round the ring's end too. */
static void it_holds_what_it_holds(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 5; turn++) {
        assert_false(put_some(QUEUE_BYTES - queue_waiting(&queue) + 1));
        assert_true(put_some(QUEUE_BYTES - queue_waiting(&queue)));
        assert_int_equal(queue_waiting(&queue), QUEUE_BYTES);
        assert_false(put_some(1));
        take_some(QUEUE_BYTES - 1000 * turn);
    }
}

static void each_byte_comes_once_in_its_order(void **state)
{
    struct random r = {4};

    (void)state;
    while (put < TEXT_BYTES - 1000) {
        put_some(random_next(&r) % 1000);
        take_some(random_next(&r) % (queue_waiting(&queue) + 1));
        assert_int_equal(queue_waiting(&queue), put - taken);
        assert_int_equal(queue.lines_put - queue.lines_taken, lines_in(taken, put));
    }
}

/* Two that drain at once: the second one's byte is gone, and counts for nothing. */
static void a_byte_that_is_gone_is_not_taken(void **state)
{
    uint64_t number, lines;
    char byte;

    (void)state;
    text[0] = '\n';
    put_some(3);
    assert_true(queue_first(&queue, &byte, &number));
    take_some(2);
    lines = queue.lines_taken;
    assert_false(queue_take(&queue, byte, number));
    assert_int_equal(queue_waiting(&queue), 1);
    assert_int_equal(queue.lines_taken, lines);
    take_some(1);
    assert_false(queue_first(&queue, &byte, &number));
}

/* A line that has begun to leave stays whole; the others go, are counted, and nobody waits for them. */
static void what_is_discarded_is_whole_lines(void **state)
{
    static const struct {
        const char *text;
        size_t taken, stays;
        uint64_t lines;
    } cases[] = {
        {"one\ntwo\nthree\n", 0, 0, 3},
        {"one\ntwo\nthree\n", 1, 3, 2},
        {"one\ntwo\nthree\n", 3, 1, 2},
        {"one\ntwo\nthree\n", 4, 0, 2},
        {"one\ntwo\nthree\n", 6, 2, 1},
        {"one\n", 2, 2, 0},
        {"one\n", 4, 0, 0},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        memcpy(text, cases[i].text, strlen(cases[i].text));
        put_some(strlen(cases[i].text));
        take_some(cases[i].taken);
        assert_int_equal(queue_discard(&queue), cases[i].lines);
        assert_int_equal(queue_waiting(&queue), cases[i].stays);
        assert_int_equal(queue.lines_put - queue.lines_taken, cases[i].stays > 0);
        take_some(cases[i].stays);
        assert_int_equal(queue.lines_put, queue.lines_taken);
    }
}

static void all_at_once_leaves_nothing(void **state)
{
    (void)state;
    put_some(3000);
    take_some(10);
    queue_take_all(&queue);
    assert_int_equal(queue_waiting(&queue), 0);
    assert_int_equal(queue.lines_put, queue.lines_taken);
}

/* What was put last, however much of it has left, and round the end of the ring. */
static void what_is_recent_is_shown_in_its_order(void **state)
{
    static const size_t most[] = {1, 100, QUEUE_BYTES};

    (void)state;
    for (unsigned turn = 0; turn < 7 * 4; turn++) {
        put_some(QUEUE_BYTES / 4);
        take_some(queue_waiting(&queue));
        for (unsigned i = 0; i < sizeof most / sizeof most[0]; i++) {
            size_t length = most[i] < put ? most[i] : put;

            shown_end = 0;
            queue_recent(&queue, most[i], show);
            assert_int_equal(shown_end, length);
            assert_memory_equal(shown, text + put - length, length);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_holds_what_it_holds, begin),
        cmocka_unit_test_setup(each_byte_comes_once_in_its_order, begin),
        cmocka_unit_test_setup(a_byte_that_is_gone_is_not_taken, begin),
        cmocka_unit_test_setup(what_is_discarded_is_whole_lines, begin),
        cmocka_unit_test_setup(all_at_once_leaves_nothing, begin),
        cmocka_unit_test_setup(what_is_recent_is_shown_in_its_order, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
