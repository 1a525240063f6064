/* sources: hv/time/publish.c */
/*
 * Per-CPU mode for a kernel that finds its VCPU, and that VCPU's record, by a word of its own each: the
 * reader takes both from there, and sees every move that the word shows.
 */
#include <stdint.h>

struct meridian_record;

static uint64_t my_vcpu(void);
static const struct meridian_record *my_record(uint32_t vcpu);

#define MERIDIAN_WHERE(clock)     my_vcpu()
#define MERIDIAN_OWN(clock, vcpu) my_record(vcpu)

#include "clock_fixture.h"

static struct meridian_record mine[2]; /* not in the time pages: those say something else */
static unsigned asked, taken;
static void (*on_record)(void); /* between the first look at the VCPU and the record's address */

static uint64_t my_vcpu(void)
{
    asked++;
    return here;
}

/* As a kernel's own word has it: of the VCPU that runs now, whatever was found before. */
static const struct meridian_record *my_record(uint32_t vcpu)
{
    taken++;
    if (on_record)
        on_record();
    else
        assert_int_equal(vcpu, (uint32_t)here);
    return &mine[(uint32_t)here];
}

static int begin(void **state)
{
    fresh(state);
    asked = taken = 0;
    on_record = NULL;
    counts.own = 1;
    write_whole(&mine[0], line(4000, 0));
    write_whole(&mine[1], line(4000, 500000));
    write_whole(slot_of(0), line(4000, 7));
    write_whole(slot_of(1), line(4000, 7));
    return 0;
}

/* The long way takes the same two words. No hook is needed. */
static const struct meridian_clock own_clock = {
    .common = page[0], .pages = pages, .yield = yield, .last_ns = &last_ns};

static void both_words_are_the_kernels(void **state)
{
    (void)state;
    for (here = 0; here < 2; here++)
        assert_int_equal(meridian_now_ns(&own_clock, &counts), 1000 + 500000 * here);
    assert_int_equal(asked, 4);
    assert_int_equal(taken, 2);
    assert_int_equal(tsc_reads, 2);
    assert_int_equal(counts.retries, 0);
}

static void nobody_is_asked_in_unified_mode(void **state)
{
    struct published p = line(4000, 70);

    (void)state;
    p.flags = MERIDIAN_FLAG_TSC_STABLE;
    write_whole(&page[0][0], p);
    counts.own = 0;
    assert_int_equal(meridian_now_ns(&own_clock, &counts), 1070);
    assert_int_equal(asked + taken, 0);
    assert_int_equal(last_ns, 0);
}

/* The mode has changed since the last read: the common line is read, and nobody is asked the next time. */
static void an_old_note_of_per_cpu_mode_costs_one_read(void **state)
{
    struct published p = line(4000, 70);

    (void)state;
    p.flags = MERIDIAN_FLAG_TSC_STABLE;
    write_whole(&page[0][0], p);
    p.line.ns = 30; /* never so apart: it shows which line was read */
    write_whole(&mine[0], p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(meridian_now_ns(&own_clock, &counts), 1070);
        assert_int_equal(asked, 2);
        assert_int_equal(tsc_reads, 2 + i);
    }
    assert_int_equal(counts.retries + last_ns, 0);
}

/* The same the other way. The common record is whole, but it does not hold. */
static void an_old_note_of_unified_mode_costs_one_read(void **state)
{
    (void)state;
    write_whole(&page[0][0], line(4000, 70));
    counts.own = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(meridian_now_ns(&own_clock, &counts), 1000);
        assert_int_equal(taken, 1 + i);
        assert_int_equal(tsc_reads, 2 + i);
    }
    assert_int_equal(counts.retries, 0);
    assert_int_equal(last_ns, 1000);
}

static void move_to_vcpu_1(void)
{
    here = 1;
    on_tsc = on_record = NULL;
}

static void a_move_at_the_tsc_is_seen(void **state)
{
    (void)state;
    on_tsc = move_to_vcpu_1;
    assert_int_equal(meridian_now_ns(&own_clock, &counts), 501000);
    assert_int_equal(counts.retries, 1);
    assert_int_equal(taken, 2);
}

/* The record is VCPU 1's then, and the first answer VCPU 0. */
static void a_move_before_the_record_is_seen(void **state)
{
    (void)state;
    on_record = move_to_vcpu_1;
    assert_int_equal(meridian_now_ns(&own_clock, &counts), 501000);
    assert_int_equal(counts.retries, 1);
}

static void there_and_back(void)
{
    here += 2ull << 32; /* moved twice, and VCPU 0 again */
    on_tsc = on_record = NULL;
}

static void there_and_back_is_seen_by_the_count_of_moves(void **state)
{
    (void)state;
    on_tsc = there_and_back;
    assert_int_equal(meridian_now_ns(&own_clock, &counts), 1000);
    assert_int_equal(counts.retries, 1);
    here = counts.retries = 0;
    on_record = there_and_back;
    assert_int_equal(meridian_now_ns(&own_clock, &counts), 1000);
    assert_int_equal(counts.retries, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(both_words_are_the_kernels, begin),
        cmocka_unit_test_setup(nobody_is_asked_in_unified_mode, begin),
        cmocka_unit_test_setup(an_old_note_of_per_cpu_mode_costs_one_read, begin),
        cmocka_unit_test_setup(an_old_note_of_unified_mode_costs_one_read, begin),
        cmocka_unit_test_setup(a_move_at_the_tsc_is_seen, begin),
        cmocka_unit_test_setup(a_move_before_the_record_is_seen, begin),
        cmocka_unit_test_setup(there_and_back_is_seen_by_the_count_of_moves, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
