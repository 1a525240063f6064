/*
 * Start-up's timed exchanges. The boot CPU orders the meetings; between them all other CPUs sleep in
 * HLT, so that they do not disturb those that meet (on an emulator, CPUs that spin steal each other's host).
 */
#include "keeper/start.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "keeper/clocks.h"
#include "keeper/disruption.h"
#include "keeper/meeting.h"
#include "time/fixed.h"

#define STAR_TRIES    8
#define AT_ONCE_TRIES 4u
/* Pairs that met too widely for T2's resolution meet again: so often, and so long in all. */
#define SHARPEN_PASSES 64u
#define SHARPEN_NS     500000000u

enum call { CALL_NONE, CALL_STAR, CALL_ROUND, CALL_IDLE, CALL_ALONE, CALL_FINISH };

struct order {
    uint32_t call, index, batch, batches;
};

/*
 * Written by the boot CPU: the number, odd; the order; the number, even. It does not wait for CPUs that an
 * order does not concern.
 */
static struct order order;
static uint64_t order_number;

static uint64_t *served; /* of each CPU: the last order that it is done with; written by that CPU */
static struct exchange_cost cost;
static void (*idle_hook)(void); /* what CALL_IDLE makes the others do */
static void (*alone)(void);     /* and CALL_ALONE the one that it is for */
static struct offset *pairs;    /* [leader * cpus + other], written by the leader */

static void forget_pairs(void)
{
    for (unsigned i = 0; i < keeper.cpus * keeper.cpus; i++)
        pairs[i] = OFFSET_UNKNOWN;
}

void exchange_forget(void)
{
    cost = (struct exchange_cost){0};
    forget_pairs();
    for (unsigned cpu = 0; cpu < keeper.cpus; cpu++)
        clock_of(cpu)->start = (struct cpu_start){0};
}

void exchange_init(unsigned cpus, void (*idle)(void))
{
    idle_hook = idle;
    order_number = 0;
    cost = (struct exchange_cost){0};
    meeting_init(cpus);
    served = memory_take_bytes(cpus * sizeof *served, "the orders served");
    pairs = memory_take_bytes((uint64_t)cpus * cpus * sizeof *pairs, "the table of offsets");
    forget_pairs();
}

static void meet(unsigned other, uint64_t number)
{
    struct ping narrowest = {0};

    if (cpu_id() < other)
        meeting_lead(other, number, &pairs[cpu_id() * keeper.cpus + other], &narrowest);
    else
        meeting_follow(other, number);
}

/*
 * The pairs of a round meet in batches: all at once on bare metal, one after another where CPUs may share a
 * host's.
 */
static bool in_batch(const struct order *o, unsigned a, unsigned b)
{
    return (a < b ? a : b) % o->batches == o->batch;
}

/*
 * Returns the CPU that `cpu` is to meet, or keeper.cpus if it meets none. A CPU that was left out meets none
 * any more: each of the others would wait for it in every round.
 */
static unsigned partner_of(const struct order *o, unsigned cpu)
{
    unsigned partner = keeper.cpus;

    if (o->call == CALL_STAR)
        return cpu == o->index ? 0 : cpu == 0 ? o->index : keeper.cpus;
    if (o->call == CALL_ROUND)
        partner = align_partner(keeper.cpus, o->index, cpu);
    if (partner < keeper.cpus && !(clock_of(cpu)->measured && clock_of(partner)->measured))
        return keeper.cpus;
    return partner < keeper.cpus && in_batch(o, cpu, partner) ? partner : keeper.cpus;
}

/*
 * Copies an order with its number. Returns false while the boot CPU is writing a new order. Every CPU that it
 * concerns gets an interrupt once it is complete.
 */
static bool read_order(struct order *copy, uint64_t *number)
{
    *number = __atomic_load_n(&order_number, __ATOMIC_ACQUIRE);
    __builtin_memcpy(copy, &order, sizeof *copy);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return *number == __atomic_load_n(&order_number, __ATOMIC_RELAXED) && *number % 2 == 0;
}

