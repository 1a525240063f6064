#include "cpu/mtrr.h"

#include "log/string.h"

#define MSR_CAP          0xfeu
#define MSR_PAIRS        0x200u
#define MSR_DEFAULT_TYPE 0x2ffu

#define CAP_COUNT       0xffu
#define CAP_FIXED       (1u << 8)
#define DEFAULT_FIXED   (1u << 10)
#define DEFAULT_ENABLED (1u << 11)
#define MASK_VALID      (1u << 11)

static const uint32_t fixed_msrs[MTRR_FIXED] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
                                                0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

static void read_pairs(uint64_t (*read)(uint32_t msr), unsigned count, struct mtrrs *out)
{
    for (unsigned i = 0; i < count && i < MTRR_PAIRS; i++) {
        uint64_t mask = read(MSR_PAIRS + 2 * i + 1);

        if (!(mask & MASK_VALID))
            continue;
        out->pairs[i].base = read(MSR_PAIRS + 2 * i);
        out->pairs[i].mask = mask;
    }
}

void mtrrs_read(uint64_t (*read)(uint32_t msr), struct mtrrs *out)
{
    uint64_t cap = read(MSR_CAP);

    memset(out, 0, sizeof(*out));
    out->default_type = read(MSR_DEFAULT_TYPE);
    if (!(out->default_type & DEFAULT_ENABLED)) {
        out->default_type = 0; /* all memory is uncached, whatever the rest says */
        return;
    }
    for (unsigned i = 0; i < MTRR_FIXED && (cap & CAP_FIXED) && (out->default_type & DEFAULT_FIXED); i++)
        out->fixed[i] = read(fixed_msrs[i]);
    read_pairs(read, cap & CAP_COUNT, out);
}

bool mtrrs_same(const struct mtrrs *a, const struct mtrrs *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}
