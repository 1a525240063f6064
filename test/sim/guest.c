#include "guest.h"
#include "keeper/publisher.h"

#include <string.h>

#include "beside.h"
#include "promises.h"

static uint64_t reader_tsc(void);
#define MERIDIAN_TSC() reader_tsc()
#include "meridian/clock.h"

#define PAGES (WORLD_CPUS / MERIDIAN_SLOTS_PER_PAGE + 1)

static struct meridian_record pages[PAGES][MERIDIAN_SLOTS_PER_PAGE];
static const struct meridian_record *page_list[PAGES];
static struct xen_time_record xen_records[WORLD_CPUS];
static struct time_vcpu vcpus[WORLD_CPUS];
static struct time_domain domain;
static uint32_t wall[4];

/* Of the read at hand. */
static struct sim_read now;
static bool reading;

static enum { IN, LEAVING, WAITING } place[WORLD_CPUS]; /* of a VCPU that moves: not yet let in again */

static struct utc wall_set; /* UTC when system time was 0, as it was set last; or as it was read first */
static bool wall_known;
static bool setting; /* the wall clock, just now: either is right */
/* Which record the reader tries first: one note of all VCPUs, so it is often out of date. */
static uint64_t noted_own;

void guest_begin(void)
{
    memset(pages, 0, sizeof pages);
    memset(xen_records, 0, sizeof xen_records);
    memset(vcpus, 0, sizeof vcpus);
    memset(place, 0, sizeof place);
    reading = setting = false;
    noted_own = 0;
    for (unsigned i = 0; i < PAGES; i++)
        page_list[i] = pages[i];
    for (unsigned i = 0; i < world.m.cpus; i++) {
        unsigned slot = i + 1;

        vcpus[i].cpu = i;
        vcpus[i].xen = (volatile struct vcpu_time_info *)&xen_records[i];
        vcpus[i].slot = &pages[slot / MERIDIAN_SLOTS_PER_PAGE][slot % MERIDIAN_SLOTS_PER_PAGE];
    }
    domain = (struct time_domain){.vcpu_count = world.m.cpus,
                                  .vcpus = vcpus,
                                  .common = &pages[0][0],
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    keeper_add_domain(&domain);
    wall_known = false;
}

/* In the midst of a read an interrupt comes, and others publish, move, and read. */
static void interrupt(void)
{
    if (world.depth > 0 || reading || below(128) != 0)
        return;
    struct sim_read kept = now;

    fault_met(FAULT_READER_INTERRUPTED);
    reading = true;
    run_until(world.now_ns + log_between(1e3L, 5e8L));
    reading = false;
    now = kept;
}

/* The TSC is that of the CPU on which the VCPU is when it is read. */
static uint64_t reader_tsc(void)
{
    uint64_t tsc;

    interrupt();
    now.cpu = vcpus[now.vcpu].cpu;
    now.ref = true_ref();
    now.at_ns = world.now_ns;
    tsc = now.tsc = tsc_of(now.cpu);
    interrupt();
    return tsc;
}

static uint64_t where(void)
{
    return now.vcpu;
}

static const struct meridian_clock clock_here = {.common = &pages[0][0], .pages = page_list, .where = where};

static void age(struct meridian_sample *s)
{
    int64_t ticks = (int64_t)(s->tsc - s->tsc_timestamp);

    s->age_ns = meridian_scale(ticks > 0 ? (uint64_t)ticks : 0, s->tsc_to_system_mul, s->tsc_shift);
}

/* UTC less system time is what was set last, to every reader who begins after that. */
static void check_wall(const struct meridian_sample *s)
{
    struct utc base;

    PROMISE(wallclock_base((struct utc){s->wall_sec, s->wall_nsec}, s->system_time, &base),
            "wall: no time\n");
    if (!wall_known && !setting)
        wall_set = base;
    wall_known = wall_known || !setting;
    PROMISE(setting || (base.s == wall_set.s && base.ns == wall_set.ns),
            "wall: %lld.%09u, set was %lld.%09u\n", (long long)base.s, base.ns, (long long)wall_set.s,
            wall_set.ns);
}

/* "Try again after the next interrupt" (keeper.h). */
static void try_again(unsigned vcpu)
{
    unsigned cpu = vcpus[vcpu].cpu;

    if (place[vcpu] == WAITING && line_read(&published_for(cpu)->line, tsc_of(cpu)) >= vcpus[vcpu].left_ns)
        place[vcpu] = IN;
}

static bool can_read(unsigned vcpu)
{
    const struct sim_cpu *c = &world.cpus[vcpus[vcpu].cpu];

    try_again(vcpu);

    /* A CPU that is back takes its overdue interrupt before its guest goes on. */
    return !c->busy && place[vcpu] == IN && takes_part(vcpus[vcpu].cpu) && world.now_ns >= c->asleep_until &&
           c->alarm_ns >= c->asleep_until;
}

static void read_xen(unsigned vcpu)
{
    bool was_reading = reading;
    struct meridian_sample s;

    reading = true; /* a read without an interrupt */
    if (meridian_try(&xen_records[vcpu], 0, &s)) {
        age(&s);
        promises_xen_read(vcpu, vcpus[vcpu].cpu, meridian_raw_ns(&s));
    }
    reading = was_reading;
}

/* Whoever reads in the midst of a publish would wait for ever: the publisher does not go on meanwhile. */
static bool is_whole(const struct meridian_record *record)
{
    return record->version1 == record->version2 && !(record->version1 & 1);
}

/* What an accepted record says, at the TSC that was read: nothing went by since then. */
static void sample_of(const struct meridian_record *record, struct meridian_sample *s)
{
    *s = (struct meridian_sample){.tsc = now.tsc,
                                  .tsc_timestamp = record->tsc_timestamp,
                                  .system_time = record->system_time,
                                  .tsc_to_system_mul = record->tsc_to_system_mul,
                                  .tsc_shift = record->tsc_shift,
                                  .flags = record->flags,
                                  .disruptions = record->disruptions,
                                  .err_ns = record->err_ns,
                                  .err_ppb = record->err_ppb,
                                  .wall_sec = record->wall_sec,
                                  .wall_nsec = record->wall_nsec};
    age(s);
}

static void take(const struct meridian_sample *s)
{
    now.ns = meridian_raw_ns(s);
    now.age_ns = s->age_ns;
    now.joint = s->tsc_timestamp;
    now.stable = s->flags & MERIDIAN_FLAG_TSC_STABLE;
    now.disruptions = s->disruptions;
    now.bound_ns = meridian_bound_ns(s);
    check_wall(s);
}

/*
 * As guests read, by the shortest way there is: the point alone, or with its bound. Returns false where the
 * record is not whole.
 */
static bool read_short(bool bounded)
{
    const struct meridian_record *own = meridian_slot(&clock_here, now.vcpu);
    struct meridian_counts counts = {.own = noted_own};
    struct meridian_interval i = {0};
    struct meridian_sample s;
    uint64_t ns;

    if (!is_whole(&pages[0][0]) || !is_whole(own))
        return false;
    if (bounded)
        i = meridian_now(&clock_here, &counts);
    ns = bounded ? i.now_ns : meridian_now_ns(&clock_here, &counts);
    noted_own = counts.own;
    if (!can_read(now.vcpu))
        return false;
    sample_of(meridian_says_stable(&pages[0][0]) ? &pages[0][0] : own, &s);
    take(&s);
    now.ns = ns;
    if (!bounded)
        return true;
    now.bound_ns = i.err_ns;
    PROMISE(i.err_ns == UINT64_MAX ||
                (i.latest_ns - ns == i.err_ns && (i.earliest_ns == 0 || ns - i.earliest_ns == i.err_ns)),
            "an interval of %llu..%llu..%llu ns, and a bound of %llu\n", (unsigned long long)i.earliest_ns,
            (unsigned long long)ns, (unsigned long long)i.latest_ns, (unsigned long long)i.err_ns);
    return true;
}

static bool read_raw(void)
{
    struct meridian_sample s;

    if (!meridian_try_here(&clock_here, &s) || !can_read(now.vcpu))
        return false;
    age(&s);
    take(&s);
    return true;
}

void guest_read(unsigned vcpu)
{
    struct sim_read outer = now;
    uint64_t way;
    bool whole;

    if (!can_read(vcpu) || (reading && outer.vcpu == vcpu))
        return;
    now = (struct sim_read){.vcpu = vcpu};
    read_xen(vcpu);
    promises_read_begins(&now);
    way = below(3);
    whole = way == 0 ? read_raw() : read_short(way == 1);
    if (whole)
        promises_read(&now);
    else
        tally.retries++;
    if (whole && !reading && world.depth == 0)
        beside_read(now.cpu, now.ns, now.at_ns);
    now = outer;
}

/* While two VCPUs change places there may be none on a CPU. */
const struct meridian_record *guest_record(unsigned cpu)
{
    unsigned vcpu = cpu;

    if (meridian_says_stable(&pages[0][0]))
        return &pages[0][0];
    for (unsigned i = 0; i < world.m.cpus && vcpus[vcpu].cpu != cpu; i++)
        vcpu = i;
    return meridian_slot(&clock_here, vcpu);
}

bool guest_peek(unsigned cpu, struct sim_read *out)
{
    struct sim_read outer = now;
    struct meridian_sample s;
    bool whole, was_reading = reading;

    reading = true; /* a read without an interrupt */
    now.vcpu = cpu;
    whole = meridian_try(guest_record(cpu), 1, &s);
    reading = was_reading;
    now = outer;
    s.tsc = tsc_of(cpu);
    age(&s);
    *out = (struct sim_read){.cpu = cpu,
                             .stable = s.flags & MERIDIAN_FLAG_TSC_STABLE,
                             .disruptions = s.disruptions,
                             .ns = meridian_raw_ns(&s),
                             .bound_ns = meridian_bound_ns(&s),
                             .age_ns = s.age_ns,
                             .tsc = s.tsc,
                             .ref = true_ref(),
                             .at_ns = world.now_ns};
    return whole;
}

/* As the scheduler does it: on the old CPU, and then on the new one, which waits until its line is there. */
static void leave(unsigned vcpu)
{
    place[vcpu] = LEAVING;
    world.cpu = vcpus[vcpu].cpu;
    world.cpus[world.cpu].busy = true;
    keeper_vcpu_left(&domain, vcpu);
    world.cpus[world.cpu].busy = false;
}

static void arrive(unsigned vcpu, unsigned cpu, long double bounds_ns)
{
    long double began_ns = world.now_ns;

    world.cpu = cpu;
    world.cpus[cpu].busy = true;
    keeper_place_vcpu(&domain, vcpu, cpu, vcpus[vcpu].xen);
    place[vcpu] = keeper_vcpu_may_run(&domain, vcpu) ? IN : WAITING;
    world.cpus[cpu].busy = false;
    PROMISE(place[vcpu] == IN || bounds_ns > 1e6L, "T1: VCPU %u could not go on on CPU %u in %.0Lf ns\n",
            vcpu, cpu, world.now_ns - began_ns);
}

/*
 * Only where both lines are known: else the VCPU may have to wait until what a fault took is made good,
 * which is the scheduler's to bear.
 */
void guest_move(unsigned vcpu, unsigned other)
{
    unsigned from = vcpus[vcpu].cpu, to = vcpus[other].cpu, old = world.cpu;
    long double bounds_ns = promises_bound_ns(from) + promises_bound_ns(to);

    if (from == to || world.depth > 0 || asleep(from) || asleep(to) || !takes_part(from) || !takes_part(to) ||
        !promises_one_wrap() || bounds_ns >= NEVER || promises_doubtful(from) || promises_doubtful(to))
        return;
    fault_met(FAULT_VCPU_MOVES);
    world.depth++;
    leave(vcpu);
    leave(other);
    arrive(vcpu, to, bounds_ns);
    arrive(other, from, bounds_ns);
    world.depth--;
    world.cpu = old;
}

void guest_set_wall(int64_t utc_s, uint32_t utc_ns)
{
    uint64_t now_ns = keeper_now_ns();

    setting = true;
    keeper_set_wall(utc_s, utc_ns, now_ns);
    wall_known = wallclock_base((struct utc){utc_s, utc_ns}, now_ns, &wall_set);
    setting = false;
}
