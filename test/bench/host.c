#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

/* What the process was given, from before its first pin. */
static const cpu_set_t *given(void)
{
    static cpu_set_t all;

    if (CPU_COUNT(&all) == 0)
        sched_getaffinity(0, sizeof all, &all);
    return &all;
}

unsigned host_cpus(void)
{
    return (unsigned)CPU_COUNT(given());
}

void host_pin(unsigned nth)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, given()) && nth-- == 0)
            CPU_SET(cpu, &one);
    }
    sched_setaffinity(0, sizeof one, &one);
}

uint64_t host_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Over 50 ms: to some ppm, which is enough for figures of three places. */
double host_ticks_per_ns(void)
{
    static double known;

    if (known == 0) {
        double ns = now_ns();
        uint64_t ticks = host_tsc();

        while (now_ns() - ns < 5e7)
            ;
        known = (double)(host_tsc() - ticks) / (now_ns() - ns);
    }
    return known;
}

const char *host_name(void)
{
    static char name[128] = "unknown";

    FILE *info = fopen("/proc/cpuinfo", "r");
    char line[256];

    while (info && fgets(line, sizeof line, info)) {
        if (sscanf(line, "model name : %127[^\n]", name) == 1)
            break;
    }
    if (info)
        fclose(info);
    return name;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}
