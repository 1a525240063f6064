#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "constant.h"
#include "kept.h"
#include "told.h"

#define LATE_NS      (300 * SECOND)  /* from then on a crystal that only wanders must be known */
#define TOLERANCE_NS 2.0L            /* S is whole ns, and so is what is told */
#define NEAR_NS      1e7L            /* reads are not everywhere: what is told may lie so far from the next */
#define LOOK_NS      (1.1L * PERIOD) /* from a look to the next */
#define ROOMS        4u              /* of the last two looks: where they begin, and where they end */
#define READINGS     4096u           /* for half an hour */
#define EPISODE_NS   (2 * SECOND)    /* with no read outside for so long, what was is over, seen or not */

/* A read, or a moment, beyond its bound. */
struct outside {
    uint64_t ns, bound_ns; /* S, and its bound */
    unsigned cpu;
    long double at_ns, allowed_ns;
    long double by_ns, most_ns; /* so much at least, and at most: the constant is not known better */
    bool stable, read, told;
};

/* A look: when, how wide its reading was, and by how much the bound grows until the next. */
struct reading {
    long double at_ns, width_ns, grows_ns;
};

static struct {
    struct outcome *all, *late;
    struct outside *list;
    size_t count, room, open;          /* `open`: the first with its next look still to come */
    struct reading readings[READINGS]; /* the last ones */
    size_t looks;
    struct meridian_breach breach;          /* the last that was told */
    long double room_ns[WORLD_CPUS][ROOMS]; /* what was open of the constant, at each CPU's last moments */
    size_t moments[WORLD_CPUS];
    long double good_ns[WORLD_CPUS]; /* each CPU's last reading */
    long double unseen_ns, last_ns;  /* the first and last read outside of those that go on; NEVER: none */
    long double disrupted_ns;        /* the last disruption was then */
    long double unknown_ns;          /* since then no bound is known; NEVER: it is */
} book;

static bool is_late(void)
{
    return world.now_ns >= LATE_NS;
}

void ledger_begin(struct outcome *all, struct outcome *late)
{
    book.all = all;
    book.late = late;
    book.count = book.open = book.looks = 0;
    memset(book.room_ns, 0, sizeof book.room_ns);
    for (unsigned i = 0; i < WORLD_CPUS; i++)
        book.good_ns[i] = NEVER;
    book.unseen_ns = book.unknown_ns = NEVER;
    book.last_ns = book.disrupted_ns = -NEVER;
    book.breach = (struct meridian_breach){.from_ns = UINT64_MAX};
}

static long double width_ns(unsigned cpu)
{
    return kept.cpus[cpu].width_ns + (long double)world.m.ref.num / world.m.ref.den;
}

/* Reads that are untrue and fit all the same narrow it, to the wrong side. So the last looks count too. */
static long double room_of_late_ns(const struct sim_read *r)
{
    long double room_ns = constant_room_ns(r);

    for (unsigned i = 0; i < ROOMS; i++)
        room_ns = larger(room_ns, book.room_ns[r->cpu][i]);
    return room_ns;
}

/* As include/meridian/breach.h tells it: of every interval that overlaps the breach. */
static bool reader_is_told(const struct outside *one, const struct meridian_breach *told)
{
    return one->ns + one->bound_ns >= told->from_ns && one->ns <= told->to_ns + one->bound_ns &&
           told->at_most_ns + TOLERANCE_NS >= one->by_ns;
}

static void note(const struct sim_read *r, long double by_ns, bool read)
{
    if (book.count == book.room) {
        book.room = 2 * book.room + 1024;
        book.list = realloc(book.list, book.room * sizeof *book.list);
    }
    book.list[book.count] = (struct outside){.ns = r->ns,
                                             .bound_ns = r->bound_ns,
                                             .cpu = r->cpu,
                                             .stable = r->stable,
                                             .at_ns = r->at_ns,
                                             .by_ns = by_ns,
                                             .most_ns = by_ns + room_of_late_ns(r),
                                             .allowed_ns = told_resolution_ns(width_ns(r->cpu)),
                                             .read = read,
                                             .told = r->at_ns < book.disrupted_ns + LOOK_NS};
    /* A line is in force until the publish that follows the telling. */
    book.list[book.count].told |= reader_is_told(&book.list[book.count], &book.breach);
    book.count++;
}

static void count_outside(struct outcome *o, const struct sim_read *r, long double by_ns)
{
    o->outside++;
    o->worst_ns = larger(o->worst_ns, by_ns);
    o->worst_w = larger(o->worst_w, by_ns / width_ns(r->cpu));
    o->worst_times = larger(o->worst_times, (r->bound_ns + by_ns) / (r->bound_ns + 1));
}

