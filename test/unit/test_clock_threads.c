/* sources: hv/time/publish.c hv/time/line.c */
/* flags: -pthread -O2 */
/*
 * The reader in threads against a publisher that follows the writer's order, on the machine's own TSC. The
 * same counters then have to find what is wrong with a skewed publisher and with readers that leave a rule
 * out: each of these runs until it is caught, or fails.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "meridian/clock.h"
#include "time/line.h"
#include "time/publish.h"

#define READERS    2
#define SLOTS      (1 + READERS)
#define RUN_S      1.2   /* a correct pair runs so long */
#define CATCH_S    20.0  /* a faulty one must be caught within */
#define MARGIN     6000u /* ticks from the publisher's TSC to the joint, about 2 us */
#define PAUSE_US   20
#define SKEW_NS    2000
#define READ_BATCH 64

enum reader {
    READER_OURS,
    READER_SHORT_WAY,
    READER_IGNORES_VERSIONS,
    READER_TSC_AFTER_LOOP,
    READER_UNFENCED
};
enum phase { PHASE_WAIT, PHASE_READ, PHASE_END };

struct worker {
    pthread_t thread;
    unsigned id;
    uint64_t last_ns;
    uint64_t reads, back_self, back_global, torn, worst_ns;
    struct meridian_counts counts;
} __attribute__((aligned(64)));

static struct meridian_record page[MERIDIAN_SLOTS_PER_PAGE] __attribute__((aligned(4096)));
static const struct meridian_record *const pages[] = {page};
static struct {
    uint64_t ns;
} __attribute__((aligned(64))) shown[READERS];
static struct worker workers[READERS];
static enum reader reader_kind;
static bool skewed;
static enum phase phase;
static uint64_t publishes;
static __thread unsigned my_id;

static uint64_t where(void)
{
    return my_id;
}

static void yield(void)
{
    sched_yield();
}

static const struct meridian_clock clock_here = {
    .common = page, .pages = pages, .where = where, .yield = yield};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- The publisher ---- */

/* Fields no reader computes with are made from the line, so that a mixed record shows. */
static void sign(struct published *p)
{
    p->hz = ~p->line.tsc;
    p->bound.ns = p->line.ns ^ p->line.tsc;
    p->wall.ns = p->line.scale.mul;
}

static bool is_mixed(const struct meridian_sample *s)
{
    return s->cpu_freq != ~s->tsc_timestamp || s->err_ns != (s->system_time ^ s->tsc_timestamp) ||
           s->wall_nsec != s->tsc_to_system_mul;
}

static struct published for_slot(const struct line *line, unsigned slot)
{
    struct published p = {.line = *line, .flags = skewed ? 0 : MERIDIAN_FLAG_TSC_STABLE};
    if (skewed)
        p.line.ns += slot * SKEW_NS;
    sign(&p);
    return p;
}

/* The airtight order: all odd, the common line last; fence; TSC; joint; write; wait for it; release. */
static void publish(struct line *line, uint32_t *version, struct tsc_scale scale)
{
    for (unsigned slot = SLOTS; slot-- > 0;)
        record_begin(&page[slot], *version);
    __asm__ volatile("mfence" : : : "memory");
    uint64_t joint = meridian_tsc() + MARGIN;
    *line = line_follow(line, joint, scale, 0);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        struct published p = for_slot(line, slot);
        record_fill(&page[slot], &p);
    }
    while (meridian_tsc() <= joint)
        __asm__ volatile("pause");
    for (unsigned slot = 0; slot < SLOTS; slot++)
        record_end(&page[slot], *version);
    *version += 2;
    publishes++;
}

