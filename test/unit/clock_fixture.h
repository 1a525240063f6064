/* What the tests of the reader share: a TSC of their own, time pages, and a VCPU to be. */
#ifndef TEST_CLOCK_FIXTURE_H
#define TEST_CLOCK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The TSC here is the test's: each read of it is also a moment at which the test may act as the writer. */
static uint64_t fake_tsc(void);
#define MERIDIAN_TSC() fake_tsc()

#include "meridian/clock.h"
#include "time/publish.h"

#define PAGES   5
#define GHZ1    0x80000000u, 1 /* mul and shift of a TSC of 1 GHz: a tick is a ns */
#define UNKNOWN UINT64_MAX

static uint64_t tsc_now;
static void (*on_tsc)(void);
static unsigned tsc_reads;

static uint64_t fake_tsc(void)
{
    tsc_reads++;
    if (on_tsc)
        on_tsc();
    return tsc_now;
}

static struct meridian_record page[PAGES][MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *const pages[PAGES] = {page[0], page[1], page[2], page[3], page[4]};
static uint64_t here, last_ns;
static unsigned yields;

static uint64_t where(void)
{
    return here;
}

static void yield(void)
{
    yields++;
}

static const struct meridian_clock clock_here = {
    .common = page[0], .pages = pages, .where = where, .yield = yield, .last_ns = &last_ns};
static struct meridian_counts counts;

static struct meridian_record *slot_of(unsigned vcpu)
{
    return &page[(vcpu + 1) / MERIDIAN_SLOTS_PER_PAGE][(vcpu + 1) % MERIDIAN_SLOTS_PER_PAGE];
}

static struct published line(uint64_t tsc, uint64_t ns)
{
    return (struct published){.line = {.tsc = tsc, .ns = ns, .scale = {GHZ1}},
                              .bound = {.ns = 100, .ppb = 1000},
                              .wall = {1120824000, 999999999}, /* 2005-07-08 12:00:00.999999999 */
                              .hz = 1000000000};
}

static void write_whole(struct meridian_record *record, struct published data)
{
    uint32_t version = record->version1 & ~1u;
    record_begin(record, version);
    record_fill(record, &data);
    record_end(record, version);
}

static int fresh(void **state)
{
    (void)state;
    memset(page, 0, sizeof(page));
    memset(&counts, 0, sizeof(counts));
    on_tsc = NULL;
    tsc_now = 5000;
    here = last_ns = 0;
    tsc_reads = yields = 0;
    return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, fresh)

#endif
