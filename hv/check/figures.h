/*
 * The check's figures, and what is made of them. One type is filled in from the other:
 *
 *     keeper_cpu, idle_trial, cpu_facts   what keeper and CPU tell of one CPU
 *     cpu_evidence                        the three of them
 *     sockets                             what the CPUs of each socket have, on a machine of several:
 *                                         sockets.c
 *     timers                              those of this machine, and what is held against each:
 *                                         judge_timers.c
 *     evidence                            those of all CPUs, and what is known of the machine (figures.c)
 *     verdict                             what is said of the machine's TSCs: judge.c finds the reason,
 *                                         judge_words.c puts it in words
 *     figures                             all of it, with the names and the history: what is told is what
 *                                         is shown
 */
#ifndef CHECK_FIGURES_H
#define CHECK_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/history.h"
#include "check/qr.h"
#include "check/sockets.h"
#include "check/stolen.h"
#include "cpu/facts.h"
#include "keeper.h"
#include "keeper/disputes.h"
#include "platform/quirks.h"

/* Of an offset or a rate, whatever its sign. */
static inline uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

struct cpu_evidence {
    struct keeper_cpu seen;
    struct idle_trial idle;
    struct cpu_facts facts;
};

/* What is held against a timer. */
enum timer_blame {
    TIMER_IS_GOOD,
    TIMER_FAILED,    /* it went its own way, alone: stood still, leapt, could not be read */
    TIMER_IS_OFF,    /* its rate is not that of others that agree */
    TIMER_MAY_BE_OFF /* its rate is not another one's, and nothing tells which of the two is right */
};

#define TIMERS_TEXT 32u
struct timers {
    unsigned count;
    struct keeper_timer of[KEEPER_TIMERS];
    enum timer_blame blame[KEEPER_TIMERS];
    char disputed[TIMERS_TEXT]; /* the names of those that are not good, with commas; "": all are */
    uint64_t off_ppb;           /* so far may the reference be off, by what others say; 0: nobody says so */
};

struct evidence {
    struct cpu_evidence *cpus; /* the boot CPU first */
    unsigned count;
    unsigned named;     /* CPUs that firmware calls ready for use; 0: it names none, and there may be more */
    uint32_t watched_s; /* how long system time has run */
    const char *source; /* the reference: "hpet", "pmtimer", "pit", */
    bool timeless;      /* or there is none: what says ns is in ticks, and no rate is known */
    uint64_t cpuid_hz;  /* then: the TSC's rate by CPUID's own word; 0: it says nothing */
    bool percpu;        /* time is told in per-CPU mode at the end, */
    bool percpu_asked;  /* and the command line asks for it */
    bool apart;         /* meetings showed TSCs that are not in step: at start-up, or since */
    uint32_t disruptions;     /* TSC and reference disagreed beyond the bound, ... */
    struct culprits culprits; /* ... and what caused that */
    unsigned culprit_cpu;     /* the CPU that saw the last one */
    struct timers timers;
    struct keeper_crystals crystals; /* the RTC's beside the reference's */
    uint64_t misreads;               /* readings of timers that were left out */
    uint32_t wander_ppb_s, phase_ns; /* what the bounds assume of crystals */
    uint64_t smi;                    /* SMIs of all CPUs together; UINT64_MAX: no CPU counts them */
    bool hypervisor;                 /* CPUID says that this machine is a virtual one */
    bool invariant;                  /* CPUID says that TSCs run on in every state (80000007h EDX bit 8) */
    unsigned repaired;               /* TSCs that Meridian itself wrote into step (repair=try) */
    const char *idle_untried;        /* why deep idle was not tried, in a few words; NULL: it was */
};

/* In one word. From the one that is decided first to the last; docs/verdict.md gives each one's rule. */
enum verdict_kind {
    VERDICT_UNKNOWN,
    VERDICT_STOPS_IN_IDLE,
    VERDICT_DRIFT,
    VERDICT_CHANGED,
    VERDICT_IN_PARALLEL,
    VERDICT_NOT_IN_STEP,
    VERDICT_IN_STEP
};

