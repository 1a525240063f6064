/* sources: keeper */
/* flags: -include test/sim/sim_cpu.h -Wl,@test/unit/publish_again.wraps */
/*
 * A publisher dies before or after each of its acts, and another CPU writes all records anew (docs/clock.md,
 * "A publisher that dies"): what readers then find, which line and which mode go on.
 */
#include "seed_machine.h"
#include <limits.h>

#include "keeper/publisher.h"

#define HZ     (3 * SECOND)
#define CPUS   3u
#define SLOTS  (1 + CPUS)
#define LOST   1u
#define ALIVE  UINT_MAX
#define BASE_S 2000000000

static struct meridian_record slots[SLOTS];
static struct xen_time_record xen_records[CPUS];
static struct time_vcpu vcpus[CPUS];
static uint32_t wall[4];
static struct time_domain domain;

static jmp_buf death;
static unsigned acts, dies_at;
static bool whole;      /* the new line is noted as whole */
static struct line new; /* and this is it */
static struct published own[CPUS], common;

static void act(void)
{
    if (acts++ == dies_at)
        longjmp(death, 1);
}

void __real_record_begin(volatile struct meridian_record *record, uint32_t version);
void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version);
void __real_record_fill(volatile struct meridian_record *record, const struct published *data);
void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data);
void __real_record_fill_wall(volatile struct meridian_record *record, struct utc wall_now);
void __wrap_record_fill_wall(volatile struct meridian_record *record, struct utc wall_now);
void __real_record_end(volatile struct meridian_record *record, uint32_t version);
void __wrap_record_end(volatile struct meridian_record *record, uint32_t version);
void __real_latch_set(struct latch *latch, const struct line *line);
void __wrap_latch_set(struct latch *latch, const struct line *line);
struct bound __real_timeline_update(struct timeline *t, uint64_t joint, const struct consensus *all);
struct bound __wrap_timeline_update(struct timeline *t, uint64_t joint, const struct consensus *all);
uint64_t __real_scale_to_hz(struct tsc_scale scale);
uint64_t __wrap_scale_to_hz(struct tsc_scale scale);

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    act();
    __real_record_begin(record, version);
    act();
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    act();
    __real_record_fill(record, data);
    act();
}

void __wrap_record_fill_wall(volatile struct meridian_record *record, struct utc wall_now)
{
    act();
    __real_record_fill_wall(record, wall_now);
    act();
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    act();
    __real_record_end(record, version);
    act(); /* before it has kept the version */
}

/* It may die in the middle of one too: readers are at copy 1, and copy 0 is not whole. */
void __wrap_latch_set(struct latch *latch, const struct line *line)
{
    if (latch == &keeper.common.latch && clock_mode_now() == CLOCK_UNIFIED) {
        whole = true;
        new = *line;
    }
    if (acts++ == dies_at) {
        latch->sequence++;
        memset(&latch->copy[0], 0x5a, sizeof latch->copy[0]);
        longjmp(death, 1);
    }
    __real_latch_set(latch, line);
    act();
}

struct bound __wrap_timeline_update(struct timeline *t, uint64_t joint, const struct consensus *all)
{
    struct bound bound;

    act();
    bound = __real_timeline_update(t, joint, all);
    act();
    return bound;
}

/* The second one in a publish is asked for when the new line is told already, and not noted as whole yet. */
uint64_t __wrap_scale_to_hz(struct tsc_scale scale)
{
    act();
    return __real_scale_to_hz(scale);
}

static void boot(enum clockmode mode)
{
    dies_at = ALIVE;
    machine_new(CPUS, HZ);
    machine_boot(mode);
    memset(slots, 0, sizeof slots);
    memset(xen_records, 0, sizeof xen_records);
    for (unsigned i = 0; i < CPUS; i++)
        vcpus[i] = (struct time_vcpu){
            .cpu = i, .xen = (volatile struct vcpu_time_info *)&xen_records[i], .slot = &slots[i + 1]};
    domain = (struct time_domain){.vcpu_count = CPUS,
                                  .vcpus = vcpus,
                                  .common = &slots[0],
                                  .wc_version = &wall[0],
                                  .wc_sec = &wall[1],
                                  .wc_nsec = &wall[2],
                                  .wc_sec_hi = &wall[3]};
    keeper_add_domain(&domain);
    machine_run(5 * SECOND);
}

