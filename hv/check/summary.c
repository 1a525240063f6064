#include "check/summary.h"

#include "log/format.h"
#include "log/string.h"

#define NUMBER 24u /* any of 64 bits, with its sign */
#define LINE   320u

/* Returns a letter that a QR code has: the nearest one. */
static char letter(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    if (strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", c))
        return c;
    return c == '=' ? ':' : c == '_' ? '-' : '.';
}

static const char *figure_or_dash(char out[NUMBER], uint64_t value)
{
    if (value == UINT64_MAX)
        return "-";
    format(out, NUMBER, "%lu", value);
    return out;
}

/* Of how many CPUs it is known: "4", or "4/6" where that is not all. */
static const char *cpus_text(char out[NUMBER], const struct worst *worst)
{
    format(out, NUMBER, worst->unseen ? "%u/%u" : "%u", worst->all - worst->unseen, worst->all);
    return out;
}

/* Against the reference, in ppm; the bound covers what is cut off. Nothing while nothing is known. */
static void say_rtc(const struct keeper_crystals *crystals, char out[LINE / 4])
{
    out[0] = 0;
    if (crystals && crystals->bound_ppb != UINT64_MAX)
        format(out, LINE / 4, " RTC:%+ld+-%lu", crystals->rtc_ppb / 1000, crystals->bound_ppb / 1000 + 2);
}

/* The verdict and the figures. */
static void say_found(const struct summary *s, char out[LINE])
{
    const struct verdict *v = s->verdict;
    char cpus[NUMBER], repaired[NUMBER], rtc[LINE / 4], offset_bound[NUMBER], rate_bound[NUMBER], smi[NUMBER],
        err[NUMBER];

    repaired[0] = 0;
    if (s->repaired)
        format(repaired, NUMBER, " REPAIRED:%u", s->repaired);
    say_rtc(s->crystals, rtc);
    format(out, LINE,
           "MERIDIAN %s %s LINUX:%s OPT:%s CPUS:%s%s%s S:%u %s:%+ld+-%s PPB:%+ld+-%s BEHIND:%u SMI:%s DIS:%u "
           "ERR:%s D:%u J:%u %s %s%s%s%s",
           s->version, v->word, v->linux_word, v->option, cpus_text(cpus, &v->worst),
           s->untried ? " UNTRIED:IDLE" : "", repaired, s->watched_s, s->timeless ? "TICKS" : "OFF",
           v->worst.offset_ns, figure_or_dash(offset_bound, v->worst.offset_bound_ns), v->worst.rate_ppb,
           figure_or_dash(rate_bound, v->worst.rate_bound_ppb), v->worst.behind, figure_or_dash(smi, s->smi),
           s->disruptions, figure_or_dash(err, v->worst.err_ns), s->wander_ppb_s, s->phase_ns, s->mode,
           s->source, *s->disputed ? " DISPUTED:" : "", s->disputed, rtc);
}

/*
 * Adds words, cut where `most` letters stand. Several blanks, as in CPUs' names, become one. Returns the
 * length.
 */
static size_t append_letters(char *out, size_t length, const char *words, size_t most)
{
    for (; *words && length < most; words++) {
        if (*words != ' ' || (length > 0 && out[length - 1] != ' '))
            out[length++] = letter(*words);
    }
    return length;
}

/* The names share what is left: each may take its part, and the last one, the CPU's, all of the rest. */
size_t summary_text(const struct summary *s, char out[SUMMARY_MOST + 1])
{
    const char *const names[] = {s->vendor, s->product, s->firmware, s->cpu};
    size_t length;
    char line[LINE];

    say_found(s, line);
    length = append_letters(out, 0, line, SUMMARY_MOST);
    for (unsigned i = 0; i < 4; i++) {
        size_t most = length + (SUMMARY_MOST - length) / (i < 3 ? 5 - i : 1);

        if (names[i]) {
            length = append_letters(out, length, " ", most);
            length = append_letters(out, length, names[i], most);
        }
    }
    out[length] = 0;
    return length;
}