/* What decided: the first of these that is so. */
enum reason {
    REASON_NONE_MEASURED,
    REASON_STOPS,
    REASON_RATE,
    REASON_ADJUST_CHANGED,
    REASON_DISRUPTED, /* by TSCs that left, while others went on with the reference */
    REASON_PARALLEL,  /* offsets that stay, at equal rates */
    REASON_OFFSET,
    REASON_BEHIND,
    REASON_APART,
    REASON_ALL_LEFT,  /* all TSCs together left the reference: either may be wrong */
    REASON_NO_SOURCE, /* nothing is wrong among TSCs, and there is nothing else to hold them against */
    REASON_TOO_SHORT,
    REASON_BOUND_UNKNOWN,
    REASON_FEW_MEETINGS,
    REASON_ONE_CPU,
    REASON_IN_STEP
};

/* The figures that tell most, over all CPUs that were measured; bounds are UINT64_MAX where unknown. */
struct worst {
    unsigned measured, stopped; /* CPUs; those that stopped were measured until then */
    unsigned all, unseen;       /* CPUs that firmware names or that came; of these not measured to the end */
    unsigned awake;             /* CPUs on which deep idle was not reached, though it was tried */
    unsigned offset_cpu, rate_cpu;
    unsigned adjust_cpu; /* the first with an IA32_TSC_ADJUST that is not the boot CPU's; 0: none */
    int64_t offset_ns;   /* the largest on either side, from the boot CPU */
    uint64_t offset_bound_ns;
    int64_t rate_ppb;
    uint64_t rate_bound_ppb;
    uint64_t err_ns;
    uint32_t meetings, behind; /* of all CPUs together */
};

#define VERDICT_TEXT 384u

struct verdict {
    enum verdict_kind kind;
    enum reason reason;
    unsigned cpu;           /* the one that shows the reason best, where there is one */
    const char *word;       /* "in-step", "in-parallel", "not-in-step", "drift", "changed", ... */
    const char *title;      /* the same, large: upper case, at most 13 characters */
    const char *linux_word; /* "safe", "unsafe", "unsure" */
    const char *option;     /* for Linux's command line: "none", "clocksource=hpet", ... */
    struct worst worst;
    char means[VERDICT_TEXT];        /* what was found, a sentence or two */
    char linux_advice[VERDICT_TEXT]; /* what it means for an operating system here, a sentence or two */
};

/* Fills in blame, disputed and off_ppb. Pure. */
void judge_timers(struct timers *timers);
/* Returns true if anything is held against the timer of that name. Pure. */
bool timer_disputed(const struct timers *timers, const char *name);
/* Fills in all of `verdict` by what the evidence shows. Pure. */
void judge_tscs(const struct evidence *evidence, struct verdict *verdict);
/* For judge_tscs: puts in words what kind, reason, cpu and worst say. Pure. */
void judge_words(const struct evidence *evidence, struct verdict *verdict);

#define CONTACT_MOST 120u /* bytes, for QR code and address are shown beside one another */

struct figures {
    const char *command_line;
    uint64_t now_ns; /* S when they were taken; 0: not yet */
    bool ended;      /* they stay as they are from now on */
    struct evidence evidence;
    struct sockets sockets;
    struct verdict verdict;
    struct cpuid_rates cpuid; /* what CPUID says of the boot CPU's TSC */
    const struct machine_names *names;
    const char *cpu_name;
    const char *contact; /* the address to which reports go; "": there is none */
    struct history history;
    char
        stolen[STOLEN_TEXT]; /* what was found of stolen time, a sentence or two; "": it was not looked for */
    bool qr_made;            /* at the end; else there is none */
    char qr_text[QR_MOST + 1];
    struct qr qr;
};

/* Takes memory for all CPUs, and the names. `command_line` is kept. On the boot CPU, once all are online. */
void figures_begin(struct figures *figures, const char *command_line, unsigned named);
/* Gathers all of it anew, judges it, and adds a moment to the history. Any CPU, once system time runs. */
void figures_take(struct figures *figures);
/* Takes them for the last time, and makes the QR code. */
void figures_end(struct figures *figures);

#endif