static void all_are_odd(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        assert_int_equal(slots[i].version1 % 2, 1);
    for (unsigned i = 0; i < CPUS; i++)
        assert_int_equal(xen_records[i].version % 2, 1);
    assert_int_equal(wall[0] % 2, 1);
}

/* Whole, and at versions that no reader can have seen. */
static void assert_all_whole(const uint32_t *versions)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        assert_int_equal(slots[i].version1 % 2, 0);
        assert_int_equal(slots[i].version1, slots[i].version2);
        assert_true(slots[i].version1 > versions[i]);
    }
    for (unsigned i = 0; i < CPUS; i++) {
        assert_int_equal(xen_records[i].version % 2, 0);
        assert_true(xen_records[i].version > versions[SLOTS + i]);
    }
    assert_int_equal(wall[0] % 2, 0);
    assert_true(wall[0] > versions[SLOTS + CPUS]);
}

static void keep_versions(uint32_t *versions)
{
    for (unsigned i = 0; i < SLOTS; i++)
        versions[i] = slots[i].version1;
    for (unsigned i = 0; i < CPUS; i++)
        versions[SLOTS + i] = xen_records[i].version;
    versions[SLOTS + CPUS] = wall[0];
}

/* Dies in `publish` at that act. Returns false if it got to its end before. */
static bool dies_in(void (*publish)(void), unsigned at)
{
    common = keeper.common.published;
    for (unsigned i = 0; i < CPUS; i++)
        own[i] = clock_of(i)->own.published;
    acts = 0;
    dies_at = at;
    whole = false;
    machine.cpu = LOST;
    machine.fenced = NULL;
    if (setjmp(death) == 0) {
        lock_take(&keeper.lock);
        publish();
        lock_release(&keeper.lock, false);
        dies_at = ALIVE;
        return false;
    }
    dies_at = ALIVE;
    return true;
}

/* As take_over.c does, two seconds later, on another CPU. All are odd once more before the first is even. */
static void another_takes_over(void)
{
    uint32_t versions[SLOTS + CPUS + 1];
    bool leaves = keeper.unfinished.step == UNFINISHED_LEAVING && keeper.mode == CLOCK_UNIFIED;

    keep_versions(versions);
    clock_of(LOST)->watched.silent = STOPPED_PERIODS;
    machine.cpu = 2;
    machine.now_ns += 2030000000;
    machine.fenced = leaves ? NULL : all_are_odd;
    publish_again();
    machine.fenced = NULL;
    lock_release(&keeper.lock, false);
    assert_all_whole(versions);
    assert_int_equal(keeper.unfinished.step, UNFINISHED_NONE);
}

static void assert_says(unsigned slot, const struct line *line, uint8_t stable)
{
    assert_int_equal(slots[slot].tsc_timestamp, line->tsc);
    assert_int_equal(slots[slot].system_time, line->ns);
    assert_int_equal(slots[slot].tsc_to_system_mul, line->scale.mul);
    assert_int_equal(slots[slot].flags & MERIDIAN_FLAG_TSC_STABLE, stable);
    if (slot)
        assert_int_equal(xen_records[slot - 1].system_time, line->ns);
}

/* What the hypervisor reads on each CPU is what that CPU's VCPUs are told, and it is whole. */
static void assert_latches(const struct line *const *lines)
{
    for (machine.cpu = 0; machine.cpu < CPUS; machine.cpu++) {
        uint64_t tsc = tsc_of(machine.cpu);

        assert_int_equal(latch_in_force()->sequence % 2, 0);
        assert_memory_equal(&latch_in_force()->copy[0], &latch_in_force()->copy[1], sizeof(struct line));
        assert_int_equal(latch_read(latch_in_force(), tsc), line_read(lines[machine.cpu], tsc));
    }
    machine.cpu = 0;
}

