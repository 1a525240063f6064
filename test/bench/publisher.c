/*
 * What a publish costs, by the number of VCPUs: the hypervisor's own publisher over ordinary memory. It
 * waits for its joint, the margin and twice the skew ahead, so a part of it is the same for any number;
 * and readers are turned away for nearly as long as it takes.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"

#define VCPUS        255u
#define RECORD_PAGES ((VCPUS + 1) / MERIDIAN_SLOTS_PER_PAGE)
#define MOST         10000u
#define REFERENCE_NS 30 /* half a bracket of an HPET's reading */

struct keeper keeper;

static struct meridian_record pages[RECORD_PAGES][MERIDIAN_SLOTS_PER_PAGE] __attribute__((aligned(4096)));
static struct xen_time_record xen[VCPUS] __attribute__((aligned(64)));
static struct time_vcpu vcpus[VCPUS];
static struct time_domain domain;
static struct cpu_clock clocks[VCPUS];
static double took[MOST];
static bool started, done;

/* In the place of the keeper's own, which stands in a file with much else. */
unsigned cpu_id(void)
{
    return 0;
}

/* As a CPU knows R after half a minute of good readings. */
static struct outlook make_outlook(uint64_t tsc, int64_t r_ns)
{
    return (struct outlook){.tsc = tsc,
                            .lo_ns = r_ns - REFERENCE_NS,
                            .hi_ns = r_ns + REFERENCE_NS,
                            .rate_lo = -20,
                            .rate_hi = 20,
                            .nominal = keeper.nominal,
                            .wander_ppb_s = 10};
}

static void renew_outlooks(uint64_t start)
{
    uint64_t tsc = host_tsc();

    for (unsigned i = 0; i < keeper.cpus; i++)
        clocks[i].known.outlook =
            make_outlook(tsc, 1000000000 + (int64_t)scale_reader_ns(keeper.nominal, tsc - start));
}

static void begin(unsigned count, uint64_t start)
{
    struct consensus all;

    if (!scale_from_hz((uint64_t)(host_ticks_per_ns() * 1e9), &keeper.nominal))
        abort();
    keeper.cpus = count;
    keeper.clocks = clocks;
    keeper.mode = CLOCK_UNIFIED;
    keeper.domains = &domain;
    memset(pages, 0, sizeof pages);
    for (unsigned i = 0; i < count; i++) {
        clocks[i] = (struct cpu_clock){.measured = true};
        vcpus[i] = (struct time_vcpu){.cpu = i, .xen = (volatile struct vcpu_time_info *)&xen[i]};
        vcpus[i].slot = &pages[(i + 1) / MERIDIAN_SLOTS_PER_PAGE][(i + 1) % MERIDIAN_SLOTS_PER_PAGE];
    }
    domain = (struct time_domain){.vcpu_count = count, .vcpus = vcpus, .common = &pages[0][0]};
    renew_outlooks(start);
    consensus_start(&all);
    consensus_join(&all, &clocks[0].known.outlook, clocks[0].known.outlook.tsc, 0);
    timeline_start(&keeper.common.timeline, clocks[0].known.outlook.tsc, keeper.nominal, &all, 0);
}

static double publish_often(uint64_t start, unsigned publishes)
{
    for (unsigned i = 0; i < publishes; i++) {
        uint64_t before;

        renew_outlooks(start);
        before = host_tsc();
        publish_unified();
        took[i] = (double)(host_tsc() - before) / host_ticks_per_ns();
    }
    return median(took, publishes);
}

static uint64_t where(void)
{
    return 0;
}

static void *read_on(void *argument)
{
    static const struct meridian_record *const first[] = {pages[0]};
    static const struct meridian_clock clock = {.common = pages[0], .pages = first, .where = where};
    struct meridian_counts *counts = argument;

    host_pin(1);
    __atomic_store_n(&started, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
        meridian_now_ns(&clock, counts);
    return NULL;
}

static double beside_a_reader(uint64_t start, unsigned publishes, double *retries)
{
    struct meridian_counts counts = {0};
    pthread_t reader;
    double ns;

    started = done = false;
    if (pthread_create(&reader, NULL, read_on, &counts) != 0)
        abort();
    while (!__atomic_load_n(&started, __ATOMIC_ACQUIRE))
        sched_yield();
    ns = publish_often(start, publishes);
    __atomic_store_n(&done, true, __ATOMIC_RELAXED);
    pthread_join(reader, NULL);
    *retries = (double)counts.retries / publishes;
    return ns;
}

void bench_publisher(unsigned publishes)
{
    static const unsigned sizes[] = {1, 2, 4, 8, 16, 32, 64, 128, VCPUS};

    publishes = publishes < MOST ? publishes : MOST;
    host_pin(0);
    printf("\n%-36s %8s %16s %17s\n", "A publish for all, by VCPUs", "ns", "beside a reader",
           "its tries again");
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t start = host_tsc();

        begin(sizes[i], start);
        printf("  %-34u %8.0f", sizes[i], publish_often(start, publishes));
        if (host_cpus() > 1) {
            double retries, ns = beside_a_reader(start, publishes, &retries);

            printf(" %16.0f %17.1f", ns, retries);
        }
        printf("\n");
    }
}
