/*
 * Machines with one fault each, to see who sees it: the keeper, and Linux's two watchdogs (rival_watchdog.h)
 * on the very same clocks.
 */
#ifndef SIM_WATCHED_H
#define SIM_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

/* What goes wrong, in the order of the table's rows. A step is one of 10 ns to 100 us. */
enum watched {
    WATCHED_NOTHING,
    WATCHED_CPU_STOPS,
    WATCHED_MACHINE_STOPS,
    WATCHED_TSC_STEP_AHEAD,
    WATCHED_TSC_STEP_BACK,
    WATCHED_TSC_AHEAD,
    WATCHED_TSC_BACK,
    WATCHED_TSC_BACK_FAR,
    WATCHED_TSC_FREEZES,
    WATCHED_RATES,      /* TSCs at rates of their own, 5 ppb to 1 ppm apart */
    WATCHED_RATES_MUCH, /* ... 1 ppm to 200 ppm */
    WATCHED_ALL_STEP_AHEAD,
    WATCHED_ALL_STEP_BACK,
    WATCHED_ALL_AHEAD,
    WATCHED_ALL_BACK,
    WATCHED_TIMER_STEP_AHEAD,
    WATCHED_TIMER_STEP_BACK,
    WATCHED_TIMER_AHEAD,
    WATCHED_TIMER_BACK,
    WATCHED_TIMER_FREEZES,
    WATCHED_TIMER_RATE,
    WATCHED_TIMER_LIES,
    WATCHED_TIMER_DEAD,
    WATCHED_KINDS
};

enum watcher { WATCHER_OURS, WATCHER_OLD, WATCHER_NEW, WATCHERS };

struct scene;
struct tally;
struct wish;

/* Returns the machine drawn from that seed, as quiet as Linux needs it, with the fault that is its turn. */
struct scene watched_machine(uint64_t seed);
/* A run begins; nothing follows on a machine that is none of these. */
void watched_begin(void);
/* Time is about to go on to then: what watchdogs do until then, they do at its own instant. */
void watched_until(long double ns);
/* Lets the fault happen when it is due, and notes what is told. */
void watched_tick(void);
/* The run ends: who saw it goes to the tally. */
void watched_end(void);
/* Prints the table (watched_table.c), if any machine was one of these. */
void watched_print(const struct tally *t);
/*
 * Runs ten machines of each kind from the wish's seed on, and prints their table. Returns false if a promise
 * was broken.
 */
bool watched_run(const struct wish *wish);

#endif
