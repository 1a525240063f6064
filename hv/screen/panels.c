#include "screen/panels.h"

#include <limits.h>

#include "log/format.h"
#include "log/string.h"
#include "screen/font.h"
#include "screen/plot.h"

#define PLAIN   ATTRIBUTE(LIGHT_GREY, BLACK)
#define BRIGHT  ATTRIBUTE(WHITE, BLACK)
#define HEADING ATTRIBUTE(WHITE, BLUE)

/* ---- The machine ---- */

static uint64_t seconds(uint64_t ns)
{
    return ns / 1000000000;
}

void panel_head(struct shadow *shadow, const struct figures *f)
{
    const struct worst *worst = &f->verdict.worst;
    unsigned columns = shadow->columns;
    char cpus[32], sockets[24] = "", art[40] = "";

    format(cpus, sizeof cpus, worst->unseen ? "%u of %u" : "%u", worst->all - worst->unseen, worst->all);
    if (f->sockets.count)
        format(sockets, sizeof sockets, " in %u sockets", f->sockets.count);
    if (f->cpuid.art_numerator)
        format(art, sizeof art, "ART x %u/%u  ", f->cpuid.art_numerator, f->cpuid.art_denominator);
    shadow_say(shadow, 0, 0, columns - 16, BRIGHT, "Meridian %s  %s %s", MERIDIAN_VERSION, f->names->vendor,
               f->names->product);
    shadow_say(shadow, 0, columns - 16, 16, BRIGHT, "%7lu s %s", seconds(f->now_ns),
               f->ended ? "ended" : "     ");
    shadow_say(shadow, 1, 0, columns, PLAIN, "%s, %s CPUs%s, %s, %s mode", f->cpu_name, cpus, sockets,
               f->evidence.source, f->evidence.percpu ? "per-CPU" : "unified");
    shadow_say(shadow, 2, 0, columns, PLAIN, "%s  %s\"%s\"", f->names->firmware, art, f->command_line);
}

/* ---- A CPU in a line ---- */

/* In code page 437. In one string with it, a letter a to f would be taken for a digit of the escape. */
#define PLUS_MINUS "\xf1"

const char row_heading[] = "  CPU    APIC core       MHz " PLUS_MINUS "ppm    source    offset ns " PLUS_MINUS
                           "ns     rate behind SMI     rate ppb " PLUS_MINUS "ppb      place";

#define ROW_LEFT_OUT 15u /* where "left out" begins */
#define OFFSET_UNIT  54u /* where the heading has "ns", which is "tk" where offsets are in ticks */

/*
 * Returns '*' for the boot CPU, with which the others are compared; '+' for one that may be in step, '!' if
 * not.
 */
static char state_mark(const struct keeper_cpu *seen, unsigned cpu)
{
    if (seen->state != KEEPER_CPU_ONLINE)
        return 'x';
    if (cpu == 0)
        return '*';
    if (seen->offset_bound_ns == UINT64_MAX)
        return '?';
    return magnitude(seen->offset_ns) > seen->offset_bound_ns ? '!' : '+';
}

static const char *speed(const struct keeper_cpu *seen)
{
    if (seen->rate_bound_ppb == UINT64_MAX)
        return "?";
    if (magnitude(seen->rate_ppb) <= seen->rate_bound_ppb)
        return "even";
    return seen->rate_ppb > 0 ? "fast" : "slow";
}

/* Returns a bound; "?" where it is unknown. */
static const char *ns_bound(char out[24], uint64_t value)
{
    format(out, 24, value == UINT64_MAX ? "\xf1?" : "\xf1%lu", value);
    return out;
}

static const char *ppm_bound(char out[24], uint64_t ppb)
{
    format(out, 24, ppb == UINT64_MAX ? "\xf1?" : "\xf1%lu.%03lu", ppb / 1000, ppb % 1000);
    return out;
}

void row_text(const struct figures *figures, unsigned cpu, char out[ROW_BYTES])
{
    const struct keeper_cpu *seen = &figures->evidence.cpus[cpu].seen;
    const struct cpu_facts *facts = &figures->evidence.cpus[cpu].facts;
    const struct cpu_place *place = &facts->place;
    char hz_bound[24], offset_bound[24], rate_bound[24], smi[16] = "-", where[48] = "-";

    if (seen->state == KEEPER_CPU_LEFT_OUT) {
        format(out, ROW_BYTES, "x CPU%-3u %4u  left out: its TSC cannot be measured", cpu, seen->apic_id);
        return;
    }
    if (facts->smi_counted)
        format(smi, sizeof smi, "%u", facts->smi);
    if (place->from)
        format(where, sizeof where, "%u/%u/%u/%u", place->socket, place->die, place->core, place->thread);
    format(out, ROW_BYTES, "%c CPU%-3u %4u %-4s %5lu.%03lu %-7s %-7s %+11ld %-7s %-4s %4u %5s %+12ld %-9s %s",
           state_mark(seen, cpu), cpu, seen->apic_id, core_word(facts->core), seen->hz / 1000000,
           seen->hz / 1000 % 1000, ppm_bound(hz_bound, seen->hz_ppb), figures->evidence.source,
           seen->offset_ns, ns_bound(offset_bound, seen->offset_bound_ns), speed(seen), seen->behind, smi,
           seen->rate_ppb, ns_bound(rate_bound, seen->rate_bound_ppb), where);
}

