#include "sync.h"

#include "clock.h"
#include "wall.h"

#define SECOND_NS 1000000000ull

struct sync sync;

void sync_start(struct sync *s, uint64_t now_ns, uint64_t period_s)
{
    *s = (struct sync){.period_ns = period_s * SECOND_NS, .next_ns = now_ns, .on = period_s > 0};
}

bool sync_due(struct sync *s, uint64_t now_ns)
{
    if (!s->on || now_ns < s->next_ns)
        return false;
    s->next_ns += ((now_ns - s->next_ns) / s->period_ns + 1) * s->period_ns;
    return true;
}

/* UTC and the system time that it is for are of one moment: the seed's pair was up to 250 ms apart. */
void sync_run(uint64_t now_ns)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;
    if (!sync_due(&sync, now_ns))
        return;
    meridian_read(&guest_clock, &counts, &sample);
    if (wall_push(wall_at(&sample), meridian_raw_ns(&sample)))
        sync.refused++;
    else
        sync.done++;
}
