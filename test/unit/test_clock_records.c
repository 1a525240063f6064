/* sources: hv/time/publish.c */
/* The reader's choice: which record it takes, when it refuses one, and how it waits. */
#include "clock_fixture.h"

/* ---- Torn records ---- */

/* The writer as single stores, to let a reader in between any two: old and new differ in every field. */
#define STORES 13
enum writer { WRITER_OURS, WRITER_ODD_VERSION2, WRITER_NO_ODD };

static struct published generation(unsigned g)
{
    struct published p = line(1000 + g, 2000 + g);
    p.line.scale.mul += g;
    p.bound.ns += g;
    p.hz += g;
    return p;
}

/* A record in which the first `done` stores of the second write have been made. */
static struct meridian_record in_write(unsigned done, enum writer writer)
{
    struct meridian_record r = {0}, next = {0};
    write_whole(&r, generation(0));
    write_whole(&next, generation(1));
    unsigned n = 0;
    if (n++ < done)
        r.version1 = writer == WRITER_NO_ODD ? 2 : 3;
    if (n++ < done && writer == WRITER_ODD_VERSION2)
        r.version2 = 3;
    if (n++ < done)
        r.tsc_timestamp = next.tsc_timestamp;
    if (n++ < done)
        r.system_time = next.system_time;
    if (n++ < done)
        r.tsc_to_system_mul = next.tsc_to_system_mul;
    if (n++ < done)
        r.tsc_shift = next.tsc_shift;
    if (n++ < done)
        r.cpu_freq = next.cpu_freq;
    if (n++ < done)
        r.wall_sec = next.wall_sec;
    if (n++ < done)
        r.wall_nsec = next.wall_nsec;
    if (n++ < done)
        r.err_ns = next.err_ns;
    if (n++ < done)
        r.version2 = 4;
    if (n++ < done)
        r.version1 = 4;
    return r;
}

static bool is_of_one_generation(const struct meridian_sample *s)
{
    uint64_t g = s->tsc_timestamp - 1000;
    return s->system_time == 2000 + g && s->tsc_to_system_mul == 0x80000000u + g && s->err_ns == 100 + g &&
           s->cpu_freq == 1000000000 + g;
}

static struct meridian_record target, later;

static void writer_goes_on(void)
{
    target = later;
}

/* In each state of the writer, and with the writer going on to each later state in the middle of the read. */
static unsigned torn_accepted(enum writer writer, int (*try_once)(struct meridian_sample *))
{
    unsigned torn = 0, whole = 0;
    on_tsc = writer_goes_on;
    for (unsigned from = 0; from <= STORES; from++)
        for (unsigned to = from; to <= STORES; to++) {
            struct meridian_sample s;
            target = in_write(from, writer);
            later = in_write(to, writer);
            if (!try_once(&s))
                continue;
            whole++;
            torn += !is_of_one_generation(&s);
        }
    on_tsc = NULL;
    assert_true(whole >= 2); /* before the write and after it */
    return torn;
}

static int our_reader(struct meridian_sample *s)
{
    return meridian_try(&target, 1, s);
}

/* Only the first 32 bytes, and only version1: any pvclock reader. Its fields must agree as far as they go. */
static int pvclock_reader(struct meridian_sample *s)
{
    int whole = meridian_try(&target, 0, s);
    s->err_ns = 100 + s->tsc_timestamp - 1000;
    s->cpu_freq = 1000000000 + s->tsc_timestamp - 1000;
    return whole;
}

/* The protocol of 2005: version2, data, version1; equal is whole, and nobody looks for odd. */
static int reader_of_2005(struct meridian_sample *s)
{
    uint32_t version2 = meridian_load(&target.version2);
    s->tsc = fake_tsc();
    s->tsc_timestamp = target.tsc_timestamp;
    s->system_time = target.system_time;
    s->tsc_to_system_mul = target.tsc_to_system_mul;
    s->err_ns = target.err_ns;
    s->cpu_freq = target.cpu_freq;
    return meridian_load(&target.version1) == version2;
}

