/* A CPU's timers, by deadline in ns of system time. Pure: it neither reads a clock nor sets one. */
#ifndef TIME_TIMERQ_H
#define TIME_TIMERQ_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERQ_NEVER UINT64_MAX

struct timer {
    uint64_t deadline_ns;
    void (*expired)(struct timer *timer, uint64_t now_ns); /* may arm it again */
    struct timer *next;
    bool armed;
};

struct timerq {
    struct timer *first; /* sorted by deadline; equal ones in the order they came */
};

/* An armed timer is moved to its new deadline. */
void timerq_arm(struct timerq *queue, struct timer *timer, uint64_t deadline_ns);
void timerq_cancel(struct timerq *queue, struct timer *timer);
uint64_t timerq_next_ns(const struct timerq *queue); /* TIMERQ_NEVER when empty */
/* Takes off and returns the first timer if it is due at now_ns; else returns NULL. */
struct timer *timerq_take_due(struct timerq *queue, uint64_t now_ns);

#endif
