/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h -Wl,--wrap=record_begin,--wrap=record_fill,--wrap=record_end */
/*
 * The airtight publish, act by act: what docs/clock.md asks of the joint holds in the very calls that the
 * publisher makes. Every act is noted with the TSC of its moment.
 */
#include "seed_machine.h"
#include "keeper/publisher.h"
#include "record_wraps.h"

#define VCPUS 3u
#define ACTS  64u

enum act { ACT_BEGIN, ACT_FENCED_TSC, ACT_FILL, ACT_END };

static struct {
    enum act act;
    unsigned slot;
    uint64_t tsc;
} acts[ACTS];
static unsigned act_count;

static struct meridian_record slots[1 + VCPUS];
static struct xen_time_record xen_records[VCPUS];
static struct time_vcpu vcpus[VCPUS];
static uint32_t wall[4];
static struct time_domain domain;

static void note(enum act act, unsigned slot)
{
    if (act_count < ACTS) {
        acts[act_count].act = act;
        acts[act_count].slot = slot;
        acts[act_count].tsc = tsc_of(0);
    }
    act_count++;
}

static unsigned slot_of(volatile struct meridian_record *record)
{
    return (unsigned)(record - slots);
}

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    note(ACT_BEGIN, slot_of(record));
    __real_record_begin(record, version);
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    note(ACT_FILL, slot_of(record));
    __real_record_fill(record, data);
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    note(ACT_END, slot_of(record));
    __real_record_end(record, version);
}

static unsigned odd_records(void)
{
    unsigned odd = 0;

    for (unsigned i = 0; i <= VCPUS; i++)
        odd += slots[i].version1 % 2;
    for (unsigned i = 0; i < VCPUS; i++)
        odd += xen_records[i].version % 2;
    return odd;
}

static unsigned odd_at_fence;

static void fenced(void)
{
    note(ACT_FENCED_TSC, 0);
    odd_at_fence = odd_records();
}

static int start(void **state)
{
    (void)state;
    machine_new(VCPUS, 3 * SECOND);
    machine_boot(CLOCKMODE_AUTO);
    assert_int_equal(keeper.mode, CLOCK_UNIFIED);
    memset(slots, 0, sizeof slots);
    memset(xen_records, 0, sizeof xen_records);
    for (unsigned i = 0; i < VCPUS; i++)
        vcpus[i] = (struct time_vcpu){
            .cpu = i, .xen = (volatile struct vcpu_time_info *)&xen_records[i], .slot = &slots[i + 1]};
    domain = (struct time_domain){.vcpu_count = VCPUS,
                                  .vcpus = vcpus,
                                  .common = &slots[0],
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    keeper_add_domain(&domain);
    machine.fenced = fenced;
    return 0;
}

static void publish(void)
{
    act_count = odd_at_fence = 0;
    lock_take(&keeper.lock);
    publish_unified();
    lock_release(&keeper.lock, false);
}

/* Acts `from`.. are `act` on every slot, each once. */
static void assert_all_slots(unsigned from, enum act act)
{
    unsigned seen = 0;

    for (unsigned i = from; i < from + 1 + VCPUS; i++) {
        assert_int_equal(acts[i].act, act);
        seen |= 1u << acts[i].slot;
    }
    assert_int_equal(seen, (1u << (1 + VCPUS)) - 1);
}

/* All odd, the TSC behind a fence, all written, all even; the common line odd last and even first. */
static void the_acts_are_in_order(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 50; turn++) {
        machine_run(SECOND / 10);
        publish();
        assert_int_equal(act_count, 3 * (1 + VCPUS) + 1);
        assert_all_slots(0, ACT_BEGIN);
        assert_int_equal(acts[VCPUS].slot, 0);
        assert_int_equal(acts[1 + VCPUS].act, ACT_FENCED_TSC);
        assert_all_slots(2 + VCPUS, ACT_FILL);
        assert_all_slots(3 + 2 * VCPUS, ACT_END);
        assert_int_equal(acts[3 + 2 * VCPUS].slot, 0);
    }
}

/* One phase would leave the old line readable when the joint is chosen; Xen's records count too. */
static void all_are_odd_when_the_joint_is_chosen(void **state)
{
    (void)state;
    publish();
    assert_int_equal(odd_at_fence, 1 + 2 * VCPUS);
    assert_int_equal(odd_records(), 0);
}

/*
 * The joint is behind nobody: ahead of the TSC read when all were odd by the skew and 2 us, and nobody reads
 * the new line until the TSC is past it by the skew.
 */
static void the_joint_is_ahead_and_waited_for(void **state)
{
    uint64_t margin;

    (void)state;
    for (unsigned turn = 0; turn < 50; turn++) {
        struct consensus all;
        uint64_t joint, skew;

        machine_run(SECOND / 4);
        publish();
        joint = slots[0].tsc_timestamp;
        all = publish_gather(acts[1 + VCPUS].tsc);
        skew = scale_ticks(keeper.nominal, (uint64_t)(all.value_hull.hi - all.value_hull.lo));
        margin = scale_ticks(keeper.nominal, 2000);
        assert_true(skew > 0);
        assert_in_range(joint - acts[1 + VCPUS].tsc, skew + margin, skew + margin + 200);
        assert_in_range(acts[3 + 2 * VCPUS].tsc - joint, skew - 100, skew + 1000);
    }
}

/* One line on all records: what any reader has at the joint, no less and no more, and the bound with it. */
static void all_records_say_the_same_and_nothing_steps(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 50; turn++) {
        struct line old = keeper.common.timeline.line;

        machine_run(SECOND / 10);
        old = keeper.common.timeline.line;
        publish();
        for (unsigned i = 1; i <= VCPUS; i++) {
            assert_memory_equal(&slots[i].tsc_timestamp, &slots[0].tsc_timestamp, 56);
            assert_int_equal(xen_records[i - 1].tsc_timestamp, slots[0].tsc_timestamp);
            assert_int_equal(xen_records[i - 1].system_time, slots[0].system_time);
            assert_int_equal(xen_records[i - 1].tsc_to_system_mul, slots[0].tsc_to_system_mul);
            assert_int_equal(xen_records[i - 1].flags, MERIDIAN_FLAG_TSC_STABLE);
        }
        assert_in_range(slots[0].system_time - line_read(&old, slots[0].tsc_timestamp), 0, 1);
        assert_true(slots[0].err_ns < 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_acts_are_in_order, start),
        cmocka_unit_test_setup(all_are_odd_when_the_joint_is_chosen, start),
        cmocka_unit_test_setup(the_joint_is_ahead_and_waited_for, start),
        cmocka_unit_test_setup(all_records_say_the_same_and_nothing_steps, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
