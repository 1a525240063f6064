#include "screen/turns.h"

uint64_t turns_next_ns(uint64_t now_ns, unsigned cpu, unsigned cpus)
{
    uint64_t first = (now_ns + TURNS_EVERY_NS / 2) / TURNS_EVERY_NS; /* the first that is later */
    uint64_t own = first / cpus * cpus + cpu;

    if (own < first)
        own += cpus;
    return own * TURNS_EVERY_NS + TURNS_EVERY_NS / 2;
}
