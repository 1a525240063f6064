/* The watch (hv/keeper/watch.c) by itself: meetings, publisher and log are stand-ins that note what comes. */
#ifndef WATCH_FIXTURE_H
#define WATCH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/smp.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/meeting.h"
#include "keeper/watch.h"

#define CPUS_MOST 6u

struct keeper keeper;

static struct cpu_clock clocks[CPUS_MOST];
static struct pair table[CPUS_MOST * CPUS_MOST];
static struct published told[CPUS_MOST];
static struct consensus outlooks; /* what publish_gather says */
static unsigned cpu, counting, left;
static uint64_t now, now_ns;

static struct heard {
    unsigned stopped, returned, ended; /* lines */
    unsigned who;                      /* in the last one */
    uint64_t delay_ns;
    unsigned woken[CPUS_MOST];
} heard;

static struct met {
    unsigned leads[CPUS_MOST][CPUS_MOST], follows[CPUS_MOST][CPUS_MOST]; /* [who][whom] */
    uint64_t number;                                                     /* of the last one */
    struct offset shows;
} met;

static struct {
    unsigned count, a, b;
    struct offset offset;
    uint64_t since;
} shown; /* snapshot_met */

uint64_t rdtsc_ordered(void)
{
    return now;
}

unsigned cpu_id(void)
{
    return cpu;
}

bool lock_take(struct lock *lock)
{
    assert_int_equal(lock->held, 0);
    lock->held = 1;
    return true;
}

void lock_release(struct lock *lock, bool were_on)
{
    assert_true(were_on);
    lock->held = 0;
}

void smp_wake(unsigned id)
{
    heard.woken[id]++;
}

void announce_stopped(unsigned who)
{
    heard.stopped++;
    heard.who = who;
}

void announce_returned(unsigned who)
{
    heard.returned++;
    heard.who = who;
}

void announce_established(uint64_t delay_ns)
{
    heard.ended++;
    heard.delay_ns = delay_ns;
}

void meeting_lead_soon(unsigned other, uint64_t meeting, struct offset *offset)
{
    met.leads[cpu][other]++;
    met.number = meeting;
    *offset = met.shows;
    now += 10;
}

void meeting_follow_soon(unsigned leader, uint64_t meeting)
{
    met.follows[cpu][leader]++;
    met.number = meeting;
}

void snapshot_met(unsigned a, unsigned b, struct offset offset, uint64_t since)
{
    assert_int_equal(keeper.lock.held, 1);
    shown.count++;
    shown.a = a, shown.b = b;
    shown.offset = offset;
    shown.since = since;
}

struct consensus publish_gather(uint64_t tsc)
{
    assert_int_equal(tsc, now);
    return outlooks;
}

const struct published *published_for(unsigned id)
{
    return &told[id];
}

void mode_leave_unified(const char *why)
{
    assert_non_null(why);
    left++;
    keeper.mode = CLOCK_PERCPU;
}

unsigned mode_cpus_that_count(void)
{
    return counting;
}

uint64_t keeper_now_ns(void)
{
    return now_ns;
}

static void new_machine(unsigned cpus)
{
    memset(&keeper, 0, sizeof keeper);
    memset(clocks, 0, sizeof clocks);
    memset(table, 0, sizeof table);
    memset(&heard, 0, sizeof heard);
    memset(&met, 0, sizeof met);
    memset(&shown, 0, sizeof shown);
    keeper.cpus = counting = cpus;
    keeper.clocks = clocks;
    keeper.mode = CLOCK_UNIFIED;
    met.shows = (struct offset){-40, 30};
    left = cpu = 0;
    now = 500000;
    now_ns = 900000;
    pairs_start(&keeper.watch.pairs, cpus, table);
    for (unsigned i = 0; i < cpus; i++) {
        clocks[i].measured = true;
        told[i].bound = (struct bound){100, 50};
    }
}

#endif
