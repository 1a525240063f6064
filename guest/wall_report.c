#include "wall.h"

#include "clock.h"
#include "system.h"
#include "wall_witness.h"

/* The civil date of a day counted from 1970-01-01, by eras of 400 years that begin on a 1st of March. */
static void date_of(int64_t day, int64_t *year, unsigned *month, unsigned *mday)
{
    day += 719468; /* from 0000-03-01 */
    int64_t era = (day < 0 ? day - 146096 : day) / 146097;
    unsigned in_era = (unsigned)(day - era * 146097);
    unsigned in_era_year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * in_era_year + in_era_year / 4 - in_era_year / 100);
    unsigned march_month = (5 * in_year + 2) / 153;
    *mday = in_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = era * 400 + in_era_year + (*month <= 2);
}

void wall_print(void)
{
    struct meridian_counts counts = {0};
    struct meridian_utc now = wall_now(&counts).now;
    int64_t day = now.sec / 86400 - (now.sec % 86400 < 0), year;
    unsigned second = (unsigned)(now.sec - day * 86400), month, mday;

    date_of(day, &year, &month, &mday);
    print("guest: it is %04ld-%02u-%02u %02u:%02u:%02u.%03u UTC\n", year, month, mday, second / 3600,
          second / 60 % 60, second % 60, now.nsec / 1000000);
}

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
