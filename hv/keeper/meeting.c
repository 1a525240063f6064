#include "keeper/meeting.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"

#define ENOUGH_PINGS        4u        /* if the tightest is good */
#define MEETING_NS          10000000u /* no ping begins after that long */
#define POLLS               32u       /* of the other's box, in each spin of a waiting loop */
#define POLLS_ONE_AT_A_TIME 1u        /* then no other CPU can write before this one pauses */
#define GOOD_NS             10000     /* a ping as narrow as this is not tried for again */
#define AT_ONCE_POLLS       4096u     /* without a pause: many times what a CPU that runs takes to answer */
#define AT_ONCE_PINGS       4u
#define SOON_NS             20000u /* at run time a CPU waits so long for its partner, no longer */
#define SOON_PINGS          8u
#define SOON_LEAST          4u /* spins, where one PAUSE lets other CPUs run for long (emulators) */
#define TRIAL_SPINS         64u

/*
 * Each CPU's own two cache lines, written by nobody else. A CPU that is held up in the middle of an answer,
 * and finishes it when its leader has long gone on to another partner, must not be taken for that partner.
 */
struct box {
    _Alignas(64) uint64_t ping; /* as leader: the ping's number, or end_of(meeting) */
    _Alignas(64) uint64_t pong; /* as the other: the same number, once `answered` is there */
    uint64_t answered;
};

static struct box *boxes;
static unsigned polls = POLLS;
static unsigned soon_spins; /* what takes SOON_NS; written once */

void meeting_init(unsigned cpus)
{
    boxes = memory_take_bytes(cpus * sizeof *boxes, "the CPUs' meetings");
}

void meeting_one_at_a_time(void)
{
    polls = POLLS_ONE_AT_A_TIME;
}

/* A ping's number has its meeting's in the upper places, so that no old ping is taken for a new one. */
static uint64_t ping_number(uint64_t meeting, unsigned ping)
{
    return meeting << 8 | ping;
}

static uint64_t end_of(uint64_t meeting)
{
    return ping_number(meeting, 0xff);
}

static void send_ping(uint64_t number)
{
    __atomic_store_n(&boxes[cpu_id()].ping, number, __ATOMIC_RELEASE);
}

static bool poll_for(const uint64_t *word, uint64_t value, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
            return true;
    }
    return false;
}

/*
 * Counts spins, and does not ask the TSC: QEMU lets a TSC that two CPUs read at once jump ahead by tens of
 * ns, for good. Polls first, then pauses: on bare metal a PAUSE is long beside an answer. To QEMU it is a
 * lock that all CPUs share, or, with -icount, the only moment at which another CPU may run.
 */
static bool await(const uint64_t *word, uint64_t value, unsigned spins)
{
    for (unsigned spin = 0; spin < spins; spin++) {
        if (poll_for(word, value, polls))
            return true;
        cpu_relax();
    }
    return false;
}

/* Returns the number of this meeting's next ping after `last`, or of its end if no ping comes. */
static uint64_t await_ping(const uint64_t *ping, uint64_t meeting, uint64_t last, unsigned spins)
{
    uint64_t seen;

    for (unsigned spin = 0; spin < spins; spin++) {
        for (unsigned i = 0; i < polls; i++) {
            seen = __atomic_load_n(ping, __ATOMIC_ACQUIRE);
            if (seen >> 8 == meeting && seen != last)
                return seen;
        }
        cpu_relax();
    }
    return end_of(meeting);
}

/*
 * Reads the TSC before the store that sends it, and after the load that brought the answer (rdtsc_ordered).
 */
static bool lead_ping(unsigned other, uint64_t number, struct ping *out, unsigned spins)
{
    out->sent = rdtsc_ordered();
    send_ping(number);
    if (!await(&boxes[other].pong, number, spins))
        return false;
    out->received = rdtsc_ordered();
    out->answered = boxes[other].answered;
    return true;
}

bool meeting_wide(const struct ping *ping)
{
    return !ping->received || ping->received - ping->sent > scale_ticks(keeper.nominal, GOOD_NS);
}

void meeting_lead(unsigned other, uint64_t meeting, struct offset *offset, struct ping *narrowest)
{
    uint64_t last_begin = rdtsc_ordered() + scale_ticks(keeper.nominal, MEETING_NS);
    struct ping ping;

    for (unsigned i = 1;
         i <= MEETING_PINGS && lead_ping(other, ping_number(meeting, i), &ping, MEETING_SPINS); i++) {
        *offset = offset_narrow(*offset, &ping);
        if (!narrowest->received || ping.received - ping.sent < narrowest->received - narrowest->sent)
            *narrowest = ping;
        if (ping.received > last_begin || (i >= ENOUGH_PINGS && !meeting_wide(narrowest)))
            break;
    }
    send_ping(end_of(meeting));
}

bool meeting_at_once(unsigned other, uint64_t meeting)
{
    struct ping ping;
    bool at_once = false;

    for (unsigned i = 1; i <= AT_ONCE_PINGS && !at_once &&
                         lead_ping(other, ping_number(meeting, 2 * i), &ping, MEETING_SPINS);
         i++) {
        send_ping(ping_number(meeting, 2 * i + 1));
        at_once = poll_for(&boxes[other].pong, ping_number(meeting, 2 * i + 1), AT_ONCE_POLLS);
        await(&boxes[other].pong, ping_number(meeting, 2 * i + 1), MEETING_SPINS);
    }
    send_ping(end_of(meeting));
    return at_once;
}

static void follow(unsigned leader, uint64_t meeting, unsigned spins)
{
    struct box *own = &boxes[cpu_id()];
    uint64_t ping = 0;

    while ((ping = await_ping(&boxes[leader].ping, meeting, ping, spins)) != end_of(meeting)) {
        own->answered = rdtsc_ordered();
        __atomic_store_n(&own->pong, ping, __ATOMIC_RELEASE);
    }
}

void meeting_follow(unsigned leader, uint64_t meeting)
{
    follow(leader, meeting, MEETING_SPINS);
}

void meeting_measure_spin(void)
{
    static uint64_t nobody;
    uint64_t begin = rdtsc_ordered(), ticks;

    await(&nobody, 1, TRIAL_SPINS);
    ticks = (rdtsc_ordered() - begin) / TRIAL_SPINS + 1;
    ticks = scale_ticks(keeper.nominal, SOON_NS) / ticks;
    soon_spins = ticks < SOON_LEAST ? SOON_LEAST : ticks > MEETING_SPINS ? MEETING_SPINS : (unsigned)ticks;
}

void meeting_lead_soon(unsigned other, uint64_t meeting, struct offset *offset)
{
    struct ping ping;

    for (unsigned i = 1; i <= SOON_PINGS && lead_ping(other, ping_number(meeting, i), &ping, soon_spins);
         i++) {
        *offset = offset_narrow(*offset, &ping);
        if (i >= ENOUGH_PINGS && !meeting_wide(&ping))
            break;
    }
    send_ping(end_of(meeting));
}

void meeting_follow_soon(unsigned leader, uint64_t meeting)
{
    follow(leader, meeting, soon_spins);
}
