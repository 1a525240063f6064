#include "beside.h"
#include "keeper/publisher.h"

#include <stdio.h>
#include <string.h>

#include "rival_field.h"
#include "world.h"

#define SETTLED_NS  5e9L /* from then on drift counts */
#define SPREAD_EACH 64u  /* reads */
#define RIVALS      8u

static bool wanted, settled;
static struct field *field;
static struct score ours;
static struct random luck; /* of its own: the run is the same with rivals and without */
static long double began_ns;
static uint64_t began_s_ns, reads;

static uint64_t now_ns(void *self)
{
    (void)self;
    return (uint64_t)world.now_ns;
}

static uint64_t tsc(void *self, unsigned cpu)
{
    (void)self;
    return tsc_of(cpu);
}

static uint64_t count(void *self)
{
    (void)self;
    return low_bits(true_count());
}

static double hz(void *self, unsigned cpu)
{
    (void)self;
    return world.cpus[cpu].frozen ? 0 : (double)crystal_hz(world.cpus[cpu].crystal);
}

static uint64_t awake_ns(void *self, unsigned cpu)
{
    (void)self;
    return asleep(cpu) ? (uint64_t)world.cpus[cpu].asleep_until : 0;
}

static uint64_t within(uint64_t least, uint64_t most)
{
    return least + random_next(&luck) % (most - least);
}

/* As on hardware; and as late as this machine's timers are, and as long as its host stalls. */
static uint64_t delay_ns(void *self, enum rival_delay what, unsigned cpu)
{
    uint64_t late = random_next(&luck) % 50 ? 0 : within(0, (uint64_t)world.m.late_ns + 1);
    uint64_t stall = random_next(&luck) % 500 ? 0 : within(0, (uint64_t)world.m.stall_ns + 1);

    (void)self;
    (void)cpu;
    switch (what) {
    case RIVAL_DELAY_TIMER: return within(1000, 20000) + late;
    case RIVAL_DELAY_IPI: return within(1000, 5000) + stall;
    case RIVAL_DELAY_READ: return within(20, 150) + stall;
    case RIVAL_DELAY_RELEASE: return within(50, 300) + stall;
    default: return within(1000, 20000) + stall;
    }
}

void beside_wanted(bool are)
{
    wanted = are;
}

void beside_begin(void)
{
    const struct field_world clocks = {.now = {.now_ns = now_ns,
                                               .tsc = tsc,
                                               .count = count,
                                               .delay_ns = delay_ns,
                                               .ref_num = world.m.ref.num,
                                               .ref_den = world.m.ref.den,
                                               .ref_bits = world.m.ref.bits},
                                       .hz = hz,
                                       .awake_ns = awake_ns};

    field_free(field);
    field = NULL;
    if (!wanted)
        return;
    memset(&ours, 0, sizeof ours);
    luck.state = world.m.seed ^ 0x626573696465ull;
    began_ns = world.now_ns;
    began_s_ns = line_read(&published_for(0)->line, tsc_of(0));
    settled = false;
    field = field_new(&clocks, world.m.cpus);
}

void beside_until(long double ns)
{
    long double was_ns = world.now_ns;

    while (field && field_next_ns(field) <= (uint64_t)ns) {
        world.now_ns = larger(was_ns, (long double)field_next_ns(field));
        field_catch_up(field);
    }
    world.now_ns = was_ns;
}

static void spread(void)
{
    uint64_t ns[WORLD_CPUS];

    for (unsigned i = 0; i < world.m.cpus; i++)
        ns[i] = line_read(&published_for(i)->line, tsc_of(i)) - began_s_ns;
    score_spread(&ours, ns, world.m.cpus);
    field_spread(field);
}

void beside_read(unsigned cpu, uint64_t ns, long double at_ns)
{
    if (!field || at_ns != world.now_ns)
        return;
    if (!settled && at_ns - began_ns > SETTLED_NS) {
        settled = true;
        score_settled(&ours);
        field_settled(field);
    }
    score_read(&ours, cpu, ns - began_s_ns, (int64_t)(at_ns - began_ns));
    field_read(field, cpu, (int64_t)(at_ns - began_ns));
    if (reads++ % SPREAD_EACH == 0)
        spread();
}

bool beside_end(struct score *our_own, struct score *totals)
{
    if (!field)
        return false;
    score_end(&ours);
    *our_own = ours;
    field_end(field, totals);
    field_free(field);
    field = NULL;
    return true;
}

void beside_print(const char *world_name)
{
    static struct score our_own, totals[RIVALS];

    memset(totals, 0, sizeof totals);
    if (!beside_end(&our_own, totals))
        return;
    printf("\n%s\n", world_name);
    field_print_head(stdout);
    field_print_row(stdout, "meridian", &our_own);
    for (unsigned i = 0; rival_kinds[i]; i++)
        field_print_row(stdout, rival_kinds[i]->name, &totals[i]);
}
