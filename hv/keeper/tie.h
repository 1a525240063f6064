/*
 * How R is tied to its reference timer. The tie changes when another timer takes the reference's place: with
 * the keeper's lock. A look reads it without the lock, and must notice when it has changed since.
 */
#ifndef KEEPER_TIE_H
#define KEEPER_TIE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/reference/reference.h"
#include "time/bracket.h"

struct tie {
    const struct reference *reference;
    struct counter counter; /* its width, and its rate as R has it */
    uint64_t origin;        /* its count where R is base_ns */
    int64_t base_ns;
    int64_t slack_ns;   /* R may be off what the count says by so much, ... */
    uint32_t slack_ppb; /* ... and by this part of the time since base_ns; both 0 for the first reference */
    uint32_t changes;   /* odd while the tie is being changed */
};

/* Returns a whole copy, without the lock; false if it is being changed for long. */
bool tie_read(struct tie *out);
/* With the lock. */
void tie_change(const struct tie *to);

/*
 * Returns what a reading of the tie's reference says. Which wrap of a narrow counter it is follows from where
 * R should be.
 */
struct bracket tie_bracket(const struct tie *tie, int64_t expected_ns,
                           const struct reference_reading *reading);

#endif
