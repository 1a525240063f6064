#include "tally.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum merge { SUMMED, GREATEST, LEAST };

static const struct figure {
    const char *name;
    size_t offset;
    unsigned count;
    enum merge merge;
} figures[] = {
#define FIGURE_SUM(field)         {#field, offsetof(struct tally, field), 1, SUMMED},
#define FIGURE_SUMS(field, count) {#field, offsetof(struct tally, field), count, SUMMED},
#define FIGURE_MOST(field)        {#field, offsetof(struct tally, field), 1, GREATEST},
#define FIGURE_LEAST(field)       {#field, offsetof(struct tally, field), 1, LEAST},
    TALLY_FIGURES(FIGURE_SUM, FIGURE_SUMS, FIGURE_MOST, FIGURE_LEAST)};

static void *place(void *tally, const struct figure *f, unsigned i)
{
    return (char *)tally + f->offset + i * (f->merge == SUMMED ? sizeof(uint64_t) : sizeof(long double));
}

static const void *place_of(const void *tally, const struct figure *f, unsigned i)
{
    return place((void *)(uintptr_t)tally, f, i);
}

static void merge_real(long double *to, long double one, enum merge merge)
{
    if (merge == GREATEST ? one > *to : one < *to)
        *to = one;
}

void tally_add(struct tally *to, const struct tally *one)
{
    for (const struct figure *f = figures; f < figures + TALLY_COUNT; f++) {
        for (unsigned i = 0; i < f->count; i++) {
            if (f->merge == SUMMED)
                *(uint64_t *)place(to, f, i) += *(const uint64_t *)place_of(one, f, i);
            else
                merge_real(place(to, f, i), *(const long double *)place_of(one, f, i), f->merge);
        }
    }
}

void tally_write(FILE *file, const struct tally *t)
{
    for (const struct figure *f = figures; f < figures + TALLY_COUNT; f++) {
        fprintf(file, "=%s", f->name);
        for (unsigned i = 0; i < f->count; i++) {
            if (f->merge == SUMMED)
                fprintf(file, " %llu", (unsigned long long)*(const uint64_t *)place_of(t, f, i));
            else
                fprintf(file, " %La", *(const long double *)place_of(t, f, i));
        }
        fputc('\n', file);
    }
}

/* Returns what follows the value; NULL: there is none. */
static const char *take_value(struct tally *t, const struct figure *f, unsigned i, const char *text)
{
    char *end;

    if (*text != ' ')
        return NULL;
    if (f->merge == SUMMED)
        *(uint64_t *)place(t, f, i) = strtoull(text, &end, 10);
    else
        *(long double *)place(t, f, i) = strtold(text, &end);
    return end == text ? NULL : end;
}

unsigned tally_take(struct tally *t, const char *line)
{
    size_t length = strcspn(line, " \n");

    for (const struct figure *f = figures; f < figures + TALLY_COUNT; f++) {
        const char *text = line + length;

        if (line[0] != '=' || strlen(f->name) != length - 1 || strncmp(line + 1, f->name, length - 1) != 0)
            continue;
        for (unsigned i = 0; text && i < f->count; i++)
            text = take_value(t, f, i, text);
        return text && strcmp(text, "\n") == 0 ? (unsigned)(f - figures) : TALLY_COUNT;
    }
    return TALLY_COUNT;
}
