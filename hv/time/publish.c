#include "time/publish.h"

#include <stddef.h>

_Static_assert(sizeof(struct xen_time_record) == 32, "vcpu_time_info");
_Static_assert(offsetof(struct meridian_record, disruptions) == offsetof(struct xen_time_record, pad1),
               "same half");

void record_begin(volatile struct meridian_record *record, uint32_t version)
{
    RECORD_STORE(record->version1, version + 1); /* step W1: version1 odd */
}

void record_fill(volatile struct meridian_record *record, const struct published *data)
{
    /* step W2: the data */
    RECORD_STORE(record->tsc_timestamp, data->line.tsc);
    RECORD_STORE(record->system_time, data->line.ns);
    RECORD_STORE(record->tsc_to_system_mul, data->line.scale.mul);
    RECORD_STORE(record->tsc_shift, data->line.scale.shift);
    RECORD_STORE(record->flags, data->flags);
    RECORD_STORE(record->disruptions, data->disruptions);
    RECORD_STORE(record->cpu_freq, data->hz);
    record_fill_wall(record, data->wall);
    RECORD_STORE(record->err_ppb, data->bound.ppb);
    RECORD_STORE(record->err_ns, data->bound.ns);
}

void record_fill_wall(volatile struct meridian_record *record, struct utc wall)
{
    RECORD_STORE(record->wall_sec, wall.s);
    RECORD_STORE(record->wall_nsec, wall.ns);
}

/*
 * version2 first: a reader of 2005 reads version2, the data, version1, and must not find the two equal before
 * both are done. It never sees an odd version2.
 */
void record_end(volatile struct meridian_record *record, uint32_t version)
{
    RECORD_STORE(record->version2, version + 2); /* step W3: version2 even */
    RECORD_STORE(record->version1, version + 2); /* step W4: version1 even */
}

void xen_record_begin(volatile struct xen_time_record *record, uint32_t version)
{
    RECORD_STORE(record->version, version + 1);
}

void xen_record_fill(volatile struct xen_time_record *record, const struct published *data)
{
    RECORD_STORE(record->tsc_timestamp, data->line.tsc);
    RECORD_STORE(record->system_time, data->line.ns);
    RECORD_STORE(record->tsc_to_system_mul, data->line.scale.mul);
    RECORD_STORE(record->tsc_shift, data->line.scale.shift);
    RECORD_STORE(record->flags, data->flags & MERIDIAN_FLAG_TSC_STABLE);
}

void xen_record_end(volatile struct xen_time_record *record, uint32_t version)
{
    RECORD_STORE(record->version, version + 2);
}

void assumed_write(volatile struct meridian_assumed *page, const struct meridian_assumed *data)
{
    RECORD_STORE(page->version, data->version - 1); /* odd */
    RECORD_STORE(page->wander_ppb_s, data->wander_ppb_s);
    RECORD_STORE(page->phase_ns, data->phase_ns);
    RECORD_STORE(page->most_wander_ppb_s, data->most_wander_ppb_s);
    RECORD_STORE(page->wander_origin, data->wander_origin);
    RECORD_STORE(page->phase_origin, data->phase_origin);
    RECORD_STORE(page->resolution_ns, data->resolution_ns);
    RECORD_STORE(page->excursion_ns, data->excursion_ns);
    RECORD_STORE(page->breaches, data->breaches);
    for (unsigned i = 0; i < MERIDIAN_BREACHES_KEPT; i++) {
        RECORD_STORE(page->last[i].from_ns, data->last[i].from_ns);
        RECORD_STORE(page->last[i].to_ns, data->last[i].to_ns);
        RECORD_STORE(page->last[i].at_least_ns, data->last[i].at_least_ns);
        RECORD_STORE(page->last[i].at_most_ns, data->last[i].at_most_ns);
    }
    RECORD_STORE(page->version, data->version);
}