void exchange_serve(void)
{
    uint64_t seen = 0, number;
    struct order now;
    unsigned partner;

    for (;;) {
        if (!read_order(&now, &number) || number == seen) {
            cpu_idle();
            continue;
        }
        seen = number;
        if (now.call == CALL_FINISH)
            return;
        if (now.call == CALL_IDLE)
            idle_hook();
        if (now.call == CALL_ALONE && now.index == cpu_id())
            alone();
        partner = partner_of(&now, cpu_id());
        if (partner < keeper.cpus)
            meet(partner, number);
        if (now.call == CALL_STAR)
            adjust_read(clock_of(cpu_id()));
        __atomic_store_n(&served[cpu_id()], number, __ATOMIC_RELEASE);
    }
}

static uint64_t give_order(struct order words)
{
    uint64_t number = order_number + 2;

    __atomic_store_n(&order_number, number - 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __builtin_memcpy(&order, &words, sizeof order);
    __atomic_store_n(&order_number, number, __ATOMIC_RELEASE);
    return number;
}

/* Waits until `cpu` is done with an order, no longer than a whole meeting takes to give up. */
static void await_served(unsigned cpu, uint64_t number)
{
    for (unsigned spin = 0; spin < MEETING_SPINS * MEETING_PINGS; spin++) {
        if (__atomic_load_n(&served[cpu], __ATOMIC_ACQUIRE) == number)
            return;
        cpu_relax();
    }
}

/*
 * The boot CPU meets one other CPU of the star. The narrowest ping pairs the other's TSC, at one instant,
 * with the range of R over the boot CPU's [sent, received]. That is a bracket on the other's TSC, as good as
 * its own reading of the reference.
 */
static void meet_star(unsigned cpu, struct offset *offset, struct ping *narrowest)
{
    const struct order o = {.call = CALL_STAR, .index = cpu, .batches = 1};

    for (int tries = 0; tries < STAR_TRIES && meeting_wide(narrowest); tries++) {
        uint64_t number = give_order(o);

        smp_wake(cpu);
        meeting_lead(cpu, number, offset, narrowest);
        await_served(cpu, number);
    }
}

static void note_star(struct cpu_clock *clock, uint64_t ticks)
{
    clock->start.star_ticks += ticks;
    cost.star += ticks;
    if (clock->start.star_ticks > cost.star_worst)
        cost.star_worst = clock->start.star_ticks;
}

/* The offset shown is of this star alone: TSCs at different rates have another offset at the next star. */
void exchange_star(const struct outlook *boot)
{
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        struct cpu_clock *clock = clock_of(cpu);
        struct offset offset = OFFSET_UNKNOWN;
        struct ping ping = {0};
        uint64_t begin = rdtsc_ordered();

        meet_star(cpu, &offset, &ping);
        note_star(clock, rdtsc_ordered() - begin);
        clock->start.late = (struct bracket){0};
        if (!ping.received)
            continue;
        struct range from = outlook_at(boot, ping.sent), to = outlook_at(boot, ping.received);
        clock->start.late = (struct bracket){ping.answered, ping.answered, from.lo, to.hi};
        clock->start.offset = offset;
        pairs[cpu] = offset_join(pairs[cpu], offset);
    }
}

/* All pairs of a round at once. */
static void run_round(const struct order *o)
{
    unsigned mine = partner_of(o, 0);
    uint64_t number = give_order(*o);

    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        if (partner_of(o, cpu) < keeper.cpus)
            smp_wake(cpu);
    }
    if (mine < keeper.cpus)
        meet(mine, number);
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        if (partner_of(o, cpu) < keeper.cpus)
            await_served(cpu, number);
    }
}

/*
 * Runs the pair that `o->batch` leads; returns false if there is none. Looks at no other pair: there are
 * many.
 */
static bool run_pair(const struct order *o)
{
    unsigned leader = o->batch, other = partner_of(o, leader);
    uint64_t number;

    if (other >= keeper.cpus || other < leader)
        return false;
    number = give_order(*o);
    smp_wake(other);
    if (leader == 0) {
        meet(other, number);
    } else {
        smp_wake(leader);
        await_served(leader, number);
    }
    await_served(other, number);
    return true;
}

static void run(const struct order *o)
{
    uint64_t begin = rdtsc_ordered(), ticks;

    if (o->batches == 1)
        run_round(o);
    else if (!run_pair(o))
        return;
    ticks = rdtsc_ordered() - begin;
    cost.meetings++;
    cost.pair_worst = ticks > cost.pair_worst ? ticks : cost.pair_worst;
}

