/*
 * Which mechanism makes which figure of Xen 4.17 here. Read off its source and off its records (a guest
 * that printed all four VCPUs' tsc_timestamp, 40 s of QEMU 7.2):
 *
 * - At a rendezvous CPU 0 reads the HPET and then its TSC, releases the others, and runs on until it waits
 *   for them, with PAUSE: 99 instructions after its TSC (792 ns between its stamp and CPU 1's, every time).
 *   Only then has CPU 1 its turn: it sees the release, takes its TSC, leaves the interrupt, works out its
 *   line, returns to its guest, and the guest runs to its own next PAUSE: 442 instructions of Xen and what
 *   is left of the guest's loop. Then CPU 2, then CPU 3. (Two guests agree on the 442: one polling without a
 *   rest, 4896 ns a CPU and at the least 3536; one resting in loops of 205 instructions, 5200 ns a CPU.)
 * - So CPU k's TSC is later than the HPET's reading by d(k), the same every second. Xen takes it for d(k)
 *   of being ahead, slows CPU k down until it is behind by d(k), and there it stays. Spread: d(3) - d(0).
 * - The first rendezvous that counts compares with the stamp of the CPU's start, where nothing came in
 *   between: being late by d(k) looks like a slow second and like being ahead, both are corrected, and a
 *   second later CPU k is behind by 2 d(k). That is the worst step back; the second after, it is set
 *   forward to d(k).
 * - The timer that calls the rendezvous cuts short the turn of whichever CPU runs then, somewhere in its
 *   loop: on that CPU less than a whole loop is left. (Seen as expected: on 17 of 40 occasions one of the
 *   two CPUs that matter had less, never both.) This change of d(k) from second to second is all there is
 *   of rate error, but for the HPET's 10 ns on CPU 0 and 1.
 * - Reads: guests take turns, so VCPU 2 and 3, which are behind by more than a round of turns, are behind
 *   what VCPU 0 and 1 have shown on nearly every read. That is a half, and two in five of ten seconds: in
 *   the first of them nobody is behind yet.
 */
#include "rival_lane.h"

#include <string.h>

#define INSTRUCTION_NS 8
#define MASTER_ON      99  /* CPU 0, from its TSC to its PAUSE */
#define OTHER_ON       442 /* another CPU, from its TSC to its guest */
#define READ_ON        40  /* CPU 0, from the HPET to its TSC: the same on all, so no figure depends on it */
#define HANDLER        200 /* from an interrupt to the spinning: nor on this */
#define SPREAD_NS      10000000u
#define ROUNDS_SKIPPED 30
#define MEETING_NS     200000u /* while CPUs meet, no guest reads */

static struct lane *lane_of(void *self)
{
    return self;
}

static uint64_t now(void *self)
{
    return lane_of(self)->now_ns;
}

static uint64_t tsc(void *self, unsigned cpu)
{
    (void)cpu;
    return lane_of(self)->now_ns; /* 1 GHz, since reset */
}

static uint64_t hpet(void *self)
{
    return lane_of(self)->now_ns / 10;
}

/* splitmix64 */
static unsigned below(struct lane *l, unsigned n)
{
    uint64_t z = l->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (unsigned)((z ^ (z >> 31)) % n);
}

/* Asked for CPU 1, 2, 3 in turn: each waits for those before it. */
static unsigned released(struct lane *l, unsigned cpu)
{
    if (cpu <= 1) {
        l->cut = below(l, LANE_CPUS);
        l->part = below(l, l->loop);
        l->sum = MASTER_ON;
    } else {
        l->sum += OTHER_ON + (cpu - 1 == l->cut ? l->part : l->loop);
    }
    return l->sum;
}

static uint64_t delay(void *self, enum rival_delay what, unsigned cpu)
{
    struct lane *l = lane_of(self);
    unsigned instructions = 0;

    switch (what) {
    case RIVAL_DELAY_TIMER: instructions = HANDLER + below(l, l->loop); break;
    case RIVAL_DELAY_IPI: instructions = HANDLER * (cpu + 1); break;
    case RIVAL_DELAY_READ: instructions = READ_ON; break;
    case RIVAL_DELAY_RELEASE: instructions = released(l, cpu); break;
    case RIVAL_DELAY_SOFTIRQ: instructions = HANDLER; break;
    }
    return (uint64_t)instructions * INSTRUCTION_NS;
}

/* Some seconds after reset, as a boot comes to it. */
void lane_init(struct lane *l, unsigned loop, uint64_t seed)
{
    memset(l, 0, sizeof(*l));
    l->world = (struct rival_world){.self = l,
                                    .now_ns = now,
                                    .tsc = tsc,
                                    .count = hpet,
                                    .delay_ns = delay,
                                    .ref_num = 10,
                                    .ref_den = 1,
                                    .ref_bits = 64};
    l->now_ns = l->start_ns = l->next_spread_ns = 3 * 1000000000ull;
    l->loop = loop;
    l->random = seed;
}

static void spread(struct lane *l, const struct rival *r, struct score *score)
{
    uint64_t ns[LANE_CPUS];
    unsigned count = 0;

    for (unsigned cpu = 0; cpu < LANE_CPUS; cpu++)
        if (rival_reads(r, cpu))
            ns[count++] = rival_read(r, cpu);
    score_spread(score, ns, count);
    l->next_spread_ns = l->now_ns + SPREAD_NS;
}

/* Of so many rounds one is read: the others would show the same. */
static void skip_rounds(struct lane *l, uint64_t event_ns)
{
    uint64_t ns = (uint64_t)l->loop * INSTRUCTION_NS * LANE_CPUS * ROUNDS_SKIPPED;

    if (event_ns > l->now_ns + 2 * ns)
        l->now_ns += ns;
}

static void one_turn(struct lane *l, const struct rival *r, struct score *score)
{
    l->now_ns += l->loop * INSTRUCTION_NS;
    if (rival_reads(r, l->turn))
        score_read(score, l->turn, rival_read(r, l->turn), (int64_t)(l->now_ns - l->start_ns));
    if (l->now_ns >= l->next_spread_ns)
        spread(l, r, score);
    l->turn = (l->turn + 1) % LANE_CPUS;
}

/* An event, and all that follow from it at once. */
static void meeting(struct lane *l, struct rival *r, uint64_t until_ns)
{
    unsigned cpu;
    uint64_t at_ns;

    while ((at_ns = rival_next_ns(r, &cpu)) <= until_ns && at_ns <= l->now_ns + MEETING_NS) {
        l->now_ns = at_ns > l->now_ns ? at_ns : l->now_ns;
        rival_event(r, cpu);
    }
}

void lane_run(struct lane *l, struct rival *r, uint64_t until_ns, struct score *score)
{
    unsigned cpu;

    while (l->now_ns < until_ns) {
        if (rival_next_ns(r, &cpu) <= l->now_ns + l->loop * INSTRUCTION_NS)
            meeting(l, r, until_ns);
        else if (l->turn == 0)
            skip_rounds(l, rival_next_ns(r, &cpu));
        one_turn(l, r, score);
    }
}
