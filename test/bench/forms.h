/*
 * Ways to read a clock, side by side. forms.c is compiled by each compiler with the same flags, and all of
 * them run in one process.
 */
#ifndef BENCH_FORMS_H
#define BENCH_FORMS_H

#include <stdint.h>

#include "meridian/clock.h"

/* What is read: one line of time as a publisher leaves it, and the words that some ways share. */
struct place {
    struct meridian_record page[MERIDIAN_SLOTS_PER_PAGE]; /* unified mode: slot 0 holds for all */
    struct meridian_record own[MERIDIAN_SLOTS_PER_PAGE];  /* per-CPU mode: slot 0 is not STABLE */
    const struct meridian_record *pages[1], *own_pages[1];
    const struct meridian_record *pointer; /* to slot 0, for a reader that does not know where it is */
    struct meridian_clock unified, percpu;
    _Alignas(64) uint64_t last_ns;  /* per-CPU mode's word */
    _Alignas(64) uint64_t cas_last; /* the CAS form's */
};

/* The one that there is; some ways know its address, as a kernel knows its own page's. */
extern struct place the_place __attribute__((visibility("hidden")));

typedef void (*form_run)(struct place *place, unsigned reads);

struct form {
    const char *name;
    form_run loop;  /* reads back to back: what follows a TSC overlaps with what precedes the next */
    form_run alone; /* the same with an LFENCE before each read: nothing overlaps */
};

enum form_id {
    FORM_RDTSC,
    FORM_LFENCE,
    FORM_RDTSCP,
    FORM_PVCLOCK,
    FORM_PVCLOCK_POINTER,
    FORM_PVCLOCK_RDTSCP,
    FORM_PVCLOCK_MFENCE,
    FORM_POINT,
    FORM_INTERVAL,
    FORM_POINT_CONSTANT,
    FORM_INTERVAL_CONSTANT,
    FORM_CAS,
    FORM_CAS_POINTER,
    FORM_CAS_RDTSCP,
    FORM_PERCPU,
    FORM_PERCPU_CONSTANT,
    FORM_PERCPU_HOOK,
    FORM_VDSO,
    FORMS
};

struct compiled {
    const char *version;
    unsigned major;
    struct form form[FORMS];
};

extern const struct compiled by_gcc, by_clang;

#endif
