#include "time/wallclock.h"

#include "time/fixed.h"

#define LATEST_S (1ll << 40) /* 34,000 years: far inside what the sums below can hold */

bool wallclock_base(struct utc now, uint64_t system_ns, struct utc *base)
{
    int64_t s = (int64_t)(system_ns / NS_PER_S);
    int64_t ns = (int64_t)now.ns - (int64_t)(system_ns % NS_PER_S);

    if (now.ns >= NS_PER_S || now.s > LATEST_S || now.s < -LATEST_S)
        return false;
    base->s = now.s - s - (ns < 0);
    base->ns = (uint32_t)(ns < 0 ? ns + NS_PER_S : ns);
    return true;
}

/*
 * The seed took 10,000,000 us off at each carry, and gained an hour every quarter second: carry one second.
 */
struct utc wallclock_at(struct utc base, uint64_t system_ns)
{
    uint64_t ns = base.ns + system_ns % NS_PER_S;

    return (struct utc){
        .s = base.s + (int64_t)(system_ns / NS_PER_S) + (ns >= NS_PER_S),
        .ns = (uint32_t)(ns % NS_PER_S),
    };
}
