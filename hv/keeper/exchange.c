/*
 * Start-up's timed exchanges. The boot CPU calls meetings; all others sleep in HLT between them, so that
 * two CPUs that meet are not disturbed by the rest (on an emulator, spinning CPUs steal each other's host).
 */
#include "keeper/state.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "time/fixed.h"

#define TURNS            16u       /* exchanges in a meeting at most: the tightest counts */
#define ENOUGH_TURNS     4u        /* if the tightest is good */
#define MEETING_NS       10000000u /* and no turn begins after that long */
#define PATIENCE_TURNS   100000u   /* of a waiting loop, some 10 ms: then a meeting is given up */
#define LOOKS            32u       /* at the line, in each of these turns */
#define GOOD_NS          10000     /* a turn as narrow as this is not tried for again */
#define STAR_TRIES       8
#define CPUID_HYPERVISOR (1u << 31)

/* Where two CPUs meet, on a line of its own; the one with the lower id leads. */
struct meeting {
    _Alignas(64) volatile uint64_t ping; /* number of the turn, or end_of(order); written by the leader */
    _Alignas(64) volatile uint64_t pong; /* the same number, once `met` is there; written by the other */
    volatile uint64_t met;
};

enum call { CALL_NONE, CALL_STAR, CALL_ROUND, CALL_FINISH };

struct order {
    uint32_t call, who, batch, batches;
};

/*
 * Written by the boot CPU: the words, then their number. It does not wait for CPUs that an order does not
 * concern.
 */
static volatile struct order order;
static volatile uint64_t order_number;

static volatile uint32_t arrived; /* CPUs that have done with the order */
static struct meeting *meetings;  /* one for each leader */
static struct offset *pairs;      /* [leader * cpus + other], written by the leader */
static struct exchange *best;     /* the star's narrowest turn with each CPU */

static void *take(uint64_t bytes, const char *what)
{
    return memory_take((bytes + FRAME_SIZE - 1) / FRAME_SIZE, what);
}

bool exchange_init(unsigned cpus)
{
    meetings = take(cpus * sizeof *meetings, "the CPUs' meetings");
    pairs = take((uint64_t)cpus * cpus * sizeof *pairs, "the table of offsets");
    best = take(cpus * sizeof *best, "the star's exchanges");
    for (unsigned i = 0; i < cpus * cpus; i++)
        pairs[i] = OFFSET_UNKNOWN;
    return true;
}

/*
 * By turns, not by the TSC: QEMU lets a TSC that two CPUs read at once jump ahead by tens of ns, for good.
 * Looks first, then PAUSE: on bare metal a PAUSE is long beside an answer; to QEMU it is a lock shared by all
 * CPUs, or, with -icount, the only moment at which another CPU may run.
 */
static bool await(const volatile uint64_t *word, uint64_t value)
{
    for (unsigned turn = 0; turn < PATIENCE_TURNS; turn++) {
        for (unsigned look = 0; look < LOOKS; look++) {
            if (*word == value)
                return true;
        }
        cpu_relax();
    }
    return false;
}

/* Until the leader has begun a turn of this order other than `last`. */
static bool await_turn(const struct meeting *m, uint64_t number, uint64_t last)
{
    uint64_t seen;

    for (unsigned turn = 0; turn < PATIENCE_TURNS; turn++) {
        for (unsigned look = 0; look < LOOKS; look++) {
            seen = m->ping;
            if (seen >> 8 == number && seen != last)
                return true;
        }
        cpu_relax();
    }
    return false;
}

/*
 * The TSC is read before the store that sends it, and after the load that brought the answer (rdtsc_ordered).
 */
static bool lead_turn(struct meeting *m, uint64_t turn, struct exchange *out)
{
    out->sent = rdtsc_ordered();
    m->ping = turn;
    if (!await(&m->pong, turn))
        return false;
    out->returned = rdtsc_ordered();
    out->met = m->met;
    return true;
}

/*
 * Turns of an order's meeting are numbered in the upper places by the order, so that no old line is taken for
 * new.
 */
static uint64_t turn_of(uint64_t number, unsigned turn)
{
    return number << 8 | turn;
}

static uint64_t end_of(uint64_t number)
{
    return turn_of(number, 0xff);
}

static bool wide(const struct exchange *turn)
{
    return !turn->returned || turn->returned - turn->sent > scale_ticks(keeper.nominal, GOOD_NS);
}

static void lead(unsigned other, uint64_t number, struct exchange *narrowest)
{
    struct meeting *m = &meetings[cpu_id()];
    struct offset *offset = &pairs[cpu_id() * keeper.cpus + other];
    uint64_t late = rdtsc_ordered() + scale_ticks(keeper.nominal, MEETING_NS);
    struct exchange turn;

    for (unsigned i = 1; i <= TURNS && lead_turn(m, turn_of(number, i), &turn); i++) {
        *offset = offset_narrow(*offset, &turn);
        if (!narrowest->returned || turn.returned - turn.sent < narrowest->returned - narrowest->sent)
            *narrowest = turn;
        if (turn.returned > late || (i >= ENOUGH_TURNS && !wide(narrowest)))
            break;
    }
    m->ping = end_of(number);
}

