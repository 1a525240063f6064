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

/* The parts: each prints its table. */
void bench_reads(struct place *place, unsigned rounds);
void bench_two_threads(struct place *place, unsigned rounds);
void bench_publisher(unsigned publishes);
void bench_order(struct place *place, double seconds);

#endif
