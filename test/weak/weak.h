/*
 * Between the checker (checker.cc) and the world that it runs (world.c, reads.c, variants.c). A world is
 * three CPUs, each a thread of the checker's, which lets them run in any order and lets each see of the
 * others' stores what loads that acquire and stores that release allow.
 */
#ifndef WEAK_WEAK_H
#define WEAK_WEAK_H

#include <stdbool.h>
#include <stdint.h>

#define WEAK_CPUS 3u

#ifdef __cplusplus
extern "C" {
#endif

/* What a search is of, and what is wrong in it: by name. */
struct weak_search {
    const char *world;
    /* Unified mode is left and entered again; the wall clock is set; the page is read. Else: publishes. */
    bool leaves, wall, page;
    const char *variant;
};
extern struct weak_search weak_search;

/* Returns true if this is wrong in this search. */
bool weak_variant(const char *name);

/* ---- The checker's, for the world ---- */

/* Accesses to what CPUs share, by the address of the real thing; a place always has one size. */
uint64_t weak_load(const volatile void *place);
void weak_store(volatile void *place, uint64_t value);
/* Two words in the place of one load of 8 bytes, in either order: no less can be seen. */
uint64_t weak_load_pair(const volatile uint32_t *low, const volatile uint32_t *high);
uint64_t weak_load_last(const uint64_t *word);
bool weak_swap_last(uint64_t *word, uint64_t *seen, uint64_t ns);

/* The TSC of this CPU (checker.cc tells what it is in order with). */
uint64_t weak_reader_tsc(void);
void weak_drop_early(void);
uint64_t rdtsc_ordered(void);
uint64_t rdtsc_after_stores(void);
uint64_t weak_zero_after(uint64_t tsc);
extern bool weak_past_all; /* the next reading by the publisher is beyond all time */
/* Returns what this CPU's TSC stands at; lets time pass until it stands at `tsc`. Neither orders anything. */
uint64_t weak_tsc_now(void);
void weak_wait_for(uint64_t tsc);

void weak_pause(void);
/* A locked instruction that takes a lock, if it is free; and the store that lets it go. */
bool weak_lock(void);
void weak_unlock(void);
unsigned weak_random(unsigned limit);
unsigned weak_cpu(void);
/* Ends the search if `kept` is false: the promise of that name is broken. */
void weak_promise(bool kept, const char *name);

/* ---- The world's, for the checker ---- */

/* Before the CPUs run: everything as it is at first. */
void world_start(void);
/* What one CPU does. */
void world_run(unsigned cpu);
/* Before each access of a CPU: an interrupt may come here. */
void world_interrupt(void);

/* ---- tell.c: for whoever reads a run that broke a promise ---- */

extern bool weak_tells;
void tell_access(const char *does, const volatile void *place, uint64_t value);
void tell_tsc(uint64_t tsc);
void tell_read(uint64_t ns, uint64_t heard);

#ifdef __cplusplus
}
#endif

#endif
