#include "screen/dashboard.h"

#include "log/string.h"
#include "screen/qr_show.h"

#define PLAIN         ATTRIBUTE(LIGHT_GREY, BLACK)
#define HEADING_ROWS  1u
#define TITLE_LETTERS 13u
#define PLOT_AROUND   2u /* a title above, and the time below */
#define PLOT_LEAST    4u
#define STOLEN_ROWS   2u /* more of text, where there is something to say of stolen time, and room */
#define STOLEN_LEAST  30u
#define CPUS_LEAST    4u
#define SIDE_LEAST    79u /* columns left of a QR code */

/* Dots of curves that are drawn in a call; what a column costs by itself counts as four curves. */
#define DOTS 1536u

static unsigned smaller_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned larger_of(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* Half of what is left for CPUs and plots, as far as there are tiles for it. */
static unsigned plot_rows(const struct layout *l, unsigned room)
{
    unsigned most = smaller_of(PLOT_MOST_ROWS, TILES / 2 / l->plot_columns);

    return smaller_of(larger_of(room / 2 > PLOT_AROUND ? room / 2 - PLOT_AROUND : 0, PLOT_LEAST), most);
}

/*
 * A QR code that needs `code_rows` rows (0: there is none) stands beside the rest if there is room for both:
 * then `left` is less than `columns`.
 */
static struct layout layout_for(unsigned columns, unsigned rows, unsigned cpus, unsigned code_rows,
                                bool stolen)
{
    struct layout l = {.columns = columns, .rows = rows, .left = columns, .scale = 1};
    unsigned above = LAYOUT_HEAD + HEADING_ROWS, below, room;

    if (code_rows && columns > QR_COLUMNS + SIDE_LEAST && rows >= above + CPUS_LEAST + code_rows)
        l.left = columns - QR_COLUMNS - 1;
    if (l.left >= big_columns(TITLE_LETTERS, 2) && rows >= 60)
        l.scale = 2;
    l.text_rows = (l.left >= 100 ? 4 : 6) + (stolen && rows >= STOLEN_LEAST ? STOLEN_ROWS : 0);
    l.plot_columns = l.left / 2 - PLOT_LABELS - 1;
    below = big_rows(l.scale) + l.text_rows;
    room = rows - above - below;
    l.plot_rows = plot_rows(&l, room);
    if (l.left < columns && l.plot_rows + PLOT_AROUND + below < code_rows)
        l.plot_rows = code_rows - PLOT_AROUND - below;
    l.cpus = smaller_of(cpus, room - l.plot_rows - PLOT_AROUND);
    l.plots = above + l.cpus;
    l.words = l.plots + l.plot_rows + PLOT_AROUND;
    l.text = l.words + big_rows(l.scale);
    l.console = l.text + l.text_rows;
    l.console_rows = rows - l.console;
    return l;
}

static void lay_out(struct dashboard *d, struct shadow *shadow, const struct layout *now)
{
    d->layout = *now;
    d->next_column = 0;
    shadow_clear(shadow, PLAIN);
    for (unsigned i = 0; i < 2; i++)
        d->plots[i] = (struct plot){
            .kind = i ? PLOT_BOUND : PLOT_OFFSET,
            .row = now->plots + 1,
            .column = PLOT_LABELS + i * now->left / 2,
            .rows = now->plot_rows,
            .columns = now->plot_columns,
            .first_tile = i * now->plot_rows * now->plot_columns,
        };
}

/* Draws the next columns of both plots; more of them once nothing is measured any more. */
static void paint_plots(struct dashboard *d, struct shadow *shadow, const struct history *history, bool ended)
{
    unsigned columns = d->layout.plot_columns, dots = (history->cpus + 4) * (shadow->tiles ? TILE_WIDTH : 1);
    unsigned pieces = (ended ? 8 * DOTS : DOTS) / dots + 1;

    for (unsigned i = 0; i < pieces && i < 2 * columns; i++) {
        struct plot *plot = &d->plots[d->next_column / columns];

        if (d->next_column % columns == 0)
            plot_begin(plot, shadow, history);
        plot_column(plot, shadow, history, d->next_column % columns);
        d->next_column = (d->next_column + 1) % (2 * columns);
    }
}

/* They change by themselves and by a key. Another key opens the first one, which stays until that key. */
static void choose_page(struct dashboard *d, const struct figures *f, uint64_t now_ns,
                        enum dashboard_wish wish)
{
    unsigned pages = page_count(f, d->layout.cpus);

    if (wish == WISH_SOCKETS)
        d->page_kept = true;
    if (wish == WISH_PAGE)
        d->page_kept = false;
    if (wish == WISH_SOCKETS)
        d->page = 0;
    else if (wish == WISH_PAGE || (!d->page_kept && now_ns - d->paged_ns >= DASHBOARD_PAGE_NS))
        d->page = (d->page + 1) % pages;
    else
        return;
    d->paged_ns = now_ns;
}

/*
 * Decides whether the QR code or the dashboard has the screen, where there is no room for both; returns true
 * for the code. They alternate until a key asks for one of them: then that one stays until the next key.
 */
static bool flip(struct dashboard *d, bool possible, uint64_t now_ns, enum dashboard_wish wish)
{
    bool due = !d->qr_kept && now_ns - d->flipped_ns >= DASHBOARD_FLIP_NS;

    if (wish == WISH_QR)
        d->qr_kept = true;
    if (possible && (due || wish == WISH_QR)) {
        d->qr_alone = !d->qr_alone;
        d->flipped_ns = now_ns;
        d->layout.columns = 0; /* all is to be painted anew */
    }
    return possible && d->qr_alone;
}

bool dashboard_paint(struct dashboard *d, struct shadow *shadow, const struct figures *f, uint64_t now_ns,
                     enum dashboard_wish wish)
{
    bool code = f->ended && f->qr_made, beside;
    struct layout now;
    struct page page;

    if (shadow->columns < LAYOUT_COLUMNS || shadow->rows < LAYOUT_ROWS) {
        d->layout.console_rows = shadow->rows;
        return true;
    }
    now = layout_for(shadow->columns, shadow->rows, f->evidence.count,
                     code ? QR_ROWS + qr_contact_rows(f->contact, QR_COLUMNS) : 0, f->stolen[0]);
    beside = now.left < now.columns;
    if (!f->ended)
        d->flipped_ns = now_ns;
    if (flip(d, code && !beside, now_ns, wish)) {
        if (!d->layout.columns) {
            qr_show_alone(shadow, f);
            d->layout = now;
        }
        return false;
    }
    if (memcmp(&now, &d->layout, sizeof now) != 0)
        lay_out(d, shadow, &now);
    choose_page(d, f, now_ns, wish);
    page = page_at(f, d->layout.cpus, d->page);
    panel_head(shadow, f);
    panel_rows(&d->layout, &page, shadow, f);
    paint_plots(d, shadow, &f->history, f->ended);
    panel_verdict(&d->layout, shadow, f);
    if (beside) {
        qr_show(shadow, now.plots, now.left + 1, &f->qr);
        qr_show_contact(shadow, now.plots + QR_ROWS, now.left + 1, QR_COLUMNS, f->contact);
    }
    return true;
}
