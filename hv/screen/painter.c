#include "screen/painter.h"

#include "check/check.h"
#include "keeper.h"
#include "log/log.h"
#include "platform/keyboard.h"
#include "platform/power.h"
#include "screen/dashboard.h"
#include "screen/screen.h"

static struct dashboard dashboard; /* only the CPU that paints touches it, and screen.c lets one paint */
static bool gave_up;

/* Keys are not needed; where there are some, a few help. */
static enum dashboard_wish ask_keyboard(void)
{
    enum key key = check_ended() || !keyboard_is_dear() ? keyboard_poll() : KEY_NONE;

    if (key == KEY_HELP)
        log_print("keys: space next CPUs, s sockets, q QR code, p power off, r reset\n");
    if (key == KEY_POWER_OFF)
        power_off();
    if (key == KEY_RESET)
        power_reset();
    switch (key) {
    case KEY_PAGE: return WISH_PAGE;
    case KEY_SOCKETS: return WISH_SOCKETS;
    case KEY_QR: return WISH_QR;
    default: return WISH_NONE;
    }
}

static void paint(struct shadow *shadow)
{
    enum dashboard_wish wish = ask_keyboard();
    const struct figures *figures;

    if (__atomic_load_n(&gave_up, __ATOMIC_RELAXED)) {
        screen_console(shadow, 0, shadow->rows);
        return;
    }
    figures = check_hold();
    if (!figures)
        return;
    if (dashboard_paint(&dashboard, shadow, figures, keeper_now_ns(), wish))
        screen_console(shadow, dashboard.layout.console, dashboard.layout.console_rows);
    check_release();
}

void painter_start(void)
{
    screen_set_painter(paint);
}

#define PAINTS 64u /* plots are drawn in parts */

void painter_at_once(void)
{
    for (unsigned i = 0; i < PAINTS; i++)
        screen_draw_at_once(paint);
}

void painter_give_up(void)
{
    __atomic_store_n(&gave_up, true, __ATOMIC_RELAXED);
}
