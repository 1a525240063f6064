#include "time/line.h"

uint64_t line_read(const struct line *line, uint64_t tsc)
{
    return tsc <= line->tsc ? line->ns : line->ns + scale_reader_ns(line->scale, tsc - line->tsc);
}

struct line line_follow(const struct line *old, uint64_t tsc_joint, struct tsc_scale scale, uint64_t step_ns)
{
    struct line line = {.tsc = tsc_joint, .ns = old->ns + step_ns, .frac = old->frac, .scale = scale};
    uint64_t frac_sum;
    uint32_t frac;

    if (tsc_joint > old->tsc) {
        line.ns += scale_exact_ns(old->scale, tsc_joint - old->tsc, &frac);
        frac_sum = (uint64_t)old->frac + frac;
        line.ns += frac_sum >> 32;
        line.frac = (uint32_t)frac_sum;
    }
    return line;
}
