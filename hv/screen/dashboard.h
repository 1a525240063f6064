/* The check as a person sees it: painted from the figures into a shadow of any size. Pure. */
#ifndef SCREEN_DASHBOARD_H
#define SCREEN_DASHBOARD_H

#include "screen/panels.h"
#include "screen/plot.h"

#define DASHBOARD_PAGE_NS \
    5000000000ull /* a page of CPUs stays so long, where there are more CPUs than rows */
#define DASHBOARD_FLIP_NS \
    10000000000ull /* dashboard and QR code each stay so long, where only one of them fits */

enum dashboard_wish { WISH_NONE, WISH_PAGE, WISH_QR, WISH_SOCKETS };

/* What the painter remembers; zero at first. */
struct dashboard {
    struct layout layout;
    struct plot plots[2];
    unsigned next_column; /* of both plots' columns together: the next to be drawn */
    unsigned page;        /* of the table */
    bool page_kept;       /* it does not turn by itself */
    uint64_t paged_ns, flipped_ns;
    bool qr_alone, qr_kept;
};

/*
 * Paints; to be called some 250 ms after the last time. A large plot takes several calls. `now_ns` goes on
 * when the figures have ended. Returns true if the log belongs at layout.console, which on a screen that is
 * too small is all of it. Returns false if the QR code has the screen.
 */
bool dashboard_paint(struct dashboard *dashboard, struct shadow *shadow, const struct figures *figures,
                     uint64_t now_ns, enum dashboard_wish wish);

#endif
