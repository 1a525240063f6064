/*
 * What came of a row of negative worlds, added up; and as a line, so that rows may be run by several
 * processes:
 *
 * =negative SEED RUNS BROKEN FIGURE ... NAME OF THE ROW
 *
 * A line is of RUNS runs, from SEED on. Figures are those of OUTCOME_FIGURES, twice: of all, and after five
 * minutes; whole numbers, and hexadecimal ones that are exact.
 */
#include <stdlib.h>
#include <string.h>

#include "negative.h"

#define PARTS_MOST 4096u

#define ADD(name)  to->name += one->name;
#define MOST(name) to->name = larger(to->name, one->name);

static void add_outcome(struct outcome *to, const struct outcome *one)
{
    OUTCOME_FIGURES(ADD, ADD, MOST)
}

void negative_add(struct negative_tally *to, const struct negative_tally *one)
{
    to->runs += one->runs;
    to->broken += one->broken;
    add_outcome(&to->all, &one->all);
    add_outcome(&to->late, &one->late);
}

void negative_name(char *name, size_t size, unsigned row, unsigned reading)
{
    snprintf(name, size, "%s%s", negative_rows[row].name, reading ? ", VM exits" : "");
}

#define WRITE_WHOLE(name) fprintf(file, " %llu", (unsigned long long)o->name);
#define WRITE_REAL(name)  fprintf(file, " %La", o->name);

static void write_outcome(FILE *file, const struct outcome *o)
{
    OUTCOME_FIGURES(WRITE_WHOLE, WRITE_REAL, WRITE_REAL)
}

void negative_part_write(FILE *file, unsigned row, unsigned reading, uint64_t seed,
                         const struct negative_tally *tally)
{
    char name[96];

    negative_name(name, sizeof name, row, reading);
    fprintf(file, "=negative %llu %llu %llu", (unsigned long long)seed, (unsigned long long)tally->runs,
            (unsigned long long)tally->broken);
    write_outcome(file, &tally->all);
    write_outcome(file, &tally->late);
    fprintf(file, " %s\n", name);
}

/* *text goes on past the number; NULL: there was none. */
static uint64_t take_whole(char **text)
{
    char *from = *text;
    uint64_t value = from ? strtoull(from, text, 10) : 0;

    if (from && *text == from)
        *text = NULL;
    return value;
}

static long double take_real(char **text)
{
    char *from = *text;
    long double value = from ? strtold(from, text) : 0;

    if (from && *text == from)
        *text = NULL;
    return value;
}

#define TAKE_WHOLE(name) o->name = take_whole(text);
#define TAKE_REAL(name)  o->name = take_real(text);

static void take_outcome(struct outcome *o, char **text)
{
    OUTCOME_FIGURES(TAKE_WHOLE, TAKE_REAL, TAKE_REAL)
}

/* A part that was taken. */
struct part {
    unsigned row, reading;
    uint64_t seed;
    struct negative_tally tally;
};

static bool find_row(const char *line, struct part *part)
{
    char name[96];

    for (part->row = 0; part->row < negative_row_count; part->row++) {
        for (part->reading = 0; part->reading < NEGATIVE_READINGS; part->reading++) {
            size_t length;

            negative_name(name, sizeof name, part->row, part->reading);
            length = strlen(name);
            if (strncmp(line, name, length) == 0 && strcmp(line + length, "\n") == 0)
                return true;
        }
    }
    return false;
}

static bool take_part(char *line, struct part *part)
{
    part->seed = take_whole(&line);
    part->tally.runs = take_whole(&line);
    part->tally.broken = take_whole(&line);
    take_outcome(&part->tally.all, &line);
    take_outcome(&part->tally.late, &line);
    return line && *line == ' ' && find_row(line + 1, part);
}

static bool overlap(const struct part *a, const struct part *b)
{
    return a->row == b->row && a->reading == b->reading && a->seed < b->seed + b->tally.runs &&
           b->seed < a->seed + a->tally.runs;
}

bool negative_parts_merge(FILE *file, struct negative_tally (*tallies)[NEGATIVE_READINGS])
{
    static struct part parts[PARTS_MOST];
    static const char begin[] = "=negative";
    char *line = NULL;
    size_t size = 0;
    unsigned count = 0;
    bool whole = true;

    while (whole && count < PARTS_MOST && getline(&line, &size, file) > 0) {
        if (strncmp(line, begin, sizeof begin - 1) != 0)
            continue; /* what runs told beside it */
        whole = take_part(line + sizeof begin - 1, &parts[count]);
        for (unsigned i = 0; whole && i < count; i++)
            whole = !overlap(&parts[i], &parts[count]);
        if (whole)
            negative_add(&tallies[parts[count].row][parts[count].reading], &parts[count].tally);
        else
            fprintf(stderr, "sim: a part is not whole, or has been there: %s", line);
        count++;
    }
    free(line);
    return whole && count > 0 && count < PARTS_MOST;
}
