/*
 * The ways to read: the reader header's own (the point, the interval, a whole copy, Xen's record), and the
 * protocol of 2005, which reads version2 first and version1 last.
 */
#include "meridian/clock.h"

#include "world.h"

static uint64_t where(void)
{
    return weak_cpu();
}

/* Xen's record of VCPU 0, and the first half of ours of VCPU 1: a pvclock reader takes either. */
static const void *xen_time(uint32_t vcpu)
{
    return vcpu == 0 ? (const void *)&weak_arena.xen : (const void *)&weak_arena.record[2];
}

static uint32_t chosen[WEAK_CPUS];

static uint64_t where_xen(void)
{
    return chosen[weak_cpu()];
}

static const struct meridian_record *const pages[] = {weak_arena.record};

static const struct meridian_clock ours = {
    .common = weak_arena.record, .pages = pages, .where = where, .last_ns = &weak_arena.last_ns};
static const struct meridian_clock unclamped = {.common = weak_arena.record, .pages = pages, .where = where};
static const struct meridian_clock xens = {.xen_time = xen_time, .where = where_xen};

static const struct meridian_clock *clock_in_use(void)
{
    return weak_variant("no-clamp") ? &unclamped : &ours;
}

static void must_be_whole(const struct meridian_sample *s)
{
    struct published got = {.line = {.tsc = s->tsc_timestamp,
                                     .ns = s->system_time,
                                     .scale = {s->tsc_to_system_mul, s->tsc_shift}},
                            .bound = {s->err_ns, s->err_ppb},
                            .wall = {s->wall_sec, s->wall_nsec},
                            .hz = s->cpu_freq,
                            .disruptions = s->disruptions,
                            .flags = s->flags};

    weak_promise(world_published(&got), "whole");
}

static uint64_t read_whole(struct meridian_counts *counts)
{
    struct meridian_sample sample;

    meridian_read(clock_in_use(), counts, &sample);
    must_be_whole(&sample);
    return weak_search.wall ? (uint64_t)sample.wall_sec : meridian_point_ns(clock_in_use(), counts, &sample);
}

static uint64_t read_xen(struct meridian_counts *counts)
{
    struct meridian_sample sample;

    chosen[weak_cpu()] = weak_random(2);
    meridian_read(&xens, counts, &sample);
    return meridian_point_ns(&xens, counts, &sample);
}

/* A reader as of 2005: not ours. */
static uint64_t read_2005(void)
{
    const struct meridian_record *record = &weak_arena.record[weak_random(2) * 2];
    struct meridian_sample s = {0};
    uint32_t version;

    for (;;) {
        version = (uint32_t)weak_load(&record->version2);
        s.tsc = weak_reader_tsc();
        s.tsc_timestamp = MERIDIAN_FIELD(record->tsc_timestamp);
        s.system_time = MERIDIAN_FIELD(record->system_time);
        s.tsc_to_system_mul = MERIDIAN_FIELD(record->tsc_to_system_mul);
        s.tsc_shift = (int8_t)MERIDIAN_FIELD(record->tsc_shift);
        s.flags = (uint8_t)MERIDIAN_FIELD(record->flags);
        s.disruptions = (uint16_t)MERIDIAN_FIELD(record->disruptions);
        s.cpu_freq = MERIDIAN_FIELD(record->cpu_freq);
        s.wall_sec = (int64_t)MERIDIAN_FIELD(record->wall_sec);
        s.wall_nsec = MERIDIAN_FIELD(record->wall_nsec);
        s.err_ppb = MERIDIAN_FIELD(record->err_ppb);
        s.err_ns = MERIDIAN_FIELD(record->err_ns);
        weak_zero_after(s.tsc);
        if (version == weak_load(&record->version1))
            break;
        weak_pause();
    }
    must_be_whole(&s);
    weak_promise(s.tsc >= s.tsc_timestamp, "begun");
    return meridian_line_ns(&s, s.tsc);
}

static uint64_t read_wall_xen(void)
{
    uint32_t version, sec;

    do {
        version = (uint32_t)weak_load(&weak_arena.wc_version);
        sec = (uint32_t)weak_load(&weak_arena.wc_sec);
    } while (version & 1 || version != (uint32_t)weak_load(&weak_arena.wc_version));
    return sec;
}

static uint64_t read_any(struct meridian_counts *counts)
{
    if (weak_search.wall)
        return weak_random(2) ? read_whole(counts) : read_wall_xen();
    switch (weak_random(weak_search.leaves ? 3 : 5)) {
    case 0: return meridian_now_ns(clock_in_use(), counts);
    case 1: return meridian_now(clock_in_use(), counts).now_ns;
    case 2: return read_whole(counts);
    case 3: return read_xen(counts);
    default: return read_2005();
    }
}

void world_read(unsigned cpu)
{
    /* Where modes change, what was noted may be of any mode. */
    struct meridian_counts counts = {.own = weak_search.leaves && weak_random(2)};
    uint64_t before, ns;

    (void)cpu;
    if (weak_search.page) {
        page_read(clock_in_use());
        return;
    }
    before = world_hear();
    ns = read_any(&counts);
    weak_promise(counts.early == 0, "begun");
    world_judge(ns, before);
}
