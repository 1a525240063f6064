/* A way to read a clock, as the two loops that are timed. */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#include "forms.h"

/* What is computed must be there, in registers. */
#define USE(value) __asm__ volatile("" : : "r"(value))

/* by_gcc_hook_loop and its like: from hook.c, where the reader is compiled with its own defaults. */
#define HOOK_(out, kind) out##_hook_##kind
#define HOOK(out, kind)  HOOK_(out, kind)

#define FORM(name, statement)                                     \
    static void name##_loop(struct place *place, unsigned reads)  \
    {                                                             \
        struct meridian_counts counts = {0};                      \
        for (; reads > 0; reads--)                                \
            statement;                                            \
        (void)counts, (void)place;                                \
    }                                                             \
    static void name##_alone(struct place *place, unsigned reads) \
    {                                                             \
        struct meridian_counts counts = {0};                      \
        for (; reads > 0; reads--) {                              \
            __asm__ volatile("lfence" : : : "memory");            \
            statement;                                            \
        }                                                         \
        (void)counts, (void)place;                                \
    }

#endif
