/* sources: hv/screen/screen.c hv/screen/console.c hv/screen/shadow.c hv/log/format.c */
/* flags: -include test/unit/fake_percpu.h */
/*
 * The life of a screen, one part after the other: the log at once, portions while time is kept, and a panic.
 * The display, the log, the keeper and the CPUs are played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/paging.h"
#include "keeper.h"
#include "log/log.h"
#include "platform/quirks.h"
#include "screen/display.h"
#include "screen/screen.h"
#include "screen/portions.h"

#define COLUMNS 100u
#define ROWS    30u
#define MS      1000000ull

static bool there, reached, pixels, panicking;
static log_sink sink;
static unsigned cpu, drawn, flushed, painted;
static uint16_t seen[ROWS][COLUMNS];
static uint64_t now_ns, cell_ns, free_ns;
static struct timer *armed[2];
static bool guest_here;
static void (*during)(void); /* once, while a cell is drawn */

unsigned cpu_id(void)
{
    return cpu;
}

unsigned cpu_count(void)
{
    return 2;
}

void log_print(const char *format, ...)
{
    (void)format;
}

bool log_add_sink(log_sink added)
{
    sink = added;
    return true;
}

static bool deferred;

bool log_at_once(void)
{
    return !deferred || panicking;
}

bool log_in_panic(void)
{
    return panicking;
}

static struct quirk on_its_side = {.effect = QUIRK_ROTATED, .rotation = ROTATE_270};
static bool known;
static unsigned rotated;

const struct quirk *quirk_here(enum quirk_effect effect)
{
    return known && effect == QUIRK_ROTATED ? &on_its_side : NULL;
}

bool display_rotate(const struct boot_info *boot, enum rotation rotation, unsigned *columns, unsigned *rows)
{
    (void)boot;
    assert_int_equal(rotation, ROTATE_270);
    rotated++;
    *columns = COLUMNS;
    *rows = ROWS;
    return true;
}

bool display_find(const struct boot_info *boot, enum rotation rotation, unsigned *columns, unsigned *rows)
{
    (void)boot, (void)rotation;
    *columns = COLUMNS;
    *rows = ROWS;
    return there;
}

void display_map(void)
{
    reached = true;
}

bool display_has_pixels(void)
{
    return pixels;
}

bool display_reached(void)
{
    return reached;
}

void display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles)
{
    void (*act)(void) = during;

    assert_true(reached);
    assert_true(!pixels == !tiles);
    during = NULL;
    if (act)
        act();
    seen[row][column] = cell.glyph;
    drawn++;
    now_ns += cell_ns;
}

void display_flush(void)
{
    flushed++;
}

void *memory_try_take(uint64_t count)
{
    assert_true(count * FRAME_SIZE >= TILES * sizeof(struct tile));
    return calloc(count, FRAME_SIZE);
}

uint64_t keeper_now_ns(void)
{
    return now_ns;
}

uint64_t keeper_free_ns(void)
{
    return free_ns;
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    timer->deadline_ns = deadline_ns;
    armed[cpu] = timer;
}

static bool guest_waits(void)
{
    return guest_here;
}

static void say(const char *text)
{
    sink(text, strlen(text));
}

static bool shows(unsigned row, const char *text)
{
    for (unsigned i = 0; text[i]; i++)
        if (seen[row][i] != (uint8_t)text[i])
            return false;
    return true;
}

static unsigned drawn_now(void)
{
    unsigned count = drawn;

    drawn = 0;
    return count;
}

static void none_at_all(void **state)
{
    const struct options off = {.screen = false}, on = {.screen = true};

    (void)state;
    there = true;
    screen_init(NULL, &off);
    there = false;
    screen_init(NULL, &on);
    screen_map();
    screen_start_cpu();
    assert_null(screen_shadow());
    assert_null(sink);
    assert_null(armed[0]);
    assert_int_equal(drawn_now(), 0);
    reached = false;
}

static void nothing_is_drawn_where_nothing_is_reached(void **state)
{
    (void)state;
    there = true;
    screen_init(NULL, NULL);
    assert_non_null(sink);
    say("before there are page tables\n");
    assert_int_equal(drawn_now(), 0);
    pixels = true;
    screen_map();
    assert_int_equal(drawn_now(), COLUMNS * ROWS);
    assert_true(shows(0, "before there are page tables"));
    assert_non_null(screen_shadow()->tiles);
}

/* Only a panel that is higher than wide, of a machine that is known, and unless the command line says so. */
static void a_known_panel_is_rotated(void **state)
{
    struct options options = {.screen = true};
    struct boot_info high = {.framebuffer = {.width = 800, .height = 1280}};
    const struct boot_info wide = {.framebuffer = {.width = 1280, .height = 800}};

    (void)state;
    screen_rotate_for(&high, &options);
    known = true;
    screen_rotate_for(&wide, &options);
    options.rotate = ROTATE_0;
    screen_rotate_for(&high, &options);
    assert_int_equal(rotated + drawn_now(), 0);
    options.rotate = ROTATE_BY_MACHINE;
    screen_rotate_for(&high, &options);
    assert_int_equal(rotated, 1);
    say("");
    assert_int_equal(drawn_now(), COLUMNS * ROWS);
    assert_true(shows(0, "before there are page tables"));
}

static void the_log_is_drawn_at_once(void **state)
{
    (void)state;
    say("now\n@cpu id=0\n");
    assert_true(shows(1, "now "));
    assert_int_equal(drawn_now(), 3);
    say("@verdict\n");
    assert_true(shows(2, "@verdict "));
    assert_true(flushed > 0);
    drawn_now();
}

