/* How R is tied to the reference timer. */
#ifndef KEEPER_TIE_H
#define KEEPER_TIE_H

#include <stdint.h>

#include "platform/reference/reference.h"
#include "time/bracket.h"

struct tie {
    const struct reference *reference;
    struct counter counter; /* its nominal rate and width */
    uint64_t origin;        /* its count at R = 0 */
};

#endif
