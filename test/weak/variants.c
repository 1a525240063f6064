/*
 * What the variants do otherwise, in the place of the call that it concerns (ld --wrap). Variants of accesses
 * and of the TSC are in checker.cc.
 */
#include <string.h>

#include "../unit/record_wraps.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"
#include "world.h"

void __real_records_begin(enum news news);
void __real_records_fill(enum news news, const struct published *data);
void __real_records_end(enum news news);
void __real_assumed_refresh(void);
void __real_assumed_write(volatile struct meridian_assumed *page, const struct meridian_assumed *data);
void __real_timeline_join(struct timeline *highest, const struct timeline *other, uint64_t tsc);

void __wrap_records_begin(enum news news);
void __wrap_records_fill(enum news news, const struct published *data);
void __wrap_records_end(enum news news);
void __wrap_assumed_refresh(void);
void __wrap_assumed_write(volatile struct meridian_assumed *page, const struct meridian_assumed *data);
void __wrap_timeline_join(struct timeline *highest, const struct timeline *other, uint64_t tsc);

/* Each record by itself, whole; of one phase of a publish only the last is left. */
static void write_one_by_one(const struct published *data)
{
    struct time_domain *domain = keeper.domains;

    __real_record_begin(domain->common, domain->common_version);
    __wrap_record_fill(domain->common, data ? data : published_for(0));
    __real_record_end(domain->common, domain->common_version);
    domain->common_version += 2;
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        records_write_vcpu(&domain->vcpus[i], data ? data : published_for(i));
}

static const struct published *filled;

void __wrap_records_begin(enum news news)
{
    if (weak_variant("one-phase") || (weak_variant("leave-unmarked") && keeper.mode == CLOCK_UNIFIED))
        return;
    __real_records_begin(news);
}

void __wrap_records_fill(enum news news, const struct published *data)
{
    filled = data;
    weak_past_all =
        weak_variant("no-wait") || (weak_variant("leave-no-wait") && keeper.mode == CLOCK_UNIFIED);
    if (!weak_variant("one-phase"))
        __real_records_fill(news, data);
}

void __wrap_records_end(enum news news)
{
    if (weak_variant("one-phase"))
        write_one_by_one(filled);
    else
        __real_records_end(news);
}

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    __real_record_begin(record, version);
    if (weak_variant("version2-odd"))
        RECORD_STORE(record->version2, version + 1);
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    struct published said = *data;

    if (weak_variant("joint-below"))
        said.line.ns -= 2;
    world_note(&said);
    __real_record_fill(record, &said);
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    if (!weak_variant("no-release") || record != &weak_arena.record[2] || version == 0)
        __real_record_end(record, version);
}

void __wrap_timeline_join(struct timeline *highest, const struct timeline *other, uint64_t tsc)
{
    if (!weak_variant("enter-on-own"))
        __real_timeline_join(highest, other, tsc);
}

/* ---- The page of assumptions ---- */

/* page-last: records first, and the page behind them. */
void __wrap_assumed_refresh(void)
{
    if (!weak_variant("page-last") || page_records_are_out)
        __real_assumed_refresh();
}

/* page-same-version: it is odd meanwhile, and then what it was. */
void __wrap_assumed_write(volatile struct meridian_assumed *page, const struct meridian_assumed *data)
{
    struct meridian_assumed said = *data;

    if (weak_variant("page-same-version"))
        said.version = 2;
    page_note(&said);
    __real_assumed_write(page, &said);
}
