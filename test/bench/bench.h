/* What the parts of `make bench` share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forms.h"

/* host.c: this machine. */
unsigned host_cpus(void);    /* that this process may use; the first to ask must be the main thread */
void host_pin(unsigned nth); /* the calling thread to the nth of them */
uint64_t host_tsc(void);     /* between two fences: nothing of what is timed leaks out */
double host_ticks_per_ns(void);
const char *host_name(void);
double median(double *values, size_t count); /* sorts them */

/* line.c: one line of time, moved on as a publisher does. */
void place_init(struct place *place);
void place_publish(struct place *place); /* on both pages, from the line before */

/* reads.c: what was measured, for who compares it. */
#define COMPILERS 2u /* gcc, clang */

enum read_kind { READ_LOOP, READ_ALONE, READ_THREADS, KINDS };

double reads_ns(enum read_kind kind, unsigned compiler, enum form_id form, unsigned rounds);
/* The median of the ratios within the rounds. */
double reads_ratio(enum read_kind kind, unsigned compiler, enum form_id form, enum form_id to,
                   unsigned rounds);

/* The parts: each prints its table. */
void bench_reads(struct place *place, unsigned rounds);
void bench_two_threads(struct place *place, unsigned rounds);
void bench_beside(unsigned rounds, bool two_threads);
void bench_publisher(unsigned publishes);
void bench_order(struct place *place, double seconds);

#endif
