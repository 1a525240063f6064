/* The check as a person sees it: painted from the figures into a shadow of any size. Pure. */
#ifndef SCREEN_DASHBOARD_H
#define SCREEN_DASHBOARD_H

#include "screen/panels.h"
#include "screen/plot.h"

#define DASHBOARD_PAGE_NS 5000000000ull  /* CPUs beyond the screen's rows: a page stays so long */
#define DASHBOARD_FLIP_NS 10000000000ull /* dashboard and QR code, where only one of them fits */

enum dashboard_wish { WISH_NONE, WISH_PAGE, WISH_QR };

/* What the painter remembers; zero at first. */
struct dashboard {
    struct layout layout;
    struct plot plots[2];
    unsigned sweep; /* the next column of both plots' together */
    unsigned page;  /* of CPUs */
    uint64_t paged_ns, flipped_ns;
    bool qr_alone, qr_kept;
};

/*
 * Some 250 ms after the last time; a large plot takes several. `now_ns` goes on when the figures have ended.
 * False: the QR code has the screen, and the log must not be drawn (else: at layout.console; on a screen that
 * is too small it is all that there is to be).
 */
bool dashboard_paint(struct dashboard *dashboard, struct shadow *shadow, const struct figures *figures,
                     uint64_t now_ns, enum dashboard_wish wish);

#endif
