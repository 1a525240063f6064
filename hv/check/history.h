/*
 * What the plots show: every CPU's offset and the bound of its rate, over the whole of the run. When it is
 * full, every other moment goes and moments are twice as far apart from then on. Pure.
 */
#ifndef CHECK_HISTORY_H
#define CHECK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_MOMENTS 256u /* even */
#define HISTORY_NOTHING INT64_MIN

struct moment {
    int64_t offset_ns;  /* HISTORY_NOTHING: unknown */
    uint32_t bound_ppb; /* 0: unknown; more than fits reads as the most */
};

struct history {
    unsigned cpus, count;         /* moments kept */
    unsigned apart, due;          /* calls of history_next from one to the next, and until the next */
    uint64_t first_ns, last_ns;   /* S at the first moment and at the last one */
    struct moment *moments;       /* cpus * HISTORY_MOMENTS; one CPU's after another's */
    uint64_t most_ns;             /* the largest offset on either side so far, ... */
    uint32_t least_ppb, most_ppb; /* ... and all bounds lie between these; 0: none is known */
};

void history_begin(struct history *history, unsigned cpus, struct moment *moments);
/* Called at equal distances. True: this moment is kept, and history_add follows for each CPU. */
bool history_next(struct history *history, uint64_t now_ns);
/* How long `moments` of them take: by what is kept so far, to the second. */
uint64_t history_span_ns(const struct history *history, unsigned moments);
void history_add(struct history *history, unsigned cpu, int64_t offset_ns, uint64_t bound_ppb);
/* `i` below count. */
const struct moment *history_at(const struct history *history, unsigned cpu, unsigned i);

#endif
