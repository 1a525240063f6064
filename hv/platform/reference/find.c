/* Which reference timers there are, which can be trusted, and which is the best. */
#include "platform/reference/source.h"

#include "log/log.h"
#include "log/string.h"

#define TRIALS 3u

#define ROW(source, name, linux_option, floor) {&(source), name, floor},

static const struct {
    struct counter_source *source;
    const char *name;
    uint32_t phase_floor_ns;
} rows[SOURCES] = {REFERENCE_SOURCES(ROW)};

/* Those that can be used, best first; fixed once reference_find is done. */
static struct counter_source *usable[SOURCES];
static unsigned usable_count;
static struct reference_refused refused[SOURCES];
static unsigned refused_count;

uint64_t reference_tsc_khz(void)
{
    return source_best() ? source_best()->khz : 0;
}

const struct counter_source *source_best(void)
{
    return usable_count ? usable[0] : NULL;
}

const struct reference *reference_get(unsigned i)
{
    return i < usable_count ? &usable[i]->ref : NULL;
}

const struct reference_refused *reference_refused(unsigned i)
{
    return i < refused_count ? &refused[i] : NULL;
}

/*
 * Starts what is wanted (NULL: all), leaves in `found` what counts, and says why the others do not. Returns
 * how many count.
 */
static unsigned start_all(const struct machine *machine, const char *wanted, struct counter_source **found)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SOURCES; i++) {
        struct counter_source *source = rows[i].source;
        const char *why;

        if (wanted && strcmp(wanted, rows[i].name) != 0)
            continue;
        source->ref.name = rows[i].name;
        source->ref.phase_floor_ns = rows[i].phase_floor_ns;
        why = source->start(machine, &source->ref);
        if (!why && !trial_counts(source))
            why = "it does not count";
        if (why)
            log_print("%s: refused: %s\n", source->ref.name, why);
        else
            found[count++] = source;
    }
    return count;
}

static uint64_t rate_distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

bool rates_agree(uint64_t a, uint64_t b)
{
    return a != 0 && b != 0 && rate_distance(a, b) * 500 <= (a > b ? a : b);
}

uint32_t rates_apart_permille(uint64_t a, uint64_t b)
{
    uint64_t permille = rate_distance(a, b) / b * 1000 + rate_distance(a, b) % b * 1000 / b;

    return permille < 999999 ? (uint32_t)permille : 999999;
}

/* Returns how many agree with timer `i`, itself among them. */
static unsigned votes(const uint64_t *rates, unsigned count, unsigned i)
{
    unsigned found = 0;

    for (unsigned j = 0; j < count; j++)
        found += rates_agree(rates[i], rates[j]);
    return found;
}

unsigned rates_winner(const uint64_t *rates, unsigned count)
{
    unsigned winner = count, most = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned here = votes(rates, count, i);

        if (here > most) {
            most = here;
            winner = i;
        }
    }
    return winner;
}

static bool all_agree(const uint64_t *rates, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!rates_agree(rates[i], rates[0]))
            return false;
    return true;
}

/*
 * A busy host can make one trial look wrong (the PIT's wraps are 55 ms apart); it does not do so three times
 * running.
 */
static void find_rates(struct counter_source *const *found, unsigned count, uint64_t *rates)
{
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        trial_rates(found, count);
        for (unsigned i = 0; i < count; i++)
            rates[i] = found[i]->khz;
        if (all_agree(rates, count))
            return;
    }
}

/* A TSC that seems slow by a timer shows that the timer is fast. */
static int64_t off_ppm(const struct counter_source *source, const struct counter_source *winner)
{
    int64_t permille = rates_apart_permille(winner->khz, source->khz);
    bool far = source->khz >> 40 || winner->khz >> 40 || permille >= 1000;

    if (far)
        return winner->khz > source->khz ? permille * 1000 : -permille * 1000;
    return ((int64_t)winner->khz - (int64_t)source->khz) * 1000000 / (int64_t)source->khz;
}

int64_t reference_off_ppm(const struct reference *timer, const struct reference *than)
{
    return off_ppm((const struct counter_source *)timer, (const struct counter_source *)than);
}

static void refuse_apart(const struct counter_source *source, const struct counter_source *winner,
                         unsigned count, bool outvoted)
{
    uint32_t permille = rates_apart_permille(source->khz, winner->khz);

    log_print("%s: refused: by it the TSC runs at %lu kHz, by %s at %lu kHz, %u.%u %% apart%s\n",
              source->ref.name, source->khz, winner->ref.name, winner->khz, permille / 10, permille % 10,
              count == 2 ? "; nothing tells which is right, and the better known is kept" : "");
    refused[refused_count++] =
        (struct reference_refused){source->ref.name, off_ppm(source, winner), outvoted};
}

/* Keeps in `found` those that the most agree with. Returns how many. */
static unsigned drop_disagreeing(struct counter_source **found, unsigned count)
{
    const struct counter_source *right;
    uint64_t rates[SOURCES];
    unsigned winner, kept = 0;

    find_rates(found, count, rates);
    winner = rates_winner(rates, count);
    right = winner < count ? found[winner] : NULL;
    for (unsigned i = 0; i < count; i++) {
        if (winner < count && rates_agree(rates[i], rates[winner]))
            found[kept++] = found[i];
        else if (winner < count && rates[i] != 0)
            refuse_apart(found[i], right, count, votes(rates, count, winner) > 1);
        else
            log_print("%s: refused: no TSC rate can be made of its readings\n", found[i]->ref.name);
    }
    return kept;
}

static void say_usable(const struct counter_source *source)
{
    const struct reference *ref = &source->ref;
    uint64_t ps = (uint64_t)ref->period_num * 1000 / ref->period_den;
    const char *how = source->stepping ? " where it steps" : source->coarse ? " at its edge" : "";

    log_print("%s: %u bits, %lu.%03lu ns a count, reading takes %lu ticks%s\n", ref->name, ref->bits,
              ps / 1000, ps % 1000, ref->typical_width, how);
}

/* Puts it into usable[], by how far off a good reading is; all are in ticks of one TSC. */
static void insert_usable(struct counter_source *source)
{
    unsigned at = usable_count++;

    for (; at > 0 && usable[at - 1]->good_ticks > source->good_ticks; at--)
        usable[at] = usable[at - 1];
    usable[at] = source;
}

static unsigned find_among(const struct machine *machine, const char *wanted)
{
    struct counter_source *found[SOURCES];
    unsigned count = drop_disagreeing(found, start_all(machine, wanted, found));

    for (unsigned i = 0; i < count; i++) {
        trial_edges(found[i]);
        say_usable(found[i]);
        insert_usable(found[i]);
    }
    return count;
}

unsigned reference_find(const struct machine *machine, const char *wanted)
{
    usable_count = refused_count = 0;
    find_among(machine, wanted);
    if (usable_count == 0 && wanted) {
        log_print("clocksource=%s: it cannot be used, so the best of the others is\n", wanted);
        find_among(machine, NULL);
    }
    return usable_count;
}
