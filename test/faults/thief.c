/*
 * `steals=US:EVERY_US[:JITTER_US],...`: while gaps are looked for, the boot CPU loses US microseconds every
 * EVERY_US, as by an SMI: it does nothing, with interrupts off, between two readings. With JITTER_US each
 * comes later than its time, by less than that. In the deterministic lane, where CPUs take turns, all lose
 * it.
 */
#include "thief.h"

#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "log/log.h"
#include "time/gaps.h"
#include "words.h"

#define THIEVES 3u

static struct thief {
    int64_t us, every_us, jitter_us;
    uint64_t turns, at; /* at: the TSC when it comes next; 0: not known yet */
} thieves[THIEVES];
static unsigned count;

void __real_gaps_add(struct gaps *gaps, uint64_t tsc);
void __wrap_gaps_add(struct gaps *gaps, uint64_t tsc);

void thief_choose(const char *line)
{
    const char *at = words_find(line, "steals");

    for (; at && count < THIEVES && words_number(&at, &thieves[count].us); count++) {
        struct thief *thief = &thieves[count];

        if (!words_skip(&at, ':') || !words_number(&at, &thief->every_us))
            return;
        if (words_skip(&at, ':'))
            words_number(&at, &thief->jitter_us);
        log_print("fault test: %ld us are stolen every %ld us, up to %ld us late\n", thief->us,
                  thief->every_us, thief->jitter_us);
        words_skip(&at, ',');
    }
}

void thief_end(void)
{
    for (unsigned i = 0; i < count; i++)
        log_print("fault test: thief %u came %lu times\n", i, thieves[i].turns);
}

/* The same in every run. */
static uint64_t late_us(const struct thief *thief)
{
    uint64_t mixed = (thief->turns + 1) * 0x9e3779b97f4a7c15ull;

    return thief->jitter_us ? (mixed >> 32) % (uint64_t)thief->jitter_us : 0;
}

static void steal(struct thief *thief, const struct gaps *gaps, uint64_t tsc)
{
    uint64_t us_ticks = gaps->least[0];

    if (!thief->at)
        thief->at = gaps->first + ((uint64_t)thief->every_us / 2 + late_us(thief)) * us_ticks;
    if (tsc < thief->at)
        return;
    thief->turns++;
    thief->at = gaps->first +
                (thief->turns * (uint64_t)thief->every_us + (uint64_t)thief->every_us / 2 + late_us(thief)) *
                    us_ticks;
    while (rdtsc_ordered() - tsc < (uint64_t)thief->us * us_ticks)
        ;
}

void __wrap_gaps_add(struct gaps *gaps, uint64_t tsc)
{
    __real_gaps_add(gaps, tsc);
    for (unsigned i = 0; cpu_id() == 0 && i < count; i++)
        steal(&thieves[i], gaps, tsc);
}
