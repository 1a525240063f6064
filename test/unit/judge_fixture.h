/* Evidence to be judged: a machine with nothing to be said against it, and short ways to ask. */
#ifndef JUDGE_FIXTURE_H
#define JUDGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/figures.h"

#define CPUS 4u

static struct cpu_evidence cpus[CPUS];
static struct evidence evidence;
static struct verdict verdict;

/* Four CPUs on bare metal, known to 40 ns and 50 ppb, with nothing to be said against them. */
static inline int good(void **state)
{
    (void)state;
    memset(cpus, 0, sizeof cpus);
    for (unsigned i = 0; i < CPUS; i++) {
        cpus[i].seen = (struct keeper_cpu){
            .state = KEEPER_CPU_ONLINE,
            .apic_id = i,
            .at_ns = 1000000000,
            .hz = 3000000000,
            .hz_ppb = 10,
            .rate_bound_ppb = i ? 50 : 0,
            .offset_bound_ns = i ? 40 : 0,
            .err_ns = 70,
            .meetings = 9,
        };
        cpus[i].idle.result = i ? IDLE_GOES_ON : IDLE_NOT_TRIED;
    }
    evidence = (struct evidence){
        .cpus = cpus,
        .count = CPUS,
        .named = CPUS,
        .watched_s = 60,
        .source = "hpet",
        .wander_ppb_s = 10,
        .invariant = true,
    };
    return 0;
}

/* Whether offsets stay is not known then: they are no more than offsets. */
static inline void rates_known_widely(void)
{
    cpus[1].seen.rate_bound_ppb = 1001;
}

static inline enum verdict_kind judged(void)
{
    memset(&verdict, 0xa5, sizeof verdict);
    judge_tscs(&evidence, &verdict);
    return verdict.kind;
}

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static inline void assert_judged(enum verdict_kind kind, const char *word, const char *title,
                                 const char *linux_word, const char *option)
{
    assert_int_equal(judged(), kind);
    assert_int_equal(verdict.kind, kind);
    assert_string_equal(verdict.word, word);
    assert_string_equal(verdict.title, title);
    assert_true(strlen(verdict.title) <= 13);
    assert_string_equal(verdict.linux_word, linux_word);
    assert_string_equal(verdict.option, option);
}

#endif
