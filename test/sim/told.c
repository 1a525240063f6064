#include "told.h"

#include <stdio.h>
#include <string.h>

#include "kept.h"

#define NOTHING_TOLD_NS 8 /* Dmax T^2 / 8, at 1 ppm/s and 250 ms */

/* The keeper's own comes first, where there is one. */
const struct meridian_assumed *keeper_assumed(void);
__attribute__((weak)) const struct meridian_assumed *keeper_assumed(void)
{
    return NULL;
}

bool told_at_all(void)
{
    return keeper_assumed();
}

long double told_resolution_ns(long double reading_ns)
{
    const struct meridian_assumed *assumed = keeper_assumed();

    if (!assumed)
        return reading_ns + NOTHING_TOLD_NS;
    return (long double)assumed->resolution_ns + (long double)assumed->excursion_ns;
}

/* A line says what was learned; the page says so from the next publish on, in unified mode a period later. */
static struct {
    long double at_ns, wander_ppb_s, phase_ns;
} learned = {.at_ns = NEVER};

static bool learned_just_now(void)
{
    return world.now_ns >= learned.at_ns && world.now_ns - learned.at_ns <= PERIOD;
}

long double told_wander_ppb_s(long double given)
{
    const struct meridian_assumed *assumed = keeper_assumed();
    long double wander = assumed ? assumed->wander_ppb_s : given;

    return learned_just_now() ? larger(wander, learned.wander_ppb_s) : wander;
}

long double told_phase_ns(void)
{
    const struct meridian_assumed *assumed = keeper_assumed();
    long double phase_ns = assumed ? assumed->phase_ns : 0;

    return learned_just_now() ? larger(phase_ns, learned.phase_ns) : phase_ns;
}

static bool field(const char *line, const char *name, uint64_t *out)
{
    const char *at = strstr(line, name);
    unsigned long long value;

    if (!at || sscanf(at + strlen(name), "%llu", &value) != 1)
        return false;
    *out = value;
    return true;
}

bool told_breach(const char *line, struct meridian_breach *out, uint64_t *told_ns)
{
    if (strncmp(line, "@breach ", 8) != 0)
        return false;
    return field(line, " from_ns=", &out->from_ns) && field(line, " to_ns=", &out->to_ns) &&
           field(line, " at_least_ns=", &out->at_least_ns) && field(line, " at_most_ns=", &out->at_most_ns) &&
           field(line, " told_ns=", told_ns);
}

void told_learned(const char *line)
{
    uint64_t wander_ppb_s, phase_ns;

    if (strncmp(line, "@learned ", 9) != 0 || !field(line, " wander_ppb_s=", &wander_ppb_s) ||
        !field(line, " phase_ns=", &phase_ns))
        return;
    learned.wander_ppb_s = larger(told_wander_ppb_s(0), (long double)wander_ppb_s);
    learned.phase_ns = larger(told_phase_ns(), (long double)phase_ns);
    learned.at_ns = world.now_ns;
}

void told_forget(void)
{
    learned.at_ns = NEVER;
}
