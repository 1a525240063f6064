#include "wall_report.h"

#include "clock.h"
#include "sync.h"
#include "system.h"
#include "wall.h"
#include "wall_witness.h"

void wall_report(const char *when)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;

    meridian_read(&guest_clock, &counts, &sample);
    struct meridian_utc utc = wall_at(&sample), base = wall_base(&sample);
    struct wall_witness total = wall_witness_total();
    print("@wall when=%s tsc=%lu time_ns=%lu utc_s=%ld utc_ns=%u base_s=%ld base_ns=%u syncs=%lu "
          "syncs_refused=%lu reads=%lu sets=%lu sets_refused=%lu back=%lu torn=%lu last_stands=%d\n",
          when, sample.tsc, meridian_raw_ns(&sample), utc.sec, utc.nsec, base.sec, base.nsec, sync.done,
          sync.refused, total.reads, total.sets, total.refused, total.back, total.torn,
          wall_witness_last_stands(&sample));
}

const char *wall_fault(void)
{
    struct meridian_counts counts = {0};
    struct meridian_sample sample;

    meridian_read(&guest_clock, &counts, &sample);
    struct wall_witness total = wall_witness_total();
    if (total.back || total.torn)
        return "wall-steps";
    if (!wall_witness_last_stands(&sample))
        return "wall-set-lost";
    return sync.refused || total.refused ? "wall-refused" : 0;
}
