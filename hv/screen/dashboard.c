#include "screen/dashboard.h"

#include <stdarg.h>

#include "log/format.h"
#include "log/string.h"
#include "screen/big.h"
#include "screen/qr_show.h"
#include "screen/rows.h"

#define PLAIN   ATTRIBUTE(LIGHT_GREY, BLACK)
#define BRIGHT  ATTRIBUTE(WHITE, BLACK)
#define HEADING ATTRIBUTE(WHITE, BLUE)
#define DOTS    1536u /* of all lines together in a call, and of what each column costs by itself */

static void __attribute__((format(printf, 6, 7)))
say(struct shadow *shadow, unsigned row, unsigned column, unsigned width, uint8_t attribute, const char *text,
    ...)
{
    char line[SHADOW_MAX_COLUMNS + 1];
    va_list args;

    va_start(args, text);
    format_va(line, sizeof line, text, args);
    va_end(args);
    shadow_text(shadow, row, column, width, attribute, line);
}

static unsigned long long seconds(uint64_t ns)
{
    return (unsigned long long)(ns / 1000000000);
}

static void paint_head(struct shadow *shadow, const struct figures *f)
{
    unsigned columns = shadow->columns;

    say(shadow, 0, 0, columns - 16, BRIGHT, "Meridian %s  %s %s", MERIDIAN_VERSION, f->names->vendor,
        f->names->product);
    say(shadow, 0, columns - 16, 16, BRIGHT, "%7llu s %s", seconds(f->now_ns), f->ended ? "ended" : "     ");
    say(shadow, 1, 0, columns, PLAIN, "%s, %u CPUs, %s, %s mode", f->cpu_name, f->evidence.count,
        f->evidence.source, f->evidence.percpu ? "per-CPU" : "unified");
    say(shadow, 2, 0, columns, PLAIN, "%s  \"%s\"", f->names->firmware, f->command_line);
}

static void paint_rows(const struct dashboard *d, struct shadow *shadow, const struct figures *f)
{
    unsigned first = d->page * d->layout.cpus, cpus = f->evidence.count;
    char text[ROW_BYTES];

    say(shadow, LAYOUT_HEAD, 0, shadow->columns, HEADING, "%s", row_heading);
    if (cpus > d->layout.cpus)
        say(shadow, LAYOUT_HEAD, 2, 7, HEADING, "CPU%u-", first);
    for (unsigned i = 0; i < d->layout.cpus; i++) {
        unsigned cpu = first + i;

        if (cpu >= cpus) {
            shadow_text(shadow, LAYOUT_HEAD + 1 + i, 0, shadow->columns, PLAIN, "");
            continue;
        }
        row_text(f, cpu, text); /* it begins in the colour of its line in the plots */
        shadow_text(shadow, LAYOUT_HEAD + 1 + i, 0, ROW_NAME, ATTRIBUTE(plot_colour(cpu), BLACK), text);
        shadow_text(shadow, LAYOUT_HEAD + 1 + i, ROW_NAME, shadow->columns - ROW_NAME, PLAIN,
                    text + ROW_NAME);
    }
}

/* Rows used. */
static unsigned paint_wrapped(struct shadow *shadow, unsigned row, unsigned rows, unsigned columns,
                              uint8_t attribute, const char *text)
{
    unsigned used = 0;

    for (; used < rows && *text; used++) {
        size_t length = strlen(text), cut = length;

        if (length >= columns)
            for (cut = columns - 1; cut > 0 && text[cut] != ' '; cut--)
                ;
        if (!cut)
            cut = columns - 1;
        say(shadow, row + used, 0, columns, attribute, "%.*s", (int)cut, text);
        text += cut;
        while (*text == ' ')
            text++;
    }
    return used;
}

static enum colour verdict_colour(const struct judgement_words *words)
{
    if (words->judgement == JUDGE_IN_STEP)
        return LIGHT_GREEN;
    return words->judgement == JUDGE_UNKNOWN ? LIGHT_GREY : LIGHT_RED;
}

