/* What the simulator's command is asked for. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "tally.h"

/* After so many nobody reads on. */
#define BROKEN_ENOUGH 20u

/* All of it here; or say what parts that is; or run a part; or add up the parts. */
enum what { WISH_ALL, WISH_PLAN, WISH_PART, WISH_MERGE };

struct wish {
    enum what what;
    uint64_t seed, runs;   /* the first machine; so many, or ... */
    long double length_ns; /* ... as many as last that long together */
    const char *world;     /* a named one; NULL: drawn at random */
    bool table, trace;
    bool watched;  /* machines with one fault each, for who sees it (watched.h) */
    bool negative; /* the worlds that do not keep what is assumed; each so long */
    unsigned jobs; /* processes, for those */
};

/* Returns how many machines the wish is, by the lengths that they are planned for. */
uint64_t machines_planned(const struct wish *wish);
/* Runs so many, from the wish's first on; they are added to `tally`. Ends early at BROKEN_ENOUGH. */
void machines_run(const struct wish *wish, uint64_t count);
/* Returns false if a promise was broken, or some kind of fault came too rarely. */
bool summary_print(const struct wish *wish, const struct tally *t, uint64_t planned);
/* Returns true if a row of the negative worlds' table is called so, or begins so. */
bool negative_known(const char *begin);
/*
 * Runs every negative world, or those with names that begin as wish->world. Returns false if one is not as it
 * was stated to be. As a part it prints lines to be added up.
 */
bool negative_machines_run(const struct wish *wish);
/* Adds up what rows that were run as parts have written, from stdin, and prints the table. */
bool negative_machines_merge(void);
/* The same machines' clocks, kept by us and by others. */
bool table_run(const struct wish *wish);

#endif