static void assert_one_line(const struct line *line, uint8_t stable)
{
    const struct line *const lines[CPUS] = {line, line, line};

    for (unsigned i = 0; i < SLOTS; i++)
        assert_says(i, line, stable);
    assert_latches(lines);
}

/* Until the new line is whole nobody has read it: the one before goes on. From then on it is the new one. */
static void in_unified_mode_one_line_goes_on(void **state)
{
    unsigned old = 0, fresh = 0;

    (void)state;
    for (unsigned at = 0;; at++) {
        boot(CLOCKMODE_UNIFIED);
        if (!dies_in(publish_unified, at))
            break;
        another_takes_over();
        assert_int_equal(keeper.mode, CLOCK_UNIFIED);
        assert_one_line(whole ? &new : &common.line, MERIDIAN_FLAG_TSC_STABLE);
        assert_int_equal(slots[0].err_ns, keeper.common.timeline.bound.ns);
        *(whole ? &fresh : &old) += 1;
    }
    assert_true(old > 5 && fresh > 15);
}

/* "Unified mode was being left: that is finished." The line is the same, only its mark goes. */
static void a_leave_is_finished(void **state)
{
    unsigned at;

    (void)state;
    for (at = 0;; at++) {
        boot(CLOCKMODE_UNIFIED);
        if (!dies_in(publish_leave_unified, at))
            break;
        another_takes_over();
        assert_int_equal(keeper.mode, CLOCK_PERCPU);
        assert_one_line(&common.line, 0);
    }
    assert_true(at > 20);
}

/* Entered: finished, if the new line was whole. Else each CPU goes on with its own. */
static void an_entry_is_finished_or_has_not_been(void **state)
{
    unsigned entered = 0, stayed = 0;

    (void)state;
    for (unsigned at = 0;; at++) {
        const struct line *lines[CPUS];

        boot(CLOCKMODE_PERCPU);
        if (!dies_in(publish_enter_unified, at))
            break;
        entered += keeper.unfinished.step == UNFINISHED_ENTERING;
        stayed += keeper.unfinished.step == UNFINISHED_BEGUN;
        new = keeper.common.timeline.line;
        if (keeper.unfinished.step == UNFINISHED_ENTERING) {
            another_takes_over();
            assert_int_equal(keeper.mode, CLOCK_UNIFIED);
            assert_one_line(&new, MERIDIAN_FLAG_TSC_STABLE);
            continue;
        }
        another_takes_over();
        assert_int_equal(keeper.mode, CLOCK_PERCPU);
        for (unsigned i = 0; i < CPUS; i++) {
            lines[i] = &own[i].line;
            assert_says(i + 1, lines[i], 0);
        }
        assert_latches(lines);
    }
    assert_true(stayed > 5 && entered > 15);
}

static void set_wall(void)
{
    wallclock_base((struct utc){BASE_S, 7}, 0, &keeper.wall_base);
    records_say_wall();
    records_begin(NEWS_WALL);
    records_fill(NEWS_WALL, NULL);
    records_end(NEWS_WALL);
}

/* All records say one UTC, and Xen's wall clock the same: the new one, for its base was whole. */
static void a_set_of_the_wall_clock_is_finished(void **state)
{
    unsigned at;

    (void)state;
    for (at = 0;; at++) {
        boot(CLOCKMODE_UNIFIED);
        if (!dies_in(set_wall, at))
            break;
        another_takes_over();
        assert_true(wall[1] == BASE_S && wall[2] == 7 && wall[3] == 0);
        for (unsigned i = 0; i < SLOTS; i++) {
            struct utc utc = wallclock_at((struct utc){BASE_S, 7}, slots[i].system_time);

            assert_true(slots[i].wall_sec == utc.s && slots[i].wall_nsec == utc.ns);
        }
    }
    assert_true(at > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_unified_mode_one_line_goes_on),
        cmocka_unit_test(a_leave_is_finished),
        cmocka_unit_test(an_entry_is_finished_or_has_not_been),
        cmocka_unit_test(a_set_of_the_wall_clock_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
