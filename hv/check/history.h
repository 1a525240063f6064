/*
 * What the plots show: every CPU's offset and the bound of its rate, over the whole run. When the history is
 * full, every other moment is dropped, and from then on moments are twice as far apart. Pure.
 */
#ifndef CHECK_HISTORY_H
#define CHECK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_MOMENTS 256u /* even */
#define HISTORY_NOTHING INT64_MIN

struct moment {
    int64_t offset_ns;  /* HISTORY_NOTHING where it is unknown */
    uint32_t bound_ppb; /* 0 where it is unknown; UINT32_MAX for all that is larger */
};

struct history {
    unsigned cpus, count;         /* moments kept */
    unsigned apart;               /* calls of history_next from one moment to the next */
    unsigned due;                 /* and from now to the next */
    uint64_t first_ns, last_ns;   /* S at the first moment and at the last one */
    struct moment *moments;       /* cpus * HISTORY_MOMENTS; one CPU's after another's */
    uint64_t most_ns;             /* the largest offset so far, on either side */
    uint32_t least_ppb, most_ppb; /* of all bounds so far; 0 while none is known */
};

void history_begin(struct history *history, unsigned cpus, struct moment *moments);
/*
 * Counts a moment; to be called at equal distances of time. Returns true if this one is kept: then
 * history_add must follow for each CPU.
 */
bool history_next(struct history *history, uint64_t now_ns);
/* Returns how long so many moments take, by those that are kept so far. */
uint64_t history_span_ns(const struct history *history, unsigned moments);
void history_add(struct history *history, unsigned cpu, int64_t offset_ns, uint64_t bound_ppb);
/* Returns moment `i` of that CPU; `i` is below count. */
const struct moment *history_at(const struct history *history, unsigned cpu, unsigned i);

#endif