static void torn_records_are_refused_in_every_state_of_the_writer(void **state)
{
    (void)state;
    assert_int_equal(torn_accepted(WRITER_OURS, our_reader), 0);
    assert_int_equal(torn_accepted(WRITER_OURS, pvclock_reader), 0);
    assert_int_equal(torn_accepted(WRITER_OURS, reader_of_2005), 0);
}

/* What the order is for: each of these writers is caught by the same count. */
static void a_writer_out_of_order_is_caught(void **state)
{
    (void)state;
    assert_true(torn_accepted(WRITER_ODD_VERSION2, reader_of_2005) > 0);
    assert_true(torn_accepted(WRITER_NO_ODD, pvclock_reader) > 0);
    /* Our reader asks for both: version1 even, and both equal. */
    assert_int_equal(torn_accepted(WRITER_ODD_VERSION2, our_reader), 0);
}

static void both_versions_must_agree(void **state)
{
    struct meridian_sample s;
    (void)state;
    write_whole(&target, line(1, 1));
    assert_true(meridian_try(&target, 1, &s));
    target.version2 -= 2;
    assert_false(meridian_try(&target, 1, &s));
    assert_true(meridian_try(&target, 0, &s)); /* Xen's second word is padding */
}

/* ---- Waiting ---- */

static unsigned odd_for;

static void end_write_later(void)
{
    if (tsc_reads == odd_for)
        slot_of(0)->version1 = slot_of(0)->version2 = 4;
}

static void a_wait_spins_then_yields_and_counts(void **state)
{
    struct meridian_sample sample;
    (void)state;
    write_whole(slot_of(0), line(0, 0));
    slot_of(0)->version1 = 3;
    odd_for = 2500;
    on_tsc = end_write_later;
    meridian_read(&clock_here, &counts, &sample);
    assert_int_equal(counts.retries, 2500);
    assert_int_equal(counts.stalls, 2);
    assert_int_equal(yields, 2);
    assert_int_equal(sample.version, 4);
}

static void without_a_yield_hook_it_only_spins(void **state)
{
    struct meridian_clock clock = clock_here;
    struct meridian_sample sample;
    (void)state;
    clock.yield = NULL;
    write_whole(slot_of(0), line(0, 0));
    slot_of(0)->version1 = 3;
    odd_for = 2500;
    on_tsc = end_write_later;
    meridian_read(&clock, &counts, &sample);
    assert_int_equal(counts.stalls, 0);
    assert_int_equal(counts.retries, 2500);
}

/* ---- Which record ---- */

static struct published stable(struct published p)
{
    p.flags = MERIDIAN_FLAG_TSC_STABLE;
    return p;
}

static uint64_t nobody_asks(void)
{
    fail_msg("in unified mode the VCPU's id is not needed");
    return 0;
}

static void slot_0_serves_all_while_it_is_stable(void **state)
{
    struct meridian_clock clock = clock_here;
    (void)state;
    clock.where = nobody_asks;
    write_whole(&page[0][0], stable(line(4000, 50)));
    slot_of(0)->version1 = 1; /* for ever odd: nobody waits for it */
    assert_int_equal(meridian_now_ns(&clock, &counts), 1050);
    assert_int_equal(counts.retries, 0);
}

static void leave_unified_mode(void)
{
    write_whole(&page[0][0], line(4000, 50));
    on_tsc = NULL;
}

/* STABLE when looked at first, no longer in the whole copy. */
static void mode_may_change_during_a_read(void **state)
{
    (void)state;
    write_whole(&page[0][0], stable(line(4000, 50)));
    write_whole(slot_of(0), line(4000, 60));
    on_tsc = leave_unified_mode;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 1060);
    assert_int_equal(counts.retries, 1);
}

static void move_to_vcpu_1(void)
{
    here = 1;
    on_tsc = NULL;
}

static void a_vcpu_that_moved_reads_again(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(4000, 0));
    write_whole(slot_of(1), line(4000, 500000));
    on_tsc = move_to_vcpu_1;
    counts.own = 1;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 501000);
    assert_int_equal(counts.retries, 1);
}

