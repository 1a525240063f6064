/*
 * The negative worlds, and what must come of each: written down before it is run, but for the time to telling
 * of slews and rate steps, which was restated after runs (docs/simulator.md). D is 10 ppb a second, as the
 * crystal of the first row has it.
 */
#include "negative.h"

#define S        SECOND
#define PPM      1e-6L
#define NS       1e-9L
#define EACH(s)  .every_ns = (s)*S
#define PERIOD_S 0.25L
#define LATE_S   0.05L /* timers come late */

/* A crystal that only wanders is known after five minutes. */
#define KNOWN                          \
    {                                  \
        1e-4L, 0.5L, 0, 0, 3, ANY, ANY \
    }
/* Nothing is beyond what is assumed. */
#define QUIET_ROW           \
    {                       \
        0, 0, 0, 0, 2, 0, 0 \
    }
/*
 * What no D explains is told: within a period where it is larger than the resolution. Silence beyond the
 * resolution is forbidden in every row, and needs no column.
 */
#define TOLD(s)                         \
    {                                   \
        ANY, ANY, ANY, ANY, ANY, ANY, s \
    }
/* A rate step: the same, else within what it takes to grow to the resolution, and a period. */
#define STEPPED                               \
    {                                         \
        ANY, ANY, ANY, ANY, ANY, ANY, BY_SIZE \
    }
#define STOPPED                          \
    {                                    \
        ANY, ANY, ANY, 10, ANY, ANY, ANY \
    }
/* A new rate is measured, and the bound is back within 16 periods of it. */
#define MEASURED                         \
    {                                    \
        ANY, ANY, ANY, 16, ANY, ANY, ANY \
    }
/*
 * As fast as the limit on rates, so the rate may be measured anew at both ends. What is beyond the limit is a
 * few ppm only: how long that takes to be seen is not stated.
 */
#define SLEWED MEASURED
#define SILENT_TOO                    \
    {                                 \
        ANY, ANY, 0, 0, ANY, ANY, ANY \
    }

const struct row negative_rows[] = {
    {"quiet: wander D", 10, .must = QUIET_ROW},
    {"wander 3 D", 30, .must = KNOWN},
    {"wander 10 D", 100, .must = KNOWN},
    {"wander 100 D", 1000, .must = KNOWN},
    {"warm-up of 1 ppm", 10, {LAW_WARMS, 1 * PPM, EACH(60), 0}, .oracle_ppb_s = 27, .must = KNOWN},
    {"warm-up of 5 ppm", 10, {LAW_WARMS, 5 * PPM, EACH(60), 0}, .oracle_ppb_s = 94, .must = KNOWN},
    {"NTP: rate steps of 0.1 ppm", 10, {LAW_RATE_STEPS, 0.1L * PPM, EACH(32), 0}, .must = STEPPED},
    {"NTP: rate steps of 1 ppm", 10, {LAW_RATE_STEPS, 1 * PPM, EACH(32), 0}, .must = STEPPED},
    {"slews of 50 ppm for 8 s", 10, {LAW_SLEWS, 50 * PPM, EACH(64), 8 * S}, .must = STEPPED},
    {"slews of 500 ppm for 8 s", 10, {LAW_SLEWS, 500 * PPM, EACH(64), 8 * S}, .must = SLEWED},
    {"ripple of 15 ns at 32 kHz",
     10,
     {LAW_RIPPLE, 15 * NS, .every_ns = 31250},
     .oracle_phase_ns = 15,
     .must = SILENT_TOO},
    {"steps of 200 ns", 10, {LAW_STEPS, 200 * NS, EACH(32), 0}, .must = TOLD(ANY)},
    {"steps of 2 us", 10, {LAW_STEPS, 2000 * NS, EACH(32), 0}, .must = TOLD(ANY)},
    {"steps of 8 us", 10, {LAW_STEPS, 8000 * NS, EACH(32), 0}, .must = TOLD(ANY)},
    {"stopped and continued", 10, .stops_ns = 60 * S, .lasts_ns = 30 * S, .must = STOPPED},
    {"migrated: 2000 ppm to and fro", 10, {LAW_NEW_RATES, 2000 * PPM, EACH(600), 300 * S}, .must = MEASURED},
};

const unsigned negative_row_count = sizeof negative_rows / sizeof negative_rows[0];

/* In the simulator a reading takes some 120 ns by itself, and a count is 10 ns long. */
const long double negative_read_ns[NEGATIVE_READINGS] = {0, 10000};
