#include "keeper/meeting.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "keeper/state.h"

#define ENOUGH_TURNS  4u        /* if the tightest is good */
#define MEETING_NS    10000000u /* no turn begins after that long */
#define LOOKS         32u       /* at the line, in each turn of a waiting loop */
#define LOOKS_BY_TURN 1u        /* the same where CPUs take turns: nobody can write before this one pauses */
#define GOOD_NS       10000     /* a turn as narrow as this is not tried for again */
#define STARE         4096u /* looks without a pause: many times what an answer takes from one that runs */
#define STARES        4u
#define SOON_NS \
    20000u /* DESIGN.md section 2: an exchange waits so long for its partner, else it is skipped */
#define SOON_TURNS  8u
#define SOON_LEAST  4u /* turns of a waiting loop, where one PAUSE lets other CPUs run for long (emulators) */
#define TRIAL_TURNS 64u

/*
 * Each CPU's own two lines, written by nobody else: one who was held up in the midst of an answer, and
 * finishes it when his leader has long met another, must not be taken for that other.
 */
struct place {
    _Alignas(64) volatile uint64_t ping; /* as leader: number of the turn, or end_of(meeting) */
    _Alignas(64) volatile uint64_t pong; /* as the other: the same number, once `met` is there */
    volatile uint64_t met;
};

static struct place *places;
static unsigned looks = LOOKS;
static unsigned soon; /* turns that take SOON_NS; written once */

void meeting_init(unsigned cpus)
{
    places = memory_take_bytes(cpus * sizeof *places, "the CPUs' meetings");
}

void meeting_by_turns(void)
{
    looks = LOOKS_BY_TURN;
}

/*
 * Turns of a meeting are numbered in the upper places by the meeting, so that no old line is taken for new.
 */
static uint64_t turn_of(uint64_t number, unsigned turn)
{
    return number << 8 | turn;
}

static uint64_t end_of(uint64_t number)
{
    return turn_of(number, 0xff);
}

static bool stare(const volatile uint64_t *word, uint64_t value, unsigned times)
{
    for (unsigned look = 0; look < times; look++) {
        if (*word == value)
            return true;
    }
    return false;
}

/*
 * By turns, not by the TSC: QEMU lets a TSC that two CPUs read at once jump ahead by tens of ns, for good.
 * Looks first, then PAUSE: on bare metal a PAUSE is long beside an answer; to QEMU it is a lock shared by all
 * CPUs, or, with -icount, the only moment at which another CPU may run.
 */
static bool await(const volatile uint64_t *word, uint64_t value, unsigned patience)
{
    for (unsigned turn = 0; turn < patience; turn++) {
        if (stare(word, value, looks))
            return true;
        cpu_relax();
    }
    return false;
}

/* The next turn of this meeting after `last`, once the leader has begun it; its end, if he has gone. */
static uint64_t await_turn(const volatile uint64_t *ping, uint64_t number, uint64_t last, unsigned patience)
{
    uint64_t seen;

    for (unsigned turn = 0; turn < patience; turn++) {
        for (unsigned look = 0; look < looks; look++) {
            seen = *ping;
            if (seen >> 8 == number && seen != last)
                return seen;
        }
        cpu_relax();
    }
    return end_of(number);
}

/*
 * The TSC is read before the store that sends it, and after the load that brought the answer (rdtsc_ordered).
 */
static bool lead_turn(unsigned other, uint64_t turn, struct exchange *out, unsigned patience)
{
    out->sent = rdtsc_ordered();
    places[cpu_id()].ping = turn;
    if (!await(&places[other].pong, turn, patience))
        return false;
    out->returned = rdtsc_ordered();
    out->met = places[other].met;
    return true;
}

bool meeting_wide(const struct exchange *turn)
{
    return !turn->returned || turn->returned - turn->sent > scale_ticks(keeper.nominal, GOOD_NS);
}

void meeting_lead(unsigned other, uint64_t number, struct offset *offset, struct exchange *narrowest)
{
    uint64_t late = rdtsc_ordered() + scale_ticks(keeper.nominal, MEETING_NS);
    struct exchange turn;

    for (unsigned i = 1; i <= MEETING_TURNS && lead_turn(other, turn_of(number, i), &turn, MEETING_PATIENCE);
         i++) {
        *offset = offset_narrow(*offset, &turn);
        if (!narrowest->returned || turn.returned - turn.sent < narrowest->returned - narrowest->sent)
            *narrowest = turn;
        if (turn.returned > late || (i >= ENOUGH_TURNS && !meeting_wide(narrowest)))
            break;
    }
    places[cpu_id()].ping = end_of(number);
}

bool meeting_at_once(unsigned other, uint64_t number)
{
    struct exchange turn;
    bool at_once = false;

    for (unsigned i = 1;
         i <= STARES && !at_once && lead_turn(other, turn_of(number, 2 * i), &turn, MEETING_PATIENCE); i++) {
        places[cpu_id()].ping = turn_of(number, 2 * i + 1);
        at_once = stare(&places[other].pong, turn_of(number, 2 * i + 1), STARE);
        await(&places[other].pong, turn_of(number, 2 * i + 1), MEETING_PATIENCE);
    }
    places[cpu_id()].ping = end_of(number);
    return at_once;
}

static void follow(unsigned leader, uint64_t number, unsigned patience)
{
    struct place *own = &places[cpu_id()];
    uint64_t turn = 0;

    while ((turn = await_turn(&places[leader].ping, number, turn, patience)) != end_of(number)) {
        own->met = rdtsc_ordered();
        own->pong = turn;
    }
}

void meeting_follow(unsigned leader, uint64_t number)
{
    follow(leader, number, MEETING_PATIENCE);
}

void meeting_measure_patience(void)
{
    static volatile uint64_t nobody;
    uint64_t begin = rdtsc_ordered(), ticks;

    await(&nobody, 1, TRIAL_TURNS);
    ticks = (rdtsc_ordered() - begin) / TRIAL_TURNS + 1;
    ticks = scale_ticks(keeper.nominal, SOON_NS) / ticks;
    soon = ticks < SOON_LEAST ? SOON_LEAST : ticks > MEETING_PATIENCE ? MEETING_PATIENCE : (unsigned)ticks;
}

void meeting_lead_soon(unsigned other, uint64_t number, struct offset *offset)
{
    struct exchange turn;

    for (unsigned i = 1; i <= SOON_TURNS && lead_turn(other, turn_of(number, i), &turn, soon); i++) {
        *offset = offset_narrow(*offset, &turn);
        if (i >= ENOUGH_TURNS && !meeting_wide(&turn))
            break;
    }
    places[cpu_id()].ping = end_of(number);
}

void meeting_follow_soon(unsigned leader, uint64_t number)
{
    follow(leader, number, soon);
}