static void there_and_back(void)
{
    here += 1ull << 33; /* moved twice, and VCPU 0 again */
    on_tsc = NULL;
}

static void there_and_back_is_seen_by_the_count_of_moves(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(4000, 0));
    on_tsc = there_and_back;
    counts.own = 1;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 1000);
    assert_int_equal(counts.retries, 1);
}

static void every_vcpu_has_its_own_slot(void **state)
{
    (void)state;
    for (unsigned id = 0; id < 255; id++)
        write_whole(slot_of(id), line(tsc_now, 1000 * (id + 1)));
    for (here = 0; here < 255; here++) {
        last_ns = 0;
        assert_int_equal(meridian_now_ns(&clock_here, &counts), 1000 * (here + 1));
    }
}

/* ---- Xen's own record ---- */

static struct xen_time_record *xen_record;

static const void *xen_time(uint32_t vcpu)
{
    assert_int_equal(vcpu, 3);
    return xen_record;
}

/* The sanitizer sees a read beyond its 32 bytes. */
static void xens_record_is_read_with_its_bound_unknown(void **state)
{
    struct meridian_clock clock = {.xen_time = xen_time, .where = where, .last_ns = &last_ns};
    struct published data = line(4000, 70);
    (void)state;
    xen_record = calloc(1, sizeof(*xen_record));
    assert_non_null(xen_record);
    for (uint32_t version = 0; version < 6; version += 2) {
        xen_record_begin(xen_record, version);
        xen_record_fill(xen_record, &data);
        xen_record_end(xen_record, version);
    }
    here = 3;
    struct meridian_interval i = meridian_now(&clock, &counts);
    assert_int_equal(i.now_ns, 1070);
    assert_int_equal(i.earliest_ns, 0);
    assert_int_equal(i.latest_ns, UNKNOWN);
    assert_int_equal(i.err_ns, UNKNOWN);
    free(xen_record);
}

/* ---- The point ---- */

static void one_shared_word_keeps_points_in_order(void **state)
{
    (void)state;
    write_whole(slot_of(0), line(4000, 900));
    write_whole(slot_of(1), line(4000, 600));
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 1900);
    here = 1;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 1900);
    assert_int_equal(counts.clamps, 1);
    tsc_now += 400;
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 2000);
    assert_int_equal(counts.clamps, 1);
    assert_int_equal(last_ns, 2000);
}

static void the_interval_is_of_the_raw_line(void **state)
{
    (void)state;
    last_ns = 10000;
    write_whole(slot_of(0), line(4000, 900));
    struct meridian_interval i = meridian_now(&clock_here, &counts);
    assert_int_equal(i.now_ns, 10000);
    assert_int_equal(i.earliest_ns, 1900 - i.err_ns);
    assert_int_equal(i.latest_ns, 1900 + i.err_ns);
}

static void no_word_is_shared_in_unified_mode(void **state)
{
    (void)state;
    last_ns = 1;
    write_whole(&page[0][0], stable(line(4000, 900)));
    assert_int_equal(meridian_now_ns(&clock_here, &counts), 1900);
    assert_int_equal(last_ns, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(torn_records_are_refused_in_every_state_of_the_writer),
        TEST(a_writer_out_of_order_is_caught),
        TEST(both_versions_must_agree),
        TEST(a_wait_spins_then_yields_and_counts),
        TEST(without_a_yield_hook_it_only_spins),
        TEST(slot_0_serves_all_while_it_is_stable),
        TEST(mode_may_change_during_a_read),
        TEST(a_vcpu_that_moved_reads_again),
        TEST(there_and_back_is_seen_by_the_count_of_moves),
        TEST(every_vcpu_has_its_own_slot),
        TEST(xens_record_is_read_with_its_bound_unknown),
        TEST(one_shared_word_keeps_points_in_order),
        TEST(the_interval_is_of_the_raw_line),
        TEST(no_word_is_shared_in_unified_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
