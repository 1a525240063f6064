/* sources: hv/log/log.c hv/log/queue.c hv/log/format.c hv/domain/console_line.c */
/* flags: -include test/unit/fake_interrupts.h */
/* What is printed goes into a ring, whole lines in their order, and leaves it as the port takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/console_line.h"
#include "log/log.h"
#include "log/queue.h"

uint64_t fake_ticks;

/* The log is one for a program, so these tests come in their order: first the port that takes all at once. */
static char out[4 * QUEUE_BYTES], shown[65536];
static size_t out_end, shown_end;
static size_t takes_now;    /* bytes that the port takes without waiting */
static unsigned waited_for; /* bytes that it took by waiting */

static bool port(char byte, bool wait)
{
    if (!wait && !takes_now)
        return false;
    takes_now -= !wait;
    waited_for += wait;
    out[out_end++ % sizeof out] = byte;
    return true;
}

static void sink(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        shown[shown_end++ % sizeof shown] = text[i];
}

static bool always(void)
{
    return true;
}

static size_t drained(size_t takes)
{
    takes_now = takes;
    return log_drain(always);
}

static const char *all_out(void)
{
    static char text[4 * QUEUE_BYTES + 1];

    memcpy(text, out, out_end);
    text[out_end] = 0;
    out_end = 0;
    return text;
}

static void at_first_it_waits_for_the_port(void **state)
{
    (void)state;
    log_set_port(port);
    log_print("one %u\n", 1u);
    assert_string_equal(all_out(), "one 1\n");
    assert_int_equal(log_waiting(), 0);
    assert_true(log_add_sink(sink));
    assert_memory_equal(shown, "one 1\n", 6); /* what was said before is shown too */
    log_print("two\n");
    assert_int_equal(shown_end, 10);
    all_out();
}

/* What was said before is said to another port too. */
static void another_port_gets_all_of_it(void **state)
{
    (void)state;
    log_set_port(port);
    assert_string_equal(all_out(), "one 1\ntwo\n");
    assert_int_equal(log_waiting(), 0);
}

static void deferred_it_waits_for_nothing(void **state)
{
    unsigned before = waited_for;

    (void)state;
    log_defer();
    log_print("three\n");
    assert_int_equal(log_waiting(), 6);
    assert_int_equal(shown_end, 16); /* the screen has it at once */
    assert_int_equal(drained(2), 2);
    assert_int_equal(log_waiting(), 4);
    assert_int_equal(drained(100), 4);
    assert_string_equal(all_out(), "three\n");
    assert_int_equal(waited_for, before);
}

static unsigned goes_on_for;

static bool for_some_bytes(void)
{
    return goes_on_for-- > 0;
}

static void a_slice_ends_when_it_is_told(void **state)
{
    (void)state;
    log_print("four\n");
    goes_on_for = 3;
    takes_now = 100;
    assert_int_equal(log_drain(for_some_bytes), 3);
    assert_int_equal(drained(100), 2);
    all_out();
}

static void a_guests_line_is_not_torn(void **state)
{
    struct console_line line = {.used = 0};

    (void)state;
    console_line_take(&line, "a guest's ", 10);
    log_print("ours\n");
    console_line_take(&line, "line\nand", 8);
    console_line_end(&line);
    console_line_end(&line);
    drained(1000);
    assert_string_equal(all_out(), "ours\na guest's line\nand\n");
}

/* One that is longer than its place goes in pieces; ours then begins a line of its own. */
static void a_line_too_long_is_ended_before_ours(void **state)
{
    struct console_line line = {.used = 0};
    char much[CONSOLE_LINE_BYTES + 8], expected[CONSOLE_LINE_BYTES + 32];

    (void)state;
    memset(much, 'm', sizeof much);
    console_line_take(&line, much, sizeof much);
    log_print("ours\n");
    console_line_end(&line);
    drained(10000);
    snprintf(expected, sizeof expected, "%.*s\nours\nmmmmmmmm\n", CONSOLE_LINE_BYTES, much);
    assert_string_equal(all_out(), expected);
}

static void guests_wait_and_we_do_not(void **state)
{
    unsigned pieces = 0;

    (void)state;
    for (; log_guest_may_write() && pieces < 1000; pieces++)
        log_write("guest's\n", 8);
    assert_int_equal(pieces, 64);
    log_print("ours\n"); /* has room all the same */
    assert_int_equal(log_waiting(), 64 * 8 + 5);
    drained(8);
    assert_true(log_guest_may_write());
    drained(100000);
    all_out();
}

static void what_can_wait_waits(void **state)
{
    (void)state;
    assert_true(log_print_line("can wait\n"));
    for (unsigned i = 0; i < 100; i++)
        log_print("it is full here, and the port is slow: %u\n", i);
    assert_false(log_print_line("can wait\n"));
    drained(1000000);
    assert_true(log_print_line("can wait\n"));
    drained(1000000);
    all_out();
}

