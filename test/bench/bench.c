/*
 * make bench: what a read of the clock costs beside its rivals, what a publish costs by the number of
 * VCPUs, and what the reader's fence is for. All in one process and one run; only ratios taken within it
 * mean anything.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define ROUNDS        400u
#define PUBLISHES     1000u
#define ORDER_SECONDS 3.0

struct place the_place __attribute__((aligned(4096)));

int main(void)
{
    unsigned cpus = host_cpus();

    printf("%s, %u CPU%s to run on, TSC %.3f GHz; %s, %s\n", host_name(), cpus, cpus == 1 ? "" : "s",
           host_ticks_per_ns(), by_gcc.version, by_clang.version);
    printf("ratio: to Linux's pvclock form, within a round; medians of %u rounds\n", ROUNDS);
    place_init(&the_place);
    bench_reads(&the_place, ROUNDS);
    if (cpus > 1)
        bench_two_threads(&the_place, ROUNDS);
    bench_beside(ROUNDS, cpus > 1);
    if (cpus > 1) {
        bench_order(&the_place, ORDER_SECONDS);
    } else {
        printf("\nOne CPU only: nothing is measured with two threads.\n");
    }
    bench_publisher(PUBLISHES);
    return EXIT_SUCCESS;
}
