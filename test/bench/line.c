/* The line of time that is read: by the project's own arithmetic, published as a hypervisor would. */
#include "time/line.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "own_cpu.h"
#include "time/publish.h"

/* All threads read VCPU 0's record, so they are bound by the shared word alone. */
__thread struct own_cpu own_cpu = {0, &the_place.own[1]};

static struct line now;
static uint32_t version;

static uint64_t where(void)
{
    return 0;
}

static void write_one(struct meridian_record *record, uint8_t flags)
{
    struct published data = {.line = now,
                             .bound = {.ns = 150, .ppb = 700},
                             .hz = (uint64_t)(host_ticks_per_ns() * 1e9),
                             .flags = flags};

    record_begin(record, version);
    record_fill(record, &data);
    record_end(record, version);
}

void place_publish(struct place *place)
{
    now = line_follow(&now, host_tsc(), now.scale, 0);
    write_one(&place->page[0], MERIDIAN_FLAG_TSC_STABLE);
    write_one(&place->own[0], 0);
    write_one(&place->own[1], 0);
    version += 2;
}

void place_init(struct place *place)
{
    now = (struct line){.tsc = host_tsc(), .ns = 60000000000};
    if (!scale_from_hz((uint64_t)(host_ticks_per_ns() * 1e9), &now.scale))
        abort();
    memset(place, 0, sizeof *place);
    place->pointer = place->pages[0] = place->page;
    place->own_pages[0] = place->own;
    place->unified = (struct meridian_clock){
        .common = place->page, .pages = place->pages, .where = where, .last_ns = &place->last_ns};
    place->percpu = (struct meridian_clock){
        .common = place->own, .pages = place->own_pages, .where = where, .last_ns = &place->last_ns};
    place_publish(place);
}