static void count_known(struct outcome *o, const struct sim_read *r, long double oracle_ns)
{
    o->known++;
    if (oracle_ns >= NEVER)
        return;
    o->compared++;
    o->bound_ns += r->bound_ns;
    o->oracle_ns += oracle_ns;
}

void ledger_stands_still(long double ns)
{
    if (book.unknown_ns < NEVER)
        book.unknown_ns += ns;
}

static void known_again(void)
{
    long double gone_ns = world.now_ns - book.unknown_ns;

    if (book.unknown_ns >= NEVER)
        return;
    book.all->unknown_ns = larger(book.all->unknown_ns, gone_ns);
    book.all->unknown_all_ns += gone_ns;
    if (book.unknown_ns >= LATE_NS) {
        book.late->unknown_ns = larger(book.late->unknown_ns, gone_ns);
        book.late->unknown_all_ns += gone_ns;
    }
    book.unknown_ns = NEVER;
}

void ledger_read(const struct sim_read *r, long double oracle_ns)
{
    long double by_ns;

    book.all->reads++;
    book.late->reads += is_late();
    if (r->bound_ns == UINT64_MAX) {
        book.unknown_ns = smaller(book.unknown_ns, world.now_ns);
        return;
    }
    known_again();
    count_known(book.all, r, oracle_ns);
    if (is_late())
        count_known(book.late, r, oracle_ns);
    by_ns = constant_miss_ns(r, 0);
    if (by_ns <= 0)
        return;
    note(r, by_ns, true);
    count_outside(book.all, r, by_ns);
    if (is_late())
        count_outside(book.late, r, by_ns);
    if (r->at_ns < book.disrupted_ns + LOOK_NS)
        return; /* of what was just seen: this CPU has not looked yet */
    if (r->at_ns > book.last_ns + EPISODE_NS || book.unseen_ns >= NEVER)
        book.unseen_ns = r->at_ns;
    book.last_ns = r->at_ns;
}

void ledger_moment(const struct sim_read *r)
{
    long double by_ns = r->bound_ns == UINT64_MAX ? 0 : constant_peek_ns(r);

    if (by_ns > 0)
        note(r, by_ns, false);
    book.room_ns[r->cpu][book.moments[r->cpu]++ % ROOMS] =
        r->bound_ns == UINT64_MAX ? NEVER : constant_room_ns(r);
}

void ledger_glance(const struct sim_read *r)
{
    long double by_ns = r->bound_ns == UINT64_MAX ? 0 : constant_peek_ns(r);

    if (by_ns > 0)
        note(r, by_ns, false);
}

/* The resolution is that of the look before, or of the one after if it is the larger. */
void ledger_looked(unsigned cpu, uint32_t err_ppb)
{
    book.readings[book.looks++ % READINGS] =
        (struct reading){world.now_ns, kept.cpus[cpu].width_ns,
                         err_ppb == MERIDIAN_UNKNOWN_PPB ? 0 : err_ppb * LOOK_NS * 1e-9L};
    if (world.cpus[cpu].reading.taken)
        book.good_ns[cpu] = world.cpus[cpu].reading.from_ns;
    while (book.open < book.count && book.list[book.open].at_ns < world.now_ns - LOOK_NS)
        book.open++;
    for (size_t i = book.open; i < book.count; i++)
        book.list[i].allowed_ns = larger(book.list[i].allowed_ns, told_resolution_ns(0));
}

/* What began then is seen now. */
static void seen(long double since_ns)
{
    long double gone_ns = world.now_ns - since_ns;

    if (since_ns >= NEVER)
        return;
    if (gone_ns > book.all->slowest_ns)
        trace("the judge: seen %.3Lf s after the first read outside\n", gone_ns / SECOND);
    book.all->slowest_ns = larger(book.all->slowest_ns, gone_ns);
    if (since_ns >= LATE_NS)
        book.late->slowest_ns = larger(book.late->slowest_ns, gone_ns);
}

/*
 * A disruption is seen at once, or what was outside before it has passed unseen. It tells that nothing was
 * true since the last reading before it; nor is anything, on another CPU, until that one has looked.
 */
static void hear_disruption(void)
{
    long double since_ns = smaller(world.now_ns - LOOK_NS, book.good_ns[world.cpu]);

    if (world.now_ns <= book.last_ns + EPISODE_NS)
        seen(book.unseen_ns);
    book.unseen_ns = NEVER;
    book.disrupted_ns = world.now_ns;
    for (size_t i = book.count; i-- > 0 && book.list[i].at_ns > since_ns;)
        book.list[i].told = true;
    book.all->disruptions++;
    book.late->disruptions += is_late();
}