static void portion(unsigned of)
{
    cpu = of;
    now_ns = armed[of]->deadline_ns;
    armed[of]->expired(armed[of], now_ns);
}

static void paint(struct shadow *shadow)
{
    painted++;
    shadow_fill(shadow, 0, 0, ROWS, COLUMNS, '0' + painted % 10, 7);
    screen_console(shadow, ROWS - 2, 2);
}

/* 2 us a cell: 100 in a portion, or the last one that was begun. */
static void portions_are_short_while_a_guest_runs(void **state)
{
    (void)state;
    deferred = true; /* time runs, and nothing is drawn but in portions */
    say("it is not drawn at once\n");
    assert_int_equal(drawn_now(), 0);
    screen_start(guest_waits);
    cpu = 1;
    screen_start_cpu();
    screen_set_painter(paint);
    free_ns = 100 * MS;
    cell_ns = 2000;
    guest_here = true;
    say("@verdict result=ok\nnot now");
    assert_int_equal(drawn_now(), 0);
    portion(0);
    assert_int_equal(painted, 1);
    assert_in_range(drawn_now(), 99, 101);
    portion(1);
    assert_int_equal(painted, 1); /* not 50 ms later */
    assert_in_range(drawn_now(), 99, 101);
}

static void longer_ones_hold_nobody_up_without_one(void **state)
{
    (void)state;
    guest_here = false;
    portion(0);
    assert_in_range(drawn_now(), 999, 1001);
}

static void four_pictures_a_second(void **state)
{
    unsigned before = painted;

    (void)state;
    cell_ns = 0;
    for (unsigned i = 0; i < 100; i++) /* twenty a second */
        portion(1 - i % 2);
    assert_in_range(painted - before, 19, 21);
    assert_true(shows(ROWS - 1, "not now "));
    drawn_now();
}

static void who_must_keep_time_does_not_draw(void **state)
{
    struct timer *timer = armed[0];
    unsigned before = painted;

    (void)state;
    free_ns = PORTION_FREE_NS - 1;
    for (unsigned i = 0; i < 40; i++) {
        uint64_t was = timer->deadline_ns;

        portion(0);
        assert_true(timer->deadline_ns > was); /* it will be asked again */
    }
    assert_int_equal(painted, before);
    assert_int_equal(drawn_now(), 0);
    free_ns = 100 * MS;
}

static void other_cpu_comes(void)
{
    unsigned count = drawn, pictures = painted;
    uint64_t due_ns = armed[1]->deadline_ns;

    cpu = 1;
    armed[1]->expired(armed[1], now_ns + 1000 * MS); /* a picture would be due */
    armed[1]->deadline_ns = due_ns;
    assert_int_equal(drawn, count);
    assert_int_equal(painted, pictures);
    cpu = 0;
}

static void one_at_a_time_and_nobody_waits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        during = other_cpu_comes;
        portion(0);
    }
    assert_null(during); /* it did come */
    assert_true(drawn_now() > COLUMNS * ROWS / 2);
}

static void fault_while_drawing(void)
{
    unsigned count = drawn;

    say("Meridian again, within the panic\n");
    assert_int_equal(drawn, count);
}

static void panic_comes(void)
{
    panicking = true;
    during = fault_while_drawing;
    say("\nMeridian panic: no\n@verdict result=fail\n");
}

static unsigned row_of(const char *text)
{
    unsigned row = 0;

    while (row < ROWS && !shows(row, text))
        row++;
    return row;
}

static void paint_whole_log(struct shadow *shadow)
{
    screen_console(shadow, 0, ROWS);
}

/* Within a portion, whose end never comes: all is drawn again; and a fault in that is not the end. */
static void a_panic_takes_it_all(void **state)
{
    (void)state;
    screen_set_painter(paint_whole_log); /* so little of it changes */
    for (unsigned i = 0; i < 20; i++)
        portion(i % 2);
    assert_true(shows(1, "now "));
    assert_true(row_of("@verdict result=ok") == ROWS);
    drawn_now();
    say("!\n");
    during = panic_comes;
    for (unsigned i = 0; !panicking && i < 10; i++)
        portion(0);
    assert_true(panicking);
    assert_true(drawn_now() >= COLUMNS * ROWS);
    say("registers\n");
    assert_true(drawn_now() < COLUMNS * ROWS);
    assert_true(row_of("Meridian panic: no ") < ROWS);
    assert_true(row_of("@verdict result=fail ") == row_of("Meridian panic: no ") + 1);
    assert_true(row_of("Meridian again, within the panic ") < ROWS);
    assert_true(row_of("registers ") < ROWS);
    assert_true(row_of("@cpu") == ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_at_all),
        cmocka_unit_test(nothing_is_drawn_where_nothing_is_reached),
        cmocka_unit_test(a_known_panel_is_rotated),
        cmocka_unit_test(the_log_is_drawn_at_once),
        cmocka_unit_test(portions_are_short_while_a_guest_runs),
        cmocka_unit_test(longer_ones_hold_nobody_up_without_one),
        cmocka_unit_test(four_pictures_a_second),
        cmocka_unit_test(who_must_keep_time_does_not_draw),
        cmocka_unit_test(one_at_a_time_and_nobody_waits),
        cmocka_unit_test(a_panic_takes_it_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
