#include "time/blame.h"

/* A reference that lies may show anything: what is years away is nowhere too. */
static bool nowhere(struct range range)
{
    return range.lo > range.hi || !ratio_near(range);
}

/* The wrap of a narrow counter follows from where R should be: so each side is asked by its own R. */
static bool fits(const struct ratio *ratio, uint64_t count, bool edge, struct range ref_ns)
{
    struct sighting seen = {count, edge, ref_ns};

    return !nowhere(ref_ns) && ratio_fits(ratio, &seen);
}

/* Where the wrap is not sure by either, it does not fit, and that says nothing. */
static bool place_is_sure(const struct ratio *ratio, uint64_t count, bool edge, struct range ref_ns)
{
    struct sighting seen = {count, edge, ref_ns};
    struct range own;

    return nowhere(ref_ns) || ratio_place(ratio, &seen, &own);
}

enum testimony testify(const struct ratio *ratio, uint64_t count, bool edge, struct range by_tsc,
                       struct range by_reference)
{
    bool tsc, reference;

    if (ratio->estimate.count < BLAME_READINGS || !place_is_sure(ratio, count, edge, by_tsc) ||
        !place_is_sure(ratio, count, edge, by_reference))
        return SAYS_NOTHING;
    tsc = fits(ratio, count, edge, by_tsc);
    reference = fits(ratio, count, edge, by_reference);
    if (tsc && reference)
        return SAYS_NOTHING;
    return tsc ? SAYS_TSC : reference ? SAYS_REFERENCE : SAYS_NEITHER;
}

enum blame blame(const enum testimony *said, unsigned count)
{
    unsigned tsc = 0, reference = 0;

    for (unsigned i = 0; i < count; i++) {
        tsc += said[i] == SAYS_TSC;
        reference += said[i] == SAYS_REFERENCE;
    }
    if (tsc > reference)
        return BLAME_REFERENCE;
    return reference > tsc ? BLAME_TSC : BLAME_UNKNOWN;
}

static bool crystals_agree(struct range a, struct range b)
{
    return a.hi - b.lo <= CRYSTALS_APART_PPB && b.hi - a.lo <= CRYSTALS_APART_PPB;
}

static bool crystals_apart(struct range a, struct range b)
{
    return a.lo - b.hi > CRYSTALS_APART_PPB || b.lo - a.hi > CRYSTALS_APART_PPB;
}

enum crystals blame_crystal(struct range rtc, const struct range *others, unsigned count)
{
    static const struct range reference = {0, 0};
    unsigned with_rtc = 0, with_reference = 0;

    if (crystals_agree(rtc, reference))
        return CRYSTALS_AGREE;
    if (!crystals_apart(rtc, reference))
        return CRYSTALS_UNKNOWN;
    for (unsigned i = 0; i < count; i++) {
        with_rtc += crystals_agree(others[i], rtc);
        with_reference += crystals_agree(others[i], reference);
    }
    if (with_rtc == with_reference)
        return CRYSTALS_EITHER;
    return with_rtc < with_reference ? CRYSTALS_RTC : CRYSTALS_REFERENCE;
}
