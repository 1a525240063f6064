/* What the simulator's command is asked for. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

struct wish {
    uint64_t seed, runs;   /* the first machine; so many, or ... */
    long double length_ns; /* ... as many as last that long together */
    unsigned jobs;
    const char *world; /* a named one; NULL: drawn at random */
    bool table, trace;
};

/* Every machine of the wish, on several processes; false: a promise was broken, or a process died. */
bool machines_run(const struct wish *wish);
/* The same machines' clocks, kept by us and by others. */
bool table_run(const struct wish *wish);

#endif
