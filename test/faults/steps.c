/*
 * The steps of a publish, one record at a time, linked with --wrap into a test image only:
 *
 * pauses=N    so many PAUSEs between any two steps, and in the midst of filling a record: where CPUs
 *             share one host thread the others run there, and see every state there is
 * broken=WHAT a publisher with a fault:
 *     unmarked  no record is odd while it is written
 *     onephase  each record is marked even as soon as it is filled, others still hold the old line
 */
#include "hurried.h"
#include "judge.h"

#include "../unit/record_wraps.h"
#include "cpu/instructions.h"
#include "keeper/clocks.h"
#include "words.h"

#define MOST_RECORDS 128u /* of one publish: 32 VCPUs' two, and the common one */

static enum { SOUND, UNMARKED, ONE_PHASE } fault;
static unsigned pauses;

/* Of this publish, under the keeper's lock: begun and not ended. */
static struct open {
    volatile void *record;
    uint32_t version;
    bool xen;
} open[MOST_RECORDS];

void __real_xen_record_begin(volatile struct xen_time_record *record, uint32_t version);
void __wrap_xen_record_begin(volatile struct xen_time_record *record, uint32_t version);
void __real_xen_record_fill(volatile struct xen_time_record *record, const struct published *data);
void __wrap_xen_record_fill(volatile struct xen_time_record *record, const struct published *data);
void __real_xen_record_end(volatile struct xen_time_record *record, uint32_t version);
void __wrap_xen_record_end(volatile struct xen_time_record *record, uint32_t version);

void steps_read(const char *line)
{
    const char *what = words_find(line, "broken");

    pauses = (unsigned)words_value(line, "pauses");
    if (what && words_take(&what, "unmarked"))
        fault = UNMARKED;
    else if (what && words_take(&what, "onephase"))
        fault = ONE_PHASE;
}

static void step(void)
{
    for (unsigned i = 0; i < pauses; i++)
        cpu_relax();
}

static struct open *find(volatile void *record)
{
    for (unsigned i = 0; i < MOST_RECORDS; i++)
        if (open[i].record == record)
            return &open[i];
    return NULL;
}

static void mark_odd(const struct open *o)
{
    if (o->xen)
        __real_xen_record_begin(o->record, o->version);
    else
        __real_record_begin(o->record, o->version);
}

/* For good: what the publisher says of this record later is not heeded. */
static void mark_even(struct open *o)
{
    if (o->xen)
        __real_xen_record_end(o->record, o->version);
    else
        __real_record_end(o->record, o->version);
    o->record = NULL;
    step();
}

static void begin(volatile void *record, uint32_t version, bool xen)
{
    struct open *o = find(NULL);

    *o = (struct open){record, version, xen};
    if (fault == SOUND)
        mark_odd(o);
    step();
}

static void before_fill(volatile void *record)
{
    struct open *o = find(record);

    if (o && fault == ONE_PHASE)
        mark_odd(o);
}

static void after_fill(volatile void *record)
{
    struct open *o = find(record);

    step();
    if (o && fault == ONE_PHASE)
        mark_even(o);
}

static void end(volatile void *record)
{
    struct open *o = find(record);

    if (o)
        mark_even(o);
}

/* Half of it: the new line's beginning, and the rest of the old one. */
static void fill_half(volatile uint64_t *tsc_timestamp, uint64_t tsc)
{
    if (!pauses)
        return;
    *tsc_timestamp = tsc;
    step();
}

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    begin(record, version, false);
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    judge_record(record);
    before_fill(record);
    fill_half(&record->tsc_timestamp, data->line.tsc);
    __real_record_fill(record, data);
    after_fill(record);
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    (void)version;
    end(record);
}

void __wrap_xen_record_begin(volatile struct xen_time_record *record, uint32_t version)
{
    begin(record, version, true);
}

void __wrap_xen_record_fill(volatile struct xen_time_record *record, const struct published *data)
{
    before_fill(record);
    fill_half(&record->tsc_timestamp, data->line.tsc);
    __real_xen_record_fill(record, data);
    after_fill(record);
}

void __wrap_xen_record_end(volatile struct xen_time_record *record, uint32_t version)
{
    (void)version;
    end(record);
}
