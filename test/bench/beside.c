/*
 * Each way of Meridian's beside the rival that does the same work, in one table. A kernel gets its record by
 * a pointer, and so does a guest of Meridian that is told at run time where its records are; a vDSO knows the
 * address. So both forms of each rival are shown.
 */
#include <stdio.h>

#include "bench.h"

static const struct pair {
    const char *name;
    enum form_id form, rival;
} pairs[] = {
    {"point / Linux's form", FORM_POINT, FORM_PVCLOCK},
    {"point / behind a pointer", FORM_POINT, FORM_PVCLOCK_POINTER},
    {"  its clock a constant / Linux's", FORM_POINT_CONSTANT, FORM_PVCLOCK},
    {"interval / Linux's form", FORM_INTERVAL, FORM_PVCLOCK},
    {"interval / behind a pointer", FORM_INTERVAL, FORM_PVCLOCK_POINTER},
    {"  its clock a constant / Linux's", FORM_INTERVAL_CONSTANT, FORM_PVCLOCK},
    {"per-CPU / CAS form", FORM_PERCPU, FORM_CAS},
    {"per-CPU / behind a pointer", FORM_PERCPU, FORM_CAS_POINTER},
    {"  its clock a constant / CAS form", FORM_PERCPU_CONSTANT, FORM_CAS},
    {"  its VCPU by the hook / CAS form", FORM_PERCPU_HOOK, FORM_CAS},
};

void bench_beside(unsigned rounds, bool two_threads)
{
    unsigned kinds = two_threads ? KINDS : READ_THREADS;

    printf("\n%-36s %14s %16s %16s\n", "Meridian's way / its rival", "back to back", "none overlapped",
           two_threads ? "two threads" : "");
    printf("%-36s", "");
    for (unsigned k = 0; k < kinds; k++)
        printf("  %7s %7s", "gcc", "clang");
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        printf("\n  %-34s", pairs[i].name);
        for (unsigned k = 0; k < kinds; k++) {
            for (unsigned c = 0; c < COMPILERS; c++)
                printf(c ? " %7.3f" : "  %7.3f", reads_ratio(k, c, pairs[i].form, pairs[i].rival, rounds));
        }
    }
    printf("\n");
}