/*
 * What an at_most may be above what was: twice the resolution, and twice what the bound grew from one look
 * to the next (docs/promises.md). Of the looks since then, and of the one in which it is told, the widest
 * reading counts, and the fastest growth.
 */
static long double spare_since_ns(long double since_ns, unsigned cpu)
{
    long double count_ns = (long double)world.m.ref.num / world.m.ref.den;
    long double width_ns = world.cpus[cpu].reading.width_ns, grew_ns = 0;

    for (size_t i = book.looks; i-- > 0 && i + READINGS > book.looks;) {
        const struct reading *reading = &book.readings[i % READINGS];

        if (reading->at_ns < since_ns - PERIOD)
            break;
        width_ns = larger(width_ns, reading->width_ns);
        grew_ns = larger(grew_ns, reading->grows_ns);
    }
    return 2 * larger(width_ns + count_ns, told_resolution_ns(width_ns)) + 2 * grew_ns;
}

/*
 * What is told against what was, by the lines that its CPU knows of: every read in it, and the worst of all
 * moments. What lies beside it counts where too much is told: reads are not everywhere.
 */
static void weigh(const struct meridian_breach *told, uint64_t told_ns, unsigned cpu)
{
    struct outcome *o[] = {book.all, is_late() ? book.late : NULL};
    long double since_ns = world.now_ns - (long double)(told_ns - told->from_ns);
    long double spare_ns = spare_since_ns(since_ns, cpu);
    long double least_ns = 0, most_ns = 0, first_ns = NEVER;
    bool any = false;

    for (size_t i = 0; i < book.count; i++) {
        struct outside *one = &book.list[i];

        if ((!one->stable && one->cpu != cpu) || one->ns + NEAR_NS < told->from_ns ||
            one->ns > told->to_ns + NEAR_NS)
            continue;
        any = true;
        most_ns = larger(most_ns, one->most_ns);
        if (one->ns >= told->from_ns && one->ns <= told->to_ns)
            least_ns = larger(least_ns, one->by_ns);
        if (one->told || !reader_is_told(one, told))
            continue;
        first_ns = smaller(first_ns, one->at_ns);
        one->told = true;
    }
    book.breach = *told;
    seen(first_ns);
    trace("the judge: worst %.0Lf to %.0Lf ns, %.0Lf to spare, first after %.3Lf s\n", least_ns, most_ns,
          spare_ns, first_ns < NEVER ? (world.now_ns - first_ns) / SECOND : -1);
    for (unsigned i = 0; i < 2 && o[i]; i++) {
        o[i]->tellings++;
        o[i]->false_tellings += !any;
        o[i]->least_too_much += any && told->at_least_ns > most_ns + TOLERANCE_NS;
        o[i]->most_too_little += any && told->at_most_ns + TOLERANCE_NS < least_ns;
        o[i]->most_too_much += told->at_most_ns > most_ns + spare_ns;
    }
}

void ledger_heard(const char *line)
{
    struct meridian_breach told;
    uint64_t told_ns;

    if (!book.all)
        return;
    if (strncmp(line, "@disruption ", 12) == 0)
        hear_disruption();
    if (told_breach(line, &told, &told_ns))
        weigh(&told, told_ns, world.cpu);
}

/* Where the run ends before the next look nothing can be told of it. */
static bool is_silent(const struct outside *one)
{
    return !one->told && one->by_ns > one->allowed_ns + TOLERANCE_NS && one->at_ns < world.now_ns - LOOK_NS;
}

static void close_one(struct outcome *o, const struct outside *one)
{
    o->told += one->told;
    o->beyond += is_silent(one);
}

void ledger_end(void)
{
    known_again();
    for (size_t i = 0; i < book.count; i++) {
        if (!book.list[i].read)
            continue;
        close_one(book.all, &book.list[i]);
        if (is_silent(&book.list[i]))
            trace("the judge: silent: CPU %u at %.9Lf s, %.0Lf ns beyond, %.0Lf allowed\n", book.list[i].cpu,
                  book.list[i].at_ns / SECOND, book.list[i].by_ns, book.list[i].allowed_ns);
        if (book.list[i].at_ns >= LATE_NS)
            close_one(book.late, &book.list[i]);
    }
    book.all->simulated_ns += world.now_ns;
    book.late->simulated_ns += larger(0, world.now_ns - LATE_NS);
    book.all = book.late = NULL;
}