static void paint_words(const struct layout *l, struct shadow *shadow, const struct figures *f)
{
    const struct judgement_words *words = &f->words;
    unsigned end = l->text + l->text_rows, row = l->text;
    unsigned used = big_columns((unsigned)strlen(words->title), l->scale);

    big_text(shadow, l->words, 0, l->scale, verdict_colour(words), words->title);
    if (used < l->left) {
        shadow_fill(shadow, l->words, used, big_rows(l->scale) - 1, l->left - used, ' ', PLAIN);
        shadow_text(shadow, l->text - 1, used, l->left - used, PLAIN, f->ended ? "" : " so far");
    }
    row += paint_wrapped(shadow, row, end - row, l->left, BRIGHT, words->means);
    row += paint_wrapped(shadow, row, end - row, l->left, PLAIN, words->linux_advice);
    shadow_fill(shadow, row, 0, end - row, l->left, ' ', PLAIN);
}

static void lay_out(struct dashboard *d, struct shadow *shadow, const struct layout *now)
{
    d->layout = *now;
    d->sweep = 0;
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

/* When nothing is measured any more nobody is held up. */
static void paint_plots(struct dashboard *d, struct shadow *shadow, const struct history *history, bool ended)
{
    unsigned columns = d->layout.plot_columns, dots = (history->cpus + 4) * (shadow->tiles ? TILE_WIDTH : 1);
    unsigned pieces = (ended ? 8 * DOTS : DOTS) / dots + 1;

    for (unsigned i = 0; i < pieces && i < 2 * columns; i++) {
        struct plot *plot = &d->plots[d->sweep / columns];

        if (d->sweep % columns == 0)
            plot_begin(plot, shadow, history);
        plot_column(plot, shadow, history, d->sweep % columns);
        d->sweep = (d->sweep + 1) % (2 * columns);
    }
}

/* Beside what is said of it, where the screen has no room for more. */
static void paint_qr_alone(struct shadow *shadow, const struct figures *f)
{
    unsigned width = shadow->columns - QR_COLUMNS - 1;

    shadow_clear(shadow, PLAIN);
    say(shadow, 0, 0, width, BRIGHT, "Meridian %s", MERIDIAN_VERSION);
    say(shadow, 2, 0, width, BRIGHT, "%s", f->words.title);
    say(shadow, 3, 0, width, PLAIN, "Linux: %s", f->words.linux_word);
    paint_wrapped(shadow, 5, 4, width, PLAIN, "Scan it to keep the result, or to send it.");
    qr_show(shadow, 0, shadow->columns - QR_COLUMNS, &f->qr);
}

static void turn_page(struct dashboard *d, unsigned cpus, uint64_t now_ns, enum dashboard_wish wish)
{
    unsigned pages = (cpus + d->layout.cpus - 1) / d->layout.cpus;

    if (wish != WISH_PAGE && now_ns - d->paged_ns < DASHBOARD_PAGE_NS)
        return;
    d->paged_ns = now_ns;
    d->page = (d->page + 1) % pages;
}

/* True: the QR code alone. Once asked for by a key, it stays until the next. */
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

    if (shadow->columns < LAYOUT_COLUMNS || shadow->rows < LAYOUT_ROWS) {
        d->layout.console_rows = shadow->rows;
        return true;
    }
    now = layout_for(shadow->columns, shadow->rows, f->evidence.count, code);
    beside = now.left < now.columns;
    if (!f->ended)
        d->flipped_ns = now_ns;
    if (flip(d, code && !beside, now_ns, wish)) {
        if (!d->layout.columns) {
            paint_qr_alone(shadow, f);
            d->layout = now;
        }
        return false;
    }
    if (memcmp(&now, &d->layout, sizeof now) != 0)
        lay_out(d, shadow, &now);
    turn_page(d, f->evidence.count, now_ns, wish);
    paint_head(shadow, f);
    paint_rows(d, shadow, f);
    paint_plots(d, shadow, &f->history, f->ended);
    paint_words(&d->layout, shadow, f);
    if (beside)
        qr_show(shadow, now.plots, now.left + 1, &f->qr);
    return true;
}