static void follow(struct meeting *m, uint64_t number)
{
    uint64_t last = 0, turn;

    while (await_turn(m, number, last)) {
        turn = m->ping;
        if (turn == end_of(number))
            return;
        m->met = rdtsc_ordered();
        m->pong = turn;
        last = turn;
    }
}

static void meet(unsigned other, uint64_t number)
{
    struct exchange narrowest = {0};

    if (cpu_id() < other)
        lead(other, number, &narrowest);
    else
        follow(&meetings[other], number);
}

/*
 * A round's pairs meet in batches: all at once on bare metal, one after another where CPUs may share a
 * host's.
 */
static bool in_batch(const struct order *o, unsigned a, unsigned b)
{
    return (a < b ? a : b) % o->batches == o->batch;
}

/* Whom `cpu` is to meet; keeper.cpus: nobody. */
static unsigned partner_of(const struct order *o, unsigned cpu)
{
    unsigned partner = keeper.cpus;

    if (o->call == CALL_STAR)
        return cpu == o->who ? 0 : cpu == 0 ? o->who : keeper.cpus;
    if (o->call == CALL_ROUND)
        partner = align_partner(keeper.cpus, o->who, cpu);
    return partner < keeper.cpus && in_batch(o, cpu, partner) ? partner : keeper.cpus;
}

/*
 * The order and its number as they belong together: odd while the boot CPU writes the next one, a few stores
 * long.
 */
static uint64_t read_order(struct order *copy)
{
    uint64_t number;

    do {
        number = order_number;
        *copy = order;
    } while (number != order_number || number % 2);
    return number;
}

void exchange_serve(void)
{
    uint64_t seen = 0, number;
    struct order now;
    unsigned partner;

    for (;;) {
        number = read_order(&now);
        if (number == seen) {
            cpu_idle();
            continue;
        }
        seen = number;
        if (now.call == CALL_FINISH)
            return;
        partner = partner_of(&now, cpu_id());
        if (partner < keeper.cpus) {
            meet(partner, number);
            __atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
        }
    }
}

static uint64_t give_order(struct order words)
{
    arrived = 0;
    order_number = order_number + 1;
    order = words;
    order_number = order_number + 1;
    return order_number;
}

/* Bounded: a meeting gives up by itself, turn by turn. */
static void await_arrivals(unsigned expected)
{
    for (uint64_t turn = 0; turn < (uint64_t)PATIENCE_TURNS * TURNS; turn++) {
        if (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) >= expected)
            return;
        cpu_relax();
    }
}

/*
 * The boot CPU with each other CPU in turn. The narrowest turn pairs the other's TSC, at one instant, with
 * the range of R over the boot CPU's [sent, returned]: a bracket on the other's TSC, as good as its own
 * reading of the reference.
 */
static void meet_star(unsigned cpu, struct exchange *narrowest)
{
    *narrowest = (struct exchange){0};
    for (int tries = 0; tries < STAR_TRIES && wide(narrowest); tries++) {
        uint64_t number = give_order((struct order){.call = CALL_STAR, .who = cpu, .batches = 1});

        smp_wake(cpu);
        lead(cpu, number, narrowest);
        await_arrivals(1);
    }
}

void exchange_star(const struct outlook *boot)
{
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        struct cpu_clock *clock = clock_of(cpu);
        struct exchange turn;

        meet_star(cpu, &turn);
        clock->met = (struct bracket){0};
        if (!turn.returned)
            continue;
        struct range_ns from = outlook_at(boot, turn.sent), to = outlook_at(boot, turn.returned);
        clock->met = (struct bracket){turn.met, turn.met, from.lo, to.hi};
        clock->offset = pairs[cpu];
    }
}

static void run_batch(const struct order *o)
{
    unsigned expected = 0, mine = partner_of(o, 0);
    uint64_t number = give_order(*o);

    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++) {
        if (partner_of(o, cpu) < keeper.cpus) {
            expected++;
            smp_wake(cpu);
        }
    }
    if (mine < keeper.cpus)
        meet(mine, number);
    await_arrivals(expected);
}

static enum alignment judge_pairs(int64_t *extent_ticks)
{
    enum alignment all = ALIGNMENT_IN_STEP, pair;

    *extent_ticks = 0;
    for (unsigned a = 0; a < keeper.cpus; a++) {
        for (unsigned b = a + 1; b < keeper.cpus; b++) {
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
    struct order o = {.call = CALL_ROUND, .batches = cpuid(1, 0).ecx & CPUID_HYPERVISOR ? keeper.cpus : 1};

    for (unsigned round = 0; round < passes * rounds; round++) {
        o.who = round % rounds;
        for (o.batch = 0; o.batch < o.batches; o.batch++)
            run_batch(&o);
    }
    return judge_pairs(extent_ticks);
}

void exchange_finish(void)
{
    give_order((struct order){.call = CALL_FINISH, .batches = 1});
    for (unsigned cpu = 1; cpu < keeper.cpus; cpu++)
        smp_wake(cpu);
}
