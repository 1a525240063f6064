#include "screen/screen.h"

#include <stddef.h>

#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "keeper.h"
#include "log/log.h"
#include "platform/quirks.h"
#include "screen/console.h"
#include "screen/display.h"
#include "screen/portions.h"

static struct cell cells[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS];
static bool changed[SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS];
static struct shadow shadow = {.cells = cells, .changed = changed}; /* no columns where there is no display */
static struct console console;
static uint32_t drawing; /* held by the CPU that changes or draws the shadow; none waits for it */
static bool started;     /* set once portions are drawn */
static struct timer portions[MAX_CPUS];
static uint64_t next_paint_ns;
static bool (*guest_waits)(void);

static void paint_log(struct shadow *to)
{
    console_show(&console, to, 0, to->rows);
}

static void (*painter)(struct shadow *shadow) = paint_log;

static bool begin_drawing(void)
{
    return !__atomic_exchange_n(&drawing, 1, __ATOMIC_ACQUIRE);
}

static void end_drawing(void)
{
    display_flush();
    __atomic_store_n(&drawing, 0, __ATOMIC_RELEASE);
}

/* Draws the next cell that changed. Returns false if there is none. */
static bool draw_one(void)
{
    unsigned row, column;

    if (!shadow_take_changed(&shadow, &row, &column))
        return false;
    display_draw(row, column, cells[row * shadow.columns + column], shadow.tiles);
    return true;
}

static void draw_log_at_once(void)
{
    paint_log(&shadow);
    if (display_reached())
        while (draw_one())
            ;
}

/* The other CPUs are stopped. One of them, or this one, may have been drawing: all is drawn again. */
static void draw_panic(void)
{
    static bool begun, inside;

    if (inside) /* a fault while it drew: serial says the rest */
        return;
    inside = true;
    if (!begun)
        shadow_redraw(&shadow);
    begun = true;
    draw_log_at_once();
    display_flush();
    inside = false;
}

/* The log's sink: called with the log's lock held. */
static void take_log(const char *text, size_t length)
{
    console.no_verdict = __atomic_load_n(&started, __ATOMIC_ACQUIRE) && !log_in_panic();
    console_add(&console, text, length);
    if (log_in_panic()) {
        draw_panic();
    } else if (log_at_once() && begin_drawing()) {
        draw_log_at_once();
        end_drawing();
    }
}

void screen_init(const struct boot_info *boot, const struct options *options)
{
    unsigned columns, rows;

    if (shadow.columns)
        return;
    if (options && !options->screen)
        log_print("screen: off, as the command line asks\n");
    else if (display_find(boot, options ? options->rotate : ROTATE_0, &columns, &rows)) {
        shadow_init(&shadow, columns, rows);
        log_add_sink(take_log);
    }
}

void screen_map(void)
{
    if (!shadow.columns)
        return;
    display_map();
    if (display_has_pixels())
        shadow.tiles = memory_try_take((TILES * sizeof(struct tile) + FRAME_SIZE - 1) / FRAME_SIZE);
    draw_log_at_once();
}

void screen_draw_at_once(void (*paint)(struct shadow *shadow))
{
    if (!shadow.columns || !begin_drawing())
        return;
    paint(&shadow);
    if (display_reached())
        while (draw_one())
            ;
    end_drawing();
}

/* A panel on its side is higher than wide; another display at that machine is not. */
void screen_rotate_for(const struct boot_info *boot, const struct options *options)
{
    const struct quirk *quirk = quirk_here(QUIRK_ROTATED);
    unsigned columns, rows;

    if (!quirk || options->rotate != ROTATE_BY_MACHINE || !display_has_pixels() ||
        boot->framebuffer.height <= boot->framebuffer.width)
        return;
    log_print("screen: this is %s: %s (rotate=0 leaves it as it is)\n", quirk->name, quirk->reason);
    if (!display_rotate(boot, quirk->rotation, &columns, &rows))
        return;
    shadow_init(&shadow, columns, rows); /* before anything is said: that would be drawn */
    log_print("screen: rotated, %ux%u characters\n", columns, rows);
}

static uint64_t portion_ends_ns(uint64_t now_ns)
{
    return now_ns + (guest_waits && guest_waits() ? PORTION_NS : PORTION_IDLE_NS);
}

static void draw_portion(uint64_t now_ns)
{
    uint64_t end_ns = portion_ends_ns(now_ns);

    if (now_ns >= next_paint_ns) {
        next_paint_ns = now_ns + PAINT_EVERY_NS;
        painter(&shadow);
    }
    if (display_reached())
        while (keeper_now_ns() < end_ns && draw_one())
            ;
}

static void portion_is_due(struct timer *timer, uint64_t now_ns)
{
    keeper_timer_arm(timer, portion_next_ns(now_ns, cpu_id(), cpu_count()));
    if (!__atomic_load_n(&started, __ATOMIC_ACQUIRE) || keeper_free_ns() < PORTION_FREE_NS ||
        !begin_drawing())
        return;
    draw_portion(now_ns);
    end_drawing();
}

void screen_start_cpu(void)
{
    struct timer *timer = &portions[cpu_id()];

    if (!shadow.columns)
        return;
    timer->expired = portion_is_due;
    keeper_timer_arm(timer, portion_next_ns(keeper_now_ns(), cpu_id(), cpu_count()));
}

void screen_start(bool (*waits)(void))
{
    guest_waits = waits;
    screen_start_cpu();
    __atomic_store_n(&started, true, __ATOMIC_RELEASE);
}

struct shadow *screen_shadow(void)
{
    return shadow.columns ? &shadow : NULL;
}

void screen_set_painter(void (*paint)(struct shadow *shadow))
{
    __atomic_store_n(&painter, paint, __ATOMIC_RELEASE);
}

void screen_console(struct shadow *to, unsigned row, unsigned rows)
{
    console_show(&console, to, row, rows);
}
