/*
 * Tells ns a read, and how many times Linux's form that is. Rounds are short (some tens of us a form) and all
 * forms run in each, so what disturbs the machine disturbs them alike. The ratio is taken within a round; the
 * median of all ratios is printed.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define READS      1000u
#define CHUNK      50u /* reads of the other thread, after which it checks for a new order */
#define MOST       2000u
#define MOST_SPINS (1u << 30) /* of a wait for the other thread, before it is given up */

static const struct compiled *const by[COMPILERS] = {&by_gcc, &by_clang};
static double ns[KINDS][COMPILERS][FORMS][MOST], values[MOST];

static double one(form_run run, struct place *place)
{
    uint64_t start = host_tsc();

    run(place, READS);
    return (double)(host_tsc() - start) / host_ticks_per_ns() / READS;
}

double reads_ns(enum read_kind kind, unsigned compiler, enum form_id form, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++)
        values[i] = ns[kind][compiler][form][i];
    return median(values, rounds);
}

double reads_ratio(enum read_kind kind, unsigned compiler, enum form_id form, enum form_id to,
                   unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++)
        values[i] = ns[kind][compiler][form][i] / ns[kind][compiler][to][i];
    return median(values, rounds);
}

static void print_table(const char *title, enum read_kind kind, unsigned rounds)
{
    printf("\n%-36s %8s %7s %10s %7s\n", title, "gcc ns", "ratio", "clang ns", "ratio");
    for (unsigned f = 0; f < FORMS; f++) {
        printf("  %-34s", by_gcc.form[f].name);
        for (unsigned c = 0; c < COMPILERS; c++)
            printf(c ? " %10.1f %7.3f" : " %8.1f %7.3f", reads_ns(kind, c, f, rounds),
                   reads_ratio(kind, c, f, FORM_PVCLOCK, rounds));
        printf("\n");
    }
}

static void run_rounds(struct place *place, enum read_kind kind, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        place_publish(place);
        for (unsigned f = 0; f < FORMS; f++) {
            for (unsigned c = 0; c < COMPILERS; c++)
                ns[kind][c][f][i] =
                    one(kind == READ_ALONE ? by[c]->form[f].alone : by[c]->form[f].loop, place);
        }
    }
}

void bench_reads(struct place *place, unsigned rounds)
{
    rounds = rounds < MOST ? rounds : MOST;
    host_pin(0);
    run_rounds(place, READ_LOOP, rounds);
    print_table("One thread, reads back to back", READ_LOOP, rounds);
    run_rounds(place, READ_ALONE, rounds);
    print_table("One thread, nothing overlapped", READ_ALONE, rounds);
}

/* ---- Two threads: the other one reads in the same way, all the time ---- */

static struct place *shared;
static form_run ordered, taken; /* NULL: the end */

static void *other_thread(void *argument)
{
    form_run run;

    (void)argument;
    host_pin(1);
    while ((run = __atomic_load_n(&ordered, __ATOMIC_ACQUIRE))) {
        __atomic_store_n(&taken, run, __ATOMIC_RELEASE);
        run(shared, CHUNK);
    }
    return NULL;
}

static double one_of_two(form_run run, struct place *place)
{
    __atomic_store_n(&ordered, run, __ATOMIC_RELEASE);
    for (unsigned i = 0; __atomic_load_n(&taken, __ATOMIC_ACQUIRE) != run; i++) {
        if (i == MOST_SPINS)
            abort();
        __asm__ volatile("pause");
    }
    return one(run, place);
}

void bench_two_threads(struct place *place, unsigned rounds)
{
    pthread_t other;

    rounds = rounds < MOST ? rounds : MOST;
    shared = place;
    ordered = by_gcc.form[0].loop;
    host_pin(0);
    if (pthread_create(&other, NULL, other_thread, NULL) != 0)
        abort();
    for (unsigned i = 0; i < rounds; i++) {
        place_publish(place);
        for (unsigned f = 0; f < FORMS; f++) {
            for (unsigned c = 0; c < COMPILERS; c++)
                ns[READ_THREADS][c][f][i] = one_of_two(by[c]->form[f].loop, place);
        }
    }
    __atomic_store_n(&ordered, NULL, __ATOMIC_RELEASE);
    pthread_join(other, NULL);
    print_table("Two threads on two CPUs, the same form", READ_THREADS, rounds);
}