/* Rates far apart, so that a line used beyond its joint shows within a few us: 20 % of them. */
static void publish_until_done(double limit_s, bool (*caught)(void))
{
    struct tsc_scale slow = {0x80000000u, -2}, fast = {0x9999999au, -2};
    struct line line = {.tsc = meridian_tsc(), .ns = 1000000, .scale = slow};
    double end = seconds() + limit_s;
    uint32_t version = 0;

    memset(page, 0, sizeof(page));
    publish(&line, &version, slow);
    __atomic_store_n(&phase, PHASE_READ, __ATOMIC_SEQ_CST);
    for (unsigned n = 0; seconds() < end && !(caught && caught()); n++) {
        struct timespec pause = {0, PAUSE_US * 1000};
        publish(&line, &version, n % 2 ? slow : fast);
        nanosleep(&pause, NULL);
    }
    __atomic_store_n(&phase, PHASE_END, __ATOMIC_SEQ_CST);
}

/* ---- Readers ---- */

/* Fault: takes what is there. */
static uint64_t read_ignoring_versions(struct meridian_sample *s)
{
    meridian_try(&page[0], 1, s);
    return meridian_line_ns(s, s->tsc);
}

/* Fault: a whole record, but the TSC outside the loop; an interrupt of some us may come in between. */
static uint64_t read_tsc_after_loop(struct worker *w, struct meridian_sample *s)
{
    meridian_read(&clock_here, &w->counts, s);
    for (unsigned i = 0; w->reads % READ_BATCH == 0 && i < 500; i++)
        __asm__ volatile("pause");
    return meridian_line_ns(s, meridian_tsc());
}

/* Fault: no LFENCE, so the TSC may be older than what another reader has shown before. */
static uint64_t read_unfenced(struct meridian_sample *s)
{
    const struct meridian_record *record = &page[0];
    uint32_t version, low, high;
    do {
        version = meridian_load(&record->version1);
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
        s->tsc_timestamp = record->tsc_timestamp;
        s->system_time = record->system_time;
        s->tsc_to_system_mul = record->tsc_to_system_mul;
        s->tsc_shift = record->tsc_shift;
        __asm__ volatile("" : : : "memory");
    } while (version & 1 || meridian_load(&record->version1) != version);
    return meridian_line_ns(s, (uint64_t)high << 32 | low);
}

static uint64_t read_once(struct worker *w)
{
    struct meridian_sample s;
    uint64_t ns = 0;
    switch (reader_kind) {
    case READER_OURS:
        meridian_read(&clock_here, &w->counts, &s);
        ns = meridian_raw_ns(&s);
        break;
    case READER_SHORT_WAY: return meridian_now_ns(&clock_here, &w->counts);
    case READER_IGNORES_VERSIONS: ns = read_ignoring_versions(&s); break;
    case READER_TSC_AFTER_LOOP: ns = read_tsc_after_loop(w, &s); break;
    case READER_UNFENCED: return read_unfenced(&s);
    }
    if (!skewed)
        w->torn += is_mixed(&s);
    return ns;
}

static void note(uint64_t *count, uint64_t *worst_ns, uint64_t step_ns)
{
    __atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
    *worst_ns = step_ns > *worst_ns ? step_ns : *worst_ns;
}

/* As the guest's witness: another's last first, then the clock, then the comparison; no lock. */
static void *read_and_compare(void *argument)
{
    struct worker *w = argument;
    my_id = w->id;
    while (__atomic_load_n(&phase, __ATOMIC_SEQ_CST) == PHASE_WAIT) /* for the first publish */
        sched_yield();
    while (__atomic_load_n(&phase, __ATOMIC_RELAXED) == PHASE_READ) {
        uint64_t seen = __atomic_load_n(&shown[(w->id + 1) % READERS].ns, __ATOMIC_RELAXED);
        uint64_t ns = read_once(w);
        __atomic_store_n(&shown[w->id].ns, ns, __ATOMIC_RELAXED);
        if (ns < w->last_ns)
            note(&w->back_self, &w->worst_ns, w->last_ns - ns);
        if (ns < seen)
            note(&w->back_global, &w->worst_ns, seen - ns);
        w->last_ns = ns;
        w->reads++;
    }
    return NULL;
}

