/*
 * Worlds that do not keep what the keeper assumes. There promises are counted, not enforced, but for T1 and
 * T2; and for each world it is stated beforehand what must come of it (negative_rows.c).
 */
#ifndef SIM_NEGATIVE_H
#define SIM_NEGATIVE_H

#include <stdio.h>

#include "bend.h"
#include "ledger.h"

/* At most so much, after the first five minutes. 0 is none at all; ANY: nothing is asked. */
#define ANY     1e30L
#define BY_SIZE (-1) /* of the row's bending (negative_slowest_s()) */

struct stated {
    long double outside;         /* share of reads that have a bound */
    long double worst_w;         /* beyond the bound, in widths of a reading */
    long double disruptions;     /* an hour */
    long double unknown_periods; /* without a bound, the longest */
    long double bound;           /* the mean one over the oracle's */
    long double tellings;        /* an hour */
    long double slowest_s;       /* until it was told, or disrupted, that reads were outside */
};

struct row {
    const char *name;
    uint32_t wander_ppb_s;          /* that the crystal truly has, at most */
    struct bending bending;         /* beyond that; all 0: nothing */
    long double stops_ns, lasts_ns; /* the machine is stopped so often, for up to so long, by its host */
    uint32_t oracle_ppb_s;          /* the oracle's D; 0: wander_ppb_s */
    uint32_t oracle_phase_ns;
    struct stated must;
};

extern const struct row negative_rows[];
extern const unsigned negative_row_count;

/* A row is run with both kinds of readings: the tight ones first. */
#define NEGATIVE_READINGS 2u
extern const long double negative_read_ns[NEGATIVE_READINGS];

struct negative_tally {
    uint64_t runs, broken;
    struct outcome all, late;
};

/* One machine of this row. */
struct scene negative_scene(const struct row *row, unsigned reading, uint64_t seed, long double length_ns);
bool negative_run(const struct scene *scene, struct negative_tally *tally);
void negative_add(struct negative_tally *to, const struct negative_tally *one);
/* The name of a row of the table: the world's, and how it is read. */
void negative_name(char *name, size_t size, unsigned row, unsigned reading);
/*
 * Prints the rows' table; tallies are by row, and by reading. Returns false if a row is not as it was stated
 * to be.
 */
bool negative_print(struct negative_tally (*tallies)[NEGATIVE_READINGS]);
/* What came of this row against what was stated: one letter for each that fails; "" where nothing does. */
const char *negative_failed(const struct row *row, unsigned reading, const struct negative_tally *tally);
/* How long reads may be outside before it is told. */
long double negative_slowest_s(const struct row *row, unsigned reading);

/* ---- rows run by several processes (negative_parts.c) ---- */
/* Writes down what came of a row: a line, with the first seed. */
void negative_part_write(FILE *file, unsigned row, unsigned reading, uint64_t seed,
                         const struct negative_tally *tally);
/* Adds up such lines. Returns false, and says why on stderr, if one is not whole or a seed comes twice. */
bool negative_parts_merge(FILE *file, struct negative_tally (*tallies)[NEGATIVE_READINGS]);

/* ---- in a run (run.c, promises.c, looks.c) ---- */
void negative_begins(void);
/* The host may stop the machine. */
void negative_tick(void);
void negative_read(const struct sim_read *read);
/* Around a look of this CPU. */
void negative_look(unsigned cpu);
/* Where a reading of the reference ends: what is told of it is held against this moment. */
void negative_reading(unsigned cpu);

#endif
