#include "time/timerq.h"

#include <stddef.h>

void timerq_cancel(struct timerq *queue, struct timer *timer)
{
    if (!timer->armed)
        return;
    for (struct timer **at = &queue->first; *at; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            break;
        }
    }
    timer->armed = false;
    timer->next = NULL;
}

void timerq_arm(struct timerq *queue, struct timer *timer, uint64_t deadline_ns)
{
    struct timer **at;

    timerq_cancel(queue, timer);
    at = &queue->first;
    while (*at && (*at)->deadline_ns <= deadline_ns)
        at = &(*at)->next;
    timer->deadline_ns = deadline_ns;
    timer->next = *at;
    timer->armed = true;
    *at = timer;
}

uint64_t timerq_next_ns(const struct timerq *queue)
{
    return queue->first ? queue->first->deadline_ns : TIMERQ_NEVER;
}

struct timer *timerq_take_due(struct timerq *queue, uint64_t now_ns)
{
    struct timer *timer = queue->first;

    if (!timer || timer->deadline_ns > now_ns)
        return NULL;
    timerq_cancel(queue, timer);
    return timer;
}
