/* What is told of each timer. */
#include "keeper/clocks.h"
#include "time/fixed.h"

/* Returns what is known of it as a timer beside the reference; NULL: it is read too slowly to be one. */
static const struct witness *witness_of(const struct reference *timer)
{
    for (unsigned i = 0; i < keeper.witnesses.count; i++) {
        if (keeper.witnesses.of[i].timer == timer)
            return &keeper.witnesses.of[i];
    }
    return NULL;
}

static void fill_rate(struct keeper_timer *out, const struct witness *witness)
{
    struct range ppb = ratio_ppb(&witness->ratio);

    out->state = witness->state == WITNESS_AGREES ? KEEPER_TIMER_AGREES : KEEPER_TIMER_DIFFERS;
    out->ppb = range_middle(ppb);
    out->bound_ppb = (uint64_t)(ppb.hi - ppb.lo) / 2 + 1;
}

/* By the trial at start-up, which is all that is known of a rate so far off. */
static void fill_trial(struct keeper_timer *out, int64_t off_ppm)
{
    out->state = KEEPER_TIMER_DIFFERS;
    out->ppb = off_ppm * 1000;
    out->bound_ppb = TRIAL_BOUND_PPB;
}

static void fill(struct keeper_timer *out, const struct reference *timer, const struct timer_faults *faults)
{
    const struct witness *witness = witness_of(timer);

    *out = (struct keeper_timer){
        .name = timer->name, .faults = faults->count, .fault = faults->last, .bound_ppb = UINT64_MAX};
    if (timer == keeper.tie.reference)
        out->state = KEEPER_TIMER_REFERENCE;
    else if (witness && (witness->state == WITNESS_AGREES || witness->state == WITNESS_DIFFERS))
        fill_rate(out, witness);
    else if (witness && witness->state == WITNESS_APART && !faults->known)
        fill_trial(out, reference_off_ppm(timer, keeper.tie.reference));
}

/* A timer that was refused at start-up because its rate is not the others'. */
static void fill_refused(struct keeper_timer *out, const struct reference_refused *refused)
{
    *out = (struct keeper_timer){.name = refused->name};
    fill_trial(out, refused->off_ppm);
    if (refused->outvoted)
        out->state = KEEPER_TIMER_OUTVOTED;
}

unsigned keeper_timers(struct keeper_timer out[KEEPER_TIMERS])
{
    const struct reference_refused *refused;
    const struct reference *timer;
    unsigned count = 0;
    bool were_on = lock_take(&keeper.lock);

    for (unsigned i = 0; i < SOURCES && (timer = reference_get(i)); i++)
        fill(&out[count++], timer, &keeper.faults[i]);
    lock_release(&keeper.lock, were_on);
    for (unsigned i = 0; count < KEEPER_TIMERS && (refused = reference_refused(i)); i++)
        fill_refused(&out[count++], refused);
    return count;
}
