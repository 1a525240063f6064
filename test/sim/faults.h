/*
 * What goes wrong in a machine. Each kind is met at least once in a simulated hour, or the run does not
 * count.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdbool.h>

/*
 * First what comes by itself, all the time; then what is drawn; TSC and reference agree up to
 * FAULT_TSC_AHEAD.
 */
enum fault {
    FAULT_NONE,
    FAULT_TIMER_LATE, /* more than a ms */
    FAULT_TIMER_LOST, /* more than a second */
    FAULT_SMI,        /* a CPU is held up in the midst of a reading: more than 10 us */
    FAULT_HOST_STALL, /* ... more than a ms */
    FAULT_READING_FAILS,
    FAULT_READER_INTERRUPTED,
    FAULT_CPU_STOPS,     /* for ms to minutes; size: s */
    FAULT_MACHINE_STOPS, /* all CPUs at once */
    FAULT_VCPU_MOVES,
    FAULT_WALL_SET,
    FAULT_REFERENCE_DEAD, /* cannot be read for a while; size: s */
    FAULT_LEAVE,          /* unified mode is given up */
    FAULT_TSC_AHEAD,      /* of one CPU; size: s */
    FAULT_TSC_BACK_LITTLE,
    FAULT_TSC_BACK_FAR,
    FAULT_TSC_FREEZES,   /* for a while, then on again */
    FAULT_TSC_MENDED,    /* what was done to TSCs is undone */
    FAULT_ALL_TSC_AHEAD, /* as after loadvm */
    FAULT_ALL_TSC_BACK,
    FAULT_REFERENCE_AHEAD,
    FAULT_REFERENCE_BACK,
    FAULT_REFERENCE_FREEZES,
    FAULT_REFERENCE_RATE, /* counts at a wrong rate for a while */
    FAULT_REFERENCE_LIES, /* random counts */
    FAULT_BACK_TO_UNIFIED,
    FAULTS
};

extern const char *const fault_names[FAULTS];

/* This happens now. */
void fault_met(enum fault what);
void fault_do(enum fault what, unsigned cpu, long double size);
/* A kind and a size drawn at random, as the machine has it. */
void fault_draw(void);
/* That kind, of a size drawn at random: a step of 10 ns to 100 us, or as large as it comes. */
void fault_draw_one(enum fault what, unsigned cpu, bool step);
/* What lasts a while ends. */
void faults_tick(void);

#endif
