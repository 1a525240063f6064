/*
 * The verdict on a machine's TSCs, in words that a person can act on. Pure: what was seen goes in as one
 * struct (evidence.c gathers it), words come out.
 */
#ifndef CHECK_JUDGE_H
#define CHECK_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper.h"

/* From the one that is decided first to the last; docs/verdict.md gives each one's rule. */
enum judgement {
    JUDGE_UNKNOWN,
    JUDGE_STOPS_IN_IDLE,
    JUDGE_DRIFT,
    JUDGE_CHANGED,
    JUDGE_NOT_IN_STEP,
    JUDGE_IN_STEP
};

struct judge_cpu {
    struct keeper_cpu seen;
    struct idle_trial idle;
};

struct evidence {
    const struct judge_cpu *cpus; /* the boot CPU first */
    unsigned count;
    uint32_t watched_s;    /* how long system time was watched */
    const char *source;    /* the reference: "hpet", "pmtimer", "pit"; NULL or "": none */
    bool percpu;           /* time is told in per-CPU mode at the end, */
    bool percpu_asked;     /* and the command line asks for it */
    bool apart;            /* meetings showed TSCs that are not in step: at start-up, or since */
    uint32_t disruptions;  /* TSC and reference disagreed beyond the bound */
    uint32_t wander_ppb_s; /* what is assumed of crystals */
    bool hypervisor;       /* CPUID says that this machine is a virtual one */
    bool invariant;        /* CPUID says that TSCs run on in every state (80000007h EDX bit 8) */
};

/* The figures that tell most, over all CPUs that were measured; bounds are UINT64_MAX where unknown. */
struct judge_worst {
    unsigned measured, left_out, stopped; /* CPUs */
    unsigned offset_cpu, rate_cpu;
    int64_t offset_ns; /* the largest on either side, from the boot CPU */
    uint64_t offset_bound_ns;
    int64_t rate_ppb;
    uint64_t rate_bound_ppb;
    uint64_t err_ns;
    uint32_t met, back;
};

#define JUDGE_TEXT 256u

struct judgement_words {
    enum judgement judgement;
    const char *verdict;    /* "in-step", "not-in-step", "drift", "changed", "stops-in-idle", "unknown" */
    const char *title;      /* the same, large: upper case, at most 13 characters */
    const char *linux_word; /* "safe", "unsafe", "unsure" */
    const char *option;     /* for Linux's command line: "none", "clocksource=hpet", ... */
    struct judge_worst worst;
    char means[JUDGE_TEXT];        /* what was found, a sentence or two */
    char linux_advice[JUDGE_TEXT]; /* what it means for an operating system here, a sentence or two */
};

enum judgement judge(const struct evidence *evidence, struct judgement_words *words);

#endif
