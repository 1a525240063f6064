#include "keeper/tie.h"

#include "keeper/clocks.h"
#include "time/fixed.h"

#define TIE_TRIES 8u

bool tie_read(struct tie *out)
{
    for (unsigned try = 0; try < TIE_TRIES; try++) {
        uint32_t before = __atomic_load_n(&keeper.tie.changes, __ATOMIC_ACQUIRE);

        __builtin_memcpy(out, &keeper.tie, sizeof *out);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        out->changes = before;
        if (before % 2 == 0 && __atomic_load_n(&keeper.tie.changes, __ATOMIC_RELAXED) == before)
            return true;
    }
    return false;
}

void tie_change(const struct tie *to)
{
    struct tie next = *to;

    next.changes = keeper.tie.changes + 1;
    __atomic_store_n(&keeper.tie.changes, next.changes, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __builtin_memcpy(&keeper.tie, &next, sizeof next);
    __atomic_store_n(&keeper.tie.changes, next.changes + 1, __ATOMIC_RELEASE);
}

/* Sums of what a reference shows that lies: in unsigned, for they may be any distance off. */
static int64_t sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t slack_at(const struct tie *tie, int64_t ref_ns)
{
    int64_t since = max_i64(0, min_i64(ref_ns, SCALE_FAR_NS) - tie->base_ns);

    return tie->slack_ns + ((since / 1000000 + 1) * tie->slack_ppb + 999) / 1000;
}

struct bracket tie_bracket(const struct tie *tie, int64_t expected_ns,
                           const struct reference_reading *reading)
{
    uint64_t expected = tie->origin + counter_from_ns(&tie->counter, expected_ns - tie->base_ns);
    struct bracket out = bracket_from_count(&tie->counter, tie->origin,
                                            counter_unwrap(&tie->counter, expected, reading->count),
                                            reading->edge, reading->tsc_lo, reading->tsc_hi);
    int64_t slack;

    out.ref_lo_ns = sum(out.ref_lo_ns, tie->base_ns);
    out.ref_hi_ns = sum(out.ref_hi_ns, tie->base_ns);
    slack = slack_at(tie, out.ref_hi_ns);
    out.ref_lo_ns = sum(out.ref_lo_ns, -slack);
    out.ref_hi_ns = sum(out.ref_hi_ns, slack);
    return out;
}
