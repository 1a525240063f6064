/*
 * Tests that hand over between threads many times. On an idle host that takes a moment; on a busy one each
 * hand-over may take a time slice of the host's. Then fewer are tried: so many as there is time for.
 */
#ifndef BUSY_HOST_H
#define BUSY_HOST_H

#include <stdbool.h>
#include <time.h>

#define HAND_OVER_MOST_S 20

static inline time_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Returns true once the time for hand-overs that began at `begun_s` is over. */
static inline bool hand_over_is_over(time_t begun_s)
{
    return seconds_now() - begun_s > HAND_OVER_MOST_S;
}

#endif
