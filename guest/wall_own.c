#include "wall_own.h"

#define SECOND_NS 1000000000

struct meridian_utc utc_plus(struct meridian_utc utc, int64_t ns)
{
    int64_t sec = ns / SECOND_NS, rest = ns % SECOND_NS + utc.nsec;
    if (rest < 0) {
        rest += SECOND_NS;
        sec--;
    }
    return (struct meridian_utc){utc.sec + sec + rest / SECOND_NS, (uint32_t)(rest % SECOND_NS)};
}

/* In two parts: the product of ns and ppb would overflow after some minutes. */
static int64_t steered_ns(int64_t gone_ns, uint32_t ppb)
{
    return gone_ns / SECOND_NS * ppb + gone_ns % SECOND_NS * ppb / SECOND_NS;
}

struct meridian_utc wall_own_at(const struct wall_own *own, uint64_t now_ns)
{
    int64_t gone_ns = (int64_t)(now_ns - own->since_ns);
    return utc_plus(own->utc, gone_ns + steered_ns(gone_ns, own->steer_ppb));
}
