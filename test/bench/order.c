/*
 * Two threads on two CPUs: each takes the other's last value, then reads the clock, and counts how often
 * it got less than what it had been shown. With the fence never; without it the TSC is now and then read
 * too early: the negative control, without which "never" says little.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

#define THREADS 2u
#define BATCH   1024u

struct reader {
    _Alignas(64) uint64_t shown;
    _Alignas(64) uint64_t reads, back, worst_ns;
    unsigned id;
    pthread_t thread;
};

static struct reader readers[THREADS];
static struct place *shared;
static bool fenced, done;

/* The same line, the same steps, but for the LFENCE. */
static uint64_t read_unfenced(void)
{
    const struct meridian_record *record = &shared->page[0];
    struct meridian_sample s;
    uint32_t low, high;

    do {
        s.version = meridian_load(&record->version1);
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
        s.tsc_timestamp = record->tsc_timestamp;
        s.system_time = record->system_time;
        s.tsc_to_system_mul = record->tsc_to_system_mul;
        s.tsc_shift = record->tsc_shift;
        __asm__ volatile("" : : : "memory");
    } while (s.version & 1 || meridian_load(&record->version1) != s.version);
    return meridian_line_ns(&s, (uint64_t)high << 32 | low);
}

static void batch(struct reader *me, struct reader *other, struct meridian_counts *counts)
{
    for (unsigned i = 0; i < BATCH; i++) {
        uint64_t seen = __atomic_load_n(&other->shown, __ATOMIC_RELAXED);
        uint64_t ns = fenced ? meridian_now_ns(&shared->unified, counts) : read_unfenced();

        __atomic_store_n(&me->shown, ns, __ATOMIC_RELAXED);
        if (ns < seen) {
            me->back++;
            me->worst_ns = seen - ns > me->worst_ns ? seen - ns : me->worst_ns;
        }
    }
    me->reads += BATCH;
}

static void *read_on(void *argument)
{
    struct meridian_counts counts = {0};
    struct reader *me = argument;

    host_pin(me->id);
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
        batch(me, &readers[1 - me->id], &counts);
    return NULL;
}

static void run(const char *name, double seconds)
{
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    uint64_t worst;

    done = false;
    for (unsigned i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){.id = i};
        if (pthread_create(&readers[i].thread, NULL, read_on, &readers[i]) != 0)
            abort();
    }
    nanosleep(&time, NULL);
    __atomic_store_n(&done, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(readers[i].thread, NULL);
    worst = readers[0].worst_ns > readers[1].worst_ns ? readers[0].worst_ns : readers[1].worst_ns;
    printf("  %-34s %10.1f M reads %8llu steps back, the worst %llu ns\n", name,
           (double)(readers[0].reads + readers[1].reads) / 1e6,
           (unsigned long long)(readers[0].back + readers[1].back), (unsigned long long)worst);
}

void bench_order(struct place *place, double seconds)
{
    shared = place;
    place_publish(place);
    printf("\nOrder between two CPUs, %.0f s each\n", seconds);
    fenced = true;
    run("Meridian's point", seconds);
    fenced = false;
    run("the same without its LFENCE", seconds);
}