/* As wide as what it replaces. */
static const char socket_heading[] = "  sock CPUs worst  ";

void socket_text(const struct figures *figures, unsigned socket, char out[ROW_BYTES])
{
    const struct socket *of = &figures->sockets.of[socket];
    char worst[ROW_BYTES], number[16];

    row_text(figures, of->worst, worst);
    format(number, sizeof number, "S%u", of->number);
    format(out, ROW_BYTES, "%c %-4s x%-3u CPU%-3u %s", worst[0], number, of->cpus, of->worst,
           worst + (figures->evidence.cpus[of->worst].seen.state == KEEPER_CPU_LEFT_OUT ? ROW_LEFT_OUT
                                                                                        : ROW_MHZ));
}

/* A row begins in the colour of its CPU's curves. */
static void say_row(struct shadow *shadow, unsigned row, unsigned cpu, const char *text)
{
    shadow_text(shadow, row, 0, ROW_NAME, ATTRIBUTE(plot_colour(cpu), BLACK), text);
    shadow_text(shadow, row, ROW_NAME, shadow->columns - ROW_NAME, PLAIN, text + ROW_NAME);
}

static void head_rows(const struct layout *layout, const struct page *page, struct shadow *shadow,
                      const struct figures *f)
{
    shadow_say(shadow, LAYOUT_HEAD, 0, shadow->columns, HEADING, "%s", row_heading);
    if (f->evidence.timeless)
        shadow_say(shadow, LAYOUT_HEAD, OFFSET_UNIT, 2, HEADING, "tk");
    if (page->kind == PAGE_SOCKETS)
        shadow_say(shadow, LAYOUT_HEAD, 0, ROW_MHZ, HEADING, "%s", socket_heading);
    else if (page->kind == PAGE_SOCKET)
        shadow_say(shadow, LAYOUT_HEAD, 2, 7, HEADING, "in S%u", f->sockets.of[page->socket].number);
    else if (f->evidence.count > layout->cpus)
        shadow_say(shadow, LAYOUT_HEAD, 2, 7, HEADING, "CPU%u-", page->first);
}

void panel_rows(const struct layout *layout, const struct page *page, struct shadow *shadow,
                const struct figures *f)
{
    char text[ROW_BYTES];

    head_rows(layout, page, shadow, f);
    for (unsigned i = 0; i < layout->cpus; i++) {
        unsigned what = page_row(page, f, i), row = LAYOUT_HEAD + 1 + i;

        if (what == UINT_MAX) {
            shadow_text(shadow, row, 0, shadow->columns, PLAIN, "");
        } else if (page->kind == PAGE_SOCKETS) {
            socket_text(f, what, text);
            say_row(shadow, row, f->sockets.of[what].worst, text);
        } else {
            row_text(f, what, text);
            say_row(shadow, row, what, text);
        }
    }
}

/* ---- The verdict ---- */

unsigned big_columns(unsigned letters, unsigned scale)
{
    return letters * FONT_SMALL_WIDTH * scale;
}

unsigned big_rows(unsigned scale)
{
    return FONT_SMALL_HEIGHT / 2 * scale;
}

static uint8_t dot(const uint8_t *glyph, unsigned x, unsigned y, enum colour colour)
{
    return glyph[y] >> (FONT_SMALL_WIDTH - 1 - x) & 1 ? (uint8_t)colour : BLACK;
}

void big_text(struct shadow *shadow, unsigned row, unsigned column, unsigned scale, enum colour colour,
              const char *text)
{
    for (unsigned letter = 0; text[letter]; letter++) {
        const uint8_t *glyph = font_small(text[letter]);

        for (unsigned r = 0; r < big_rows(scale); r++)
            for (unsigned c = 0; c < big_columns(1, scale); c++)
                shadow_put_halves(shadow, row + r, column + big_columns(letter, scale) + c,
                                  dot(glyph, c / scale, 2 * r / scale, colour),
                                  dot(glyph, c / scale, (2 * r + 1) / scale, colour));
    }
}

static enum colour verdict_colour(const struct verdict *verdict)
{
    if (verdict->kind == VERDICT_IN_STEP)
        return LIGHT_GREEN;
    return verdict->kind == VERDICT_UNKNOWN ? LIGHT_GREY : LIGHT_RED;
}

void panel_verdict(const struct layout *l, struct shadow *shadow, const struct figures *f)
{
    const struct verdict *verdict = &f->verdict;
    unsigned end = l->text + l->text_rows, row = l->text;
    unsigned used = big_columns((unsigned)strlen(verdict->title), l->scale);

    big_text(shadow, l->words, 0, l->scale, verdict_colour(verdict), verdict->title);
    if (used < l->left) {
        shadow_fill(shadow, l->words, used, big_rows(l->scale) - 1, l->left - used, ' ', PLAIN);
        shadow_text(shadow, l->text - 1, used, l->left - used, PLAIN, f->ended ? "" : " so far");
    }
    row += shadow_wrapped(shadow, row, 0, end - row, l->left, BRIGHT, verdict->means);
    row += shadow_wrapped(shadow, row, 0, end - row, l->left, PLAIN, verdict->linux_advice);
    row += shadow_wrapped(shadow, row, 0, end - row, l->left, BRIGHT, f->stolen);
    shadow_fill(shadow, row, 0, end - row, l->left, ' ', PLAIN);
}