/* Fills the ring to the last line that has room. Returns how many had none. */
static uint64_t fill(void)
{
    uint64_t before = log_cost().dropped;

    while (log_cost().dropped < before + 3)
        log_print("%0*u\n", 99, 7u);
    return log_cost().dropped - before;
}

static void a_full_ring_drops_whole_lines_and_tells(void **state)
{
    const char *text;

    (void)state;
    assert_int_equal(fill(), 3);
    assert_true(log_waiting() <= QUEUE_BYTES && log_waiting() > QUEUE_BYTES - 100);
    assert_false(log_has_room());
    drained(150);
    log_print("after it\n"); /* there is room for the line, and for the word before it */
    drained(10 * QUEUE_BYTES);
    text = all_out();
    assert_non_null(strstr(text, "7\n@log dropped=3\nafter it\n"));
    assert_null(strstr(text, "\n\n"));
    for (const char *at = text; strncmp(at, "@log", 4) != 0; at += 100)
        assert_int_equal(at[99], '\n'); /* no line in part */
    log_print("once\n");
    drained(100);
    assert_string_equal(all_out(), "once\n");
}

static void a_port_given_up_loses_what_waited(void **state)
{
    uint64_t before = log_cost().dropped;
    const char *text;

    (void)state;
    log_print("it stays\n");
    log_print("lost\n");
    log_print("lost too\n");
    drained(2);
    log_give_up_port();
    assert_int_equal(log_waiting(), 7); /* the rest of the line that has begun */
    assert_int_equal(log_cost().dropped, before + 2);
    log_print("here again\n");
    drained(1000);
    text = all_out();
    assert_memory_equal(text, "it stays\n@log dropped=", 22);
    assert_non_null(strstr(text, "\nhere again\n"));
    assert_null(strstr(text, "lost"));
}

static void a_flush_empties_it(void **state)
{
    (void)state;
    log_print("to be waited for\n");
    log_flush();
    assert_string_equal(all_out(), "to be waited for\n");
}

static bool another_drains(void)
{
    assert_int_equal(log_drain(always), 0); /* one CPU at a time */
    log_drain_again();                      /* that one is gone in the middle of it */
    assert_int_equal(log_drain(always), 5);
    return true;
}

static void one_drains_until_it_is_gone(void **state)
{
    (void)state;
    log_print("mine\n");
    takes_now = 100;
    assert_int_equal(log_drain(another_drains), 0);
    assert_string_equal(all_out(), "mine\n"); /* each byte once */
}

static void its_cost_is_told(void **state)
{
    (void)state;
    assert_true(log_cost().waiting_most > QUEUE_BYTES - 100);
    assert_int_equal(log_cost().print_ticks, 1); /* each look at the clock takes a tick in this test */
    fake_ticks = UINT64_MAX / 2;
    assert_true(log_cost().slice_ticks >= 1);
}

/* Last, for it stays so: who was in the middle of anything is stopped. */
static void a_panic_empties_it_first(void **state)
{
    (void)state;
    log_print("said before\n");
    log_panic_mode();
    log_print("panic\n");
    assert_string_equal(all_out(), "said before\npanic\n");
}

/* The verdict ends the lines for programs; what is said for people goes on, and a panic's own verdict too. */
static void the_verdict_is_the_last_line_for_programs(void **state)
{
    (void)state;
    log_flush();
    all_out();
    log_print("@row cpu=0\n");
    log_write("@verdict result=ok\n", 19);
    log_print("@witness name=pit\n");
    log_print("guest: ended\n");
    log_print("@verdict result=fail\n");
    log_flush();
    assert_string_equal(all_out(), "@row cpu=0\n@verdict result=ok\nguest: ended\n@verdict result=fail\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first_it_waits_for_the_port),
        cmocka_unit_test(another_port_gets_all_of_it),
        cmocka_unit_test(deferred_it_waits_for_nothing),
        cmocka_unit_test(a_slice_ends_when_it_is_told),
        cmocka_unit_test(a_guests_line_is_not_torn),
        cmocka_unit_test(a_line_too_long_is_ended_before_ours),
        cmocka_unit_test(guests_wait_and_we_do_not),
        cmocka_unit_test(what_can_wait_waits),
        cmocka_unit_test(a_full_ring_drops_whole_lines_and_tells),
        cmocka_unit_test(a_port_given_up_loses_what_waited),
        cmocka_unit_test(a_flush_empties_it),
        cmocka_unit_test(one_drains_until_it_is_gone),
        cmocka_unit_test(its_cost_is_told),
        cmocka_unit_test(the_verdict_is_the_last_line_for_programs),
        cmocka_unit_test(a_panic_empties_it_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
