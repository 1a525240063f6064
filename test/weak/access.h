/*
 * In the place of the reader's and the publisher's own accesses (compile with -include): each goes to the
 * checker, which knows what another CPU may see of it. Nothing else of the reader or the publisher changes.
 */
#ifndef WEAK_ACCESS_H
#define WEAK_ACCESS_H

#include "weak.h"

/* A promoted type, for a cast to a const one would be a warning. */
#define WEAK_LOAD(place) ((__typeof__((place) + 0))weak_load(&(place)))

#define MERIDIAN_LOAD(word)                WEAK_LOAD(word)
#define MERIDIAN_FIELD(field)              WEAK_LOAD(field)
#define MERIDIAN_LOAD_VERSIONS(record)     weak_load_pair(&(record)->version1, &(record)->version2)
#define MERIDIAN_TSC()                     weak_reader_tsc()
#define MERIDIAN_ZERO_AFTER(tsc)           weak_zero_after(tsc)
#define MERIDIAN_LOAD_LAST(word)           weak_load_last(word)
#define MERIDIAN_SWAP_LAST(word, seen, ns) weak_swap_last(word, seen, ns)
#define MERIDIAN_PAUSE()                   weak_pause()

#define RECORD_STORE(place, value) weak_store(&(place), (uint64_t)(value))

#endif