/* Returns true if a pair is in step for all that it showed, and it could have shown more. */
static bool is_blunt(unsigned a, unsigned b)
{
    struct offset offset = pairs[a * keeper.cpus + b];

    return offset_judge(offset) == ALIGNMENT_IN_STEP &&
           offset_extent(offset) > align_resolution_ticks(keeper.nominal);
}

/* Returns false if no pair was blunt, or the time for it is over. One pair at a time: there are few. */
static bool sharpen_once(unsigned rounds, uint64_t end)
{
    struct order o = {.call = CALL_ROUND, .batches = keeper.cpus};
    bool met = false;

    for (o.index = 0; o.index < rounds; o.index++) {
        for (o.batch = 0; o.batch < o.batches; o.batch++) {
            unsigned other = partner_of(&o, o.batch);

            if (other >= keeper.cpus || other < o.batch || !is_blunt(o.batch, other))
                continue;
            if (rdtsc_ordered() > end)
                return false;
            run(&o);
            met = true;
        }
    }
    return met;
}

static void sharpen(unsigned rounds)
{
    uint64_t end = rdtsc_ordered() + scale_ticks(keeper.nominal, SHARPEN_NS);

    for (unsigned pass = 0; pass < SHARPEN_PASSES && sharpen_once(rounds, end); pass++)
        ;
}

/* A CPU that is left out runs no VCPU: how its TSC stands does not matter. */
static enum alignment judge_pairs(int64_t *extent_ticks)
{
    enum alignment all = ALIGNMENT_IN_STEP, pair;

    *extent_ticks = 0;
    for (unsigned a = 0; a < keeper.cpus; a++) {
        for (unsigned b = a + 1; b < keeper.cpus; b++) {
            if (!clock_of(a)->measured || !clock_of(b)->measured)
                continue;
            pair = offset_judge(pairs[a * keeper.cpus + b]);
            all = alignment_join(all, pair);
            if (pair == ALIGNMENT_IN_STEP)
                *extent_ticks = max_i64(*extent_ticks, offset_extent(pairs[a * keeper.cpus + b]));
        }
    }
    return all;
}

enum alignment exchange_pairs(unsigned passes, int64_t *extent_ticks)
{
    unsigned rounds = align_rounds(keeper.cpus);
    struct order o = {.call = CALL_ROUND, .batches = cpu_has_hypervisor() ? keeper.cpus : 1};
    uint64_t begin = rdtsc_ordered();

    for (unsigned round = 0; round < passes * rounds; round++) {
        o.index = round % rounds;
        for (o.batch = 0; o.batch < o.batches; o.batch++)
            run(&o);
    }
    sharpen(rounds);
    cost.pairs = rdtsc_ordered() - begin;
    return judge_pairs(extent_ticks);
}

int64_t exchange_resolution_most_ticks(void)
{
    return cpu_has_hypervisor() ? INT64_MAX : align_resolution_ticks(keeper.nominal);
}

const struct exchange_cost *exchange_cost(void)
{
    return &cost;
}

/* Tries the first few: if one of them runs beside this CPU, all do. */
bool exchange_at_once(void)
{
    bool at_once = false;

    for (unsigned cpu = 1; cpu < keeper.cpus && cpu <= AT_ONCE_TRIES && !at_once; cpu++) {
        const struct order o = {.call = CALL_STAR, .index = cpu, .batches = 1};
        uint64_t number = give_order(o);

        smp_wake(cpu);
        at_once = meeting_at_once(cpu, number);
        await_served(cpu, number);
    }
    return at_once;
}

static void order_all(enum call call)
{
    give_order((struct order){.call = call, .batches = 1});
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++)
        smp_wake(cpu);
}

void exchange_idle(void)
{
    order_all(CALL_IDLE);
}

void exchange_alone(unsigned cpu, void (*what)(void))
{
    uint64_t number;

    alone = what;
    number = give_order((struct order){.call = CALL_ALONE, .index = cpu, .batches = 1});
    smp_wake(cpu);
    await_served(cpu, number);
}

void exchange_finish(void)
{
    order_all(CALL_FINISH);
}