static struct worker total(void)
{
    struct worker sum = {0};
    for (unsigned i = 0; i < READERS; i++) {
        sum.reads += workers[i].reads;
        sum.back_self += __atomic_load_n(&workers[i].back_self, __ATOMIC_RELAXED);
        sum.back_global += __atomic_load_n(&workers[i].back_global, __ATOMIC_RELAXED);
        sum.torn += __atomic_load_n(&workers[i].torn, __ATOMIC_RELAXED);
        sum.counts.retries += workers[i].counts.retries;
        sum.counts.early += workers[i].counts.early;
    }
    return sum;
}

static struct worker run(enum reader kind, bool skew, double limit_s, bool (*caught)(void))
{
    memset(workers, 0, sizeof(workers));
    memset(shown, 0, sizeof(shown));
    reader_kind = kind;
    skewed = skew;
    publishes = 0;
    phase = PHASE_WAIT;
    for (unsigned i = 0; i < READERS; i++) {
        workers[i].id = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, read_and_compare, &workers[i]), 0);
    }
    publish_until_done(limit_s, caught);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(workers[i].thread, NULL);
    struct worker sum = total();
    print_message("%llu reads, %llu publishes, %llu retries, %llu back, %llu torn\n",
                  (unsigned long long)sum.reads, (unsigned long long)publishes,
                  (unsigned long long)sum.counts.retries,
                  (unsigned long long)(sum.back_self + sum.back_global), (unsigned long long)sum.torn);
    return sum;
}

static bool some_step_back(void)
{
    struct worker sum = total();
    return sum.back_self + sum.back_global;
}

static bool some_torn(void)
{
    return total().torn;
}

/* ---- Tests ---- */

static void time_never_goes_back_across_publishes(void **state)
{
    struct worker sum = run(READER_OURS, false, RUN_S, NULL);
    (void)state;
    assert_true(sum.reads > 10000 && publishes > 100);
    assert_int_equal(sum.back_self, 0);
    assert_int_equal(sum.back_global, 0);
    assert_int_equal(sum.torn, 0);
    assert_int_equal(sum.counts.early, 0);
}

/* What it reads cannot be looked at for mixed fields, but a mixed line would make a step. */
static void nor_does_it_by_the_short_way(void **state)
{
    struct worker sum = run(READER_SHORT_WAY, false, RUN_S, NULL);
    (void)state;
    assert_true(sum.reads > 10000 && publishes > 100);
    assert_int_equal(sum.back_self, 0);
    assert_int_equal(sum.back_global, 0);
    assert_int_equal(sum.counts.early, 0);
}

static void a_skewed_publisher_is_caught(void **state)
{
    (void)state;
    assert_true(run(READER_OURS, true, CATCH_S, some_step_back).back_global > 0);
}

static void a_reader_that_ignores_versions_is_caught(void **state)
{
    (void)state;
    assert_true(run(READER_IGNORES_VERSIONS, false, CATCH_S, some_torn).torn > 0);
}

static void a_tsc_outside_the_loop_is_caught(void **state)
{
    struct worker sum = run(READER_TSC_AFTER_LOOP, false, CATCH_S, some_step_back);
    (void)state;
    assert_true(sum.back_self + sum.back_global > 0);
}

/* Mostly within milliseconds, where two CPUs run at the same time; one alone cannot show it. */
static void an_unfenced_reader_is_caught(void **state)
{
    (void)state;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        skip();
    struct worker sum = run(READER_UNFENCED, false, CATCH_S, some_step_back);
    assert_true(sum.back_self + sum.back_global > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_never_goes_back_across_publishes),
        cmocka_unit_test(nor_does_it_by_the_short_way),
        cmocka_unit_test(a_skewed_publisher_is_caught),
        cmocka_unit_test(a_reader_that_ignores_versions_is_caught),
        cmocka_unit_test(a_tsc_outside_the_loop_is_caught),
        cmocka_unit_test(an_unfenced_reader_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
