#include "negative.h"

#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "kept.h"
#include "oracle.h"

#define READING_NS 200   /* a tight reading, and a count */
#define SPREAD     0.3L  /* stalls in exits: most readings are no wider than by that */
#define LATE_S     0.05L /* timers come late, and a look takes its time */

/* When the host stops the machine next. */
static long double stop_ns;

struct scene negative_scene(const struct row *row, unsigned reading, uint64_t seed, long double length_ns)
{
    return (struct scene){.name = row->name,
                          .seed = seed,
                          .row = row,
                          .cpus = 2,
                          .wander = 10,
                          .learns = true,
                          .hz = 3e9L,
                          .late_ns = 20000,
                          .stall_ns = 3000,
                          .read_gap_ns = 1e7L,
                          .read_ns = negative_read_ns[reading],
                          .length_ns = length_ns};
}

/*
 * A step of the rate is told at the first look at which it has come to more than a reading's width. One that
 * comes to much more within a period is told within one; else it takes what it takes, and until the next
 * look.
 */
long double negative_slowest_s(const struct row *row, unsigned reading)
{
    long double width_s = (READING_NS + negative_read_ns[reading] * (1 + SPREAD)) * 1e-9L;
    long double size = row->bending.size;
    long double period_s = PERIOD / SECOND, look_s = period_s + LATE_S;

    if (row->must.slowest_s >= 0)
        return row->must.slowest_s;
    return size * period_s > 2 * width_s ? look_s : width_s / size + look_s;
}

bool negative_run(const struct scene *scene, struct negative_tally *t)
{
    bool kept;

    ledger_begin(&t->all, &t->late);
    kept = run(scene);
    ledger_end();
    t->runs++;
    t->broken += !kept;
    return kept;
}

void negative_begins(void)
{
    const struct row *row = world.m.row;

    stop_ns = row && row->stops_ns > 0 ? world.now_ns + part(2 * row->stops_ns) : NEVER;
    if (row)
        oracle_begin(row->oracle_ppb_s ? row->oracle_ppb_s : row->wander_ppb_s, row->oracle_phase_ns);
}

/*
 * The host stops the virtual machine and lets it go on: its TSC is the host's and did not stop, its timers
 * are the emulator's and did.
 */
void negative_tick(void)
{
    long double ns;

    if (world.now_ns < stop_ns)
        return;
    ns = log_between(1e8L, world.m.row->lasts_ns);
    reference_shift(-ns);
    for (unsigned i = 0; i < world.m.cpus; i++)
        world.cpus[i].asleep_until = world.now_ns + ns;
    ledger_stands_still(ns);
    stop_ns = world.now_ns + ns + part(2 * world.m.row->stops_ns);
}

void negative_read(const struct sim_read *r)
{
    ledger_read(r, oracle_bound_ns(r));
}

void negative_look(unsigned cpu)
{
    struct sim_read moment;

    if (world.cpus[cpu].reading.taken)
        kept.cpus[cpu].width_ns = world.cpus[cpu].reading.width_ns;
    ledger_looked(cpu, guest_record(cpu)->err_ppb);
    if (guest_peek(cpu, &moment))
        ledger_moment(&moment);
}

void negative_reading(unsigned cpu)
{
    struct sim_read moment;

    if (world.m.row && world.between && guest_peek(cpu, &moment))
        ledger_glance(&moment);
}
