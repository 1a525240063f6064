/* sources: hv/domain/vcpu/areas.c hv/time/line.c hv/time/publish.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * The areas in a guest's own memory: time there never goes back and never begins later than it is read,
 * however late it is written after its record, and another VCPU reads it whole. Runstate adds up for
 * every VCPU that asks.
 */
#include "turns_lock.h"

#include "domain/vcpu/areas.h"
#include "domain/vcpu/vcpu.h"
#include "time/publish.h"

#define UPDATES 3000u
#define SLOW    0x7ff00000u /* about a ns a tick, with a shift of 1, and 500 ppm less and more */
#define FAST    0x80100000u

static struct meridian_record slot;
static struct vcpu vcpu;
static struct domain domain;
static struct vcpu_time_info area;
static struct vcpu_runstate_info state_area;
static unsigned writes, mapped_writes; /* of the guest's memory; so many more go through */
static uint64_t clock_ns;              /* what keeper_now_ns says, if not 0 */

uint64_t keeper_now_ns(void)
{
    turn();
    return clock_ns ? clock_ns : turns.now;
}

bool guest_write(const struct guest_space *space, uint64_t to, const void *from, size_t size)
{
    assert_ptr_equal(space, &domain.space);
    writes++;
    if (!mapped_writes)
        return false;
    mapped_writes--;
    turns_copy((void *)(uintptr_t)to, from, size);
    return true;
}

static void new_vcpu(uint64_t seed)
{
    turns_new(2, seed);
    turns.at_pauses = true;
    memset(&vcpu, 0, sizeof vcpu);
    memset(&domain, 0, sizeof domain);
    memset(&area, 0, sizeof area);
    memset(&slot, 0, sizeof slot);
    memset(&state_area, 0, sizeof state_area);
    vcpu.domain = &domain;
    domain.time_vcpus[0].slot = &slot;
    vcpu.areas.time_area = (uint64_t)(uintptr_t)&area;
    writes = 0;
    mapped_writes = UINT32_MAX;
    clock_ns = 0;
}

static void publish(struct line *line, uint64_t joint, uint32_t mul)
{
    static uint32_t version;
    struct published told = {.flags = MERIDIAN_FLAG_TSC_STABLE};

    version = slot.version1;
    *line = line_follow(line, joint, (struct tsc_scale){mul, 1}, 0);
    told.line = *line;
    record_begin(&slot, version);
    record_fill(&slot, &told);
    record_end(&slot, version);
}

/* As a guest reads: Xen's own way, which subtracts without a sign. */
static uint64_t read_area(uint64_t tsc)
{
    assert_false(area.version & 1);
    assert_true(area.tsc_timestamp <= tsc);
    return area.system_time + (uint64_t)((unsigned __int128)((tsc - area.tsc_timestamp) << area.tsc_shift) *
                                             area.tsc_to_system_mul >>
                                         32);
}

/* The area is read up to the moment that it is written anew, which may be long after the joint. */
static void its_time_never_goes_back(void **state)
{
    struct line line = {.tsc = 1, .ns = 1, .scale = {FAST, 1}};
    uint64_t last = 0, ahead = 0;

    (void)state;
    new_vcpu(1);
    line.tsc = turns.now;
    for (unsigned i = 0; i < UPDATES; i++) {
        turns.now += 250000000;
        publish(&line, turns.now + turn_draw(2000), turn_draw(2) ? FAST : SLOW);
        for (unsigned reads = (unsigned)turn_draw(4); reads && area.version; reads--) {
            uint64_t now;

            turns.now += turn_draw(100000);
            now = read_area(turns.now);
            assert_true(now >= last);
            last = now;
        }
        areas_refresh(&vcpu);
        uint64_t now = read_area(turns.now), true_ns = line_read(&line, turns.now);

        assert_true(now >= last);
        last = now;
        assert_true(now >= true_ns);
        ahead = now - true_ns > ahead ? now - true_ns : ahead;
        assert_int_equal(area.flags, MERIDIAN_FLAG_TSC_STABLE);
    }
    assert_in_range(ahead, 1, 2500); /* what lines came apart since a joint does not add up */
}

/* It slept for 10 s while its line got slower: it never read the old one so far. */
static void what_it_did_not_read_does_not_count(void **state)
{
    struct line line = {.ns = 1000, .scale = {FAST, 1}};
    uint64_t left;

    (void)state;
    new_vcpu(1);
    line.tsc = turns.now;
    publish(&line, turns.now, FAST);
    areas_refresh(&vcpu);
    publish(&line, turns.now + 1000, SLOW);
    turns.now += 100;
    left = read_area(turns.now);
    areas_left(&vcpu);
    turns.now += 10000000000;
    areas_refresh(&vcpu);
    assert_int_equal(read_area(turns.now), line_read(&line, turns.now));
    assert_true(read_area(turns.now) > left);
    assert_int_equal(area.tsc_to_system_mul, SLOW);
    publish(&line, turns.now + 1000, FAST); /* it runs again: now it reads on */
    areas_refresh(&vcpu);
    turns.now += 10000000;
    left = read_area(turns.now);
    publish(&line, turns.now - 9000000, SLOW);
    areas_refresh(&vcpu);
    assert_true(read_area(turns.now) >= left);
}

/* Ahead by what it has read: slower until the record has caught up, and then as the record says. */
static void it_meets_its_record_again(void **state)
{
    struct line line = {.ns = 1000, .scale = {FAST, 1}};
    uint64_t ahead, last = UINT64_MAX;

    (void)state;
    new_vcpu(1);
    line.tsc = turns.now;
    publish(&line, turns.now, FAST);
    areas_refresh(&vcpu);
    turns.now += 10000000;
    publish(&line, turns.now - 9000000, SLOW); /* long ago: the area ran on at the old rate */
    for (unsigned period = 0; period < 40; period++) {
        areas_refresh(&vcpu);
        ahead = read_area(turns.now) - line_read(&line, turns.now);
        assert_true(ahead < last || ahead == 0);
        last = ahead;
        turns.now += 250000000;
        publish(&line, turns.now, SLOW);
    }
    assert_in_range(ahead, 0, 2);
}

/* Where the new line is not behind, it is taken as it is. */
static void a_line_that_is_ahead_is_taken_as_it_is(void **state)
{
    struct line line = {.ns = 1000, .scale = {SLOW, 1}};

    (void)state;
    new_vcpu(1);
    line.tsc = turns.now;
    publish(&line, turns.now, SLOW);
    areas_refresh(&vcpu);
    turns.now += 1000000;
    publish(&line, turns.now - 500, FAST);
    areas_refresh(&vcpu);
    assert_int_equal(area.tsc_timestamp, slot.tsc_timestamp);
    assert_int_equal(area.system_time, slot.system_time);
    assert_int_equal(area.tsc_to_system_mul, FAST);
    assert_int_equal(area.tsc_shift, 1);
}

static void it_is_written_once_a_record(void **state)
{
    struct line line = {.ns = 1000, .scale = {SLOW, 1}};
    struct vcpu_time_info before;

    (void)state;
    new_vcpu(1);
    line.tsc = turns.now;
    publish(&line, turns.now, SLOW);
    areas_refresh(&vcpu);
    assert_int_equal(writes, 3);
    assert_int_equal(area.version, 2);
    areas_refresh(&vcpu);
    assert_int_equal(writes, 3);
    before = area;
    slot.version1++; /* it is being written now */
    slot.system_time += 12345;
    areas_refresh(&vcpu);
    assert_int_equal(writes, 3);
    assert_memory_equal(&area, &before, sizeof area);
    slot.version1++;
    slot.version2 += 2;
    areas_refresh(&vcpu);
    assert_int_equal(writes, 6);
    assert_int_equal(area.version, 4);
    assert_int_equal(area.system_time, slot.system_time);
}

/* Unmapped in the midst: it stays marked, and is whole when it is there again. */
static void an_area_that_goes_away_stays_marked(void **state)
{
    struct line line = {.ns = 1000, .scale = {SLOW, 1}};

    (void)state;
    for (unsigned through = 0; through < 3; through++) {
        uint32_t version;

        new_vcpu(1);
        line = (struct line){.tsc = turns.now, .ns = 1000, .scale = {SLOW, 1}};
        publish(&line, turns.now, SLOW);
        mapped_writes = through;
        areas_refresh(&vcpu);
        version = area.version;
        assert_int_equal(version, through ? 1 : 0);
        mapped_writes = UINT32_MAX;
        turns.now += 1000;
        publish(&line, turns.now, FAST);
        areas_refresh(&vcpu);
        assert_true(area.version > version && area.version % 2 == 0);
        assert_int_equal(area.system_time, slot.system_time);
    }
}

/* ---- Another VCPU reads it meanwhile ---- */

static struct line shared_line;
static bool over;

static void write_often(void)
{
    for (unsigned i = 0; i < 12; i++) {
        publish(&shared_line, turns.now, i % 2 ? FAST : SLOW);
        areas_refresh(&vcpu);
    }
    over = true;
}

static void read_meanwhile(void)
{
    volatile struct vcpu_time_info *info = &area;
    struct vcpu_time_info copy;

    do {
        copy.version = __atomic_load_n(&info->version, __ATOMIC_ACQUIRE);
        copy.tsc_timestamp = __atomic_load_n(&info->tsc_timestamp, __ATOMIC_ACQUIRE);
        copy.system_time = __atomic_load_n(&info->system_time, __ATOMIC_ACQUIRE);
        copy.tsc_to_system_mul = __atomic_load_n(&info->tsc_to_system_mul, __ATOMIC_ACQUIRE);
        if (copy.version % 2 || __atomic_load_n(&info->version, __ATOMIC_ACQUIRE) != copy.version ||
            !copy.version)
            continue;
        /* Lines of odd and even numbers have other scales; where each began is told by its version. */
        assert_in_range(copy.tsc_to_system_mul, (copy.version / 2 % 2 ? SLOW : FAST) - 10000,
                        copy.version / 2 % 2 ? SLOW : FAST);
    } while (!over);
}

static void another_vcpu_reads_it_whole(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 300; run++) {
        new_vcpu(run);
        turns.at_pauses = over = false;
        shared_line = (struct line){.tsc = turns.now, .ns = 1000, .scale = {SLOW, 1}};
        turns.of[0].runs = write_often;
        turns.of[1].runs = read_meanwhile;
        assert_true(turns_run());
    }
}

/* ---- Runstate ---- */

static uint64_t time_of_all(const struct vcpu_runstate_info *info)
{
    return info->time[0] + info->time[1] + info->time[2] + info->time[3];
}

static void times_add_up(void **state)
{
    struct vcpu_runstate_info now;

    (void)state;
    new_vcpu(1);
    vcpu.areas.runstate = (struct vcpu_runstate_info){.state = RUNSTATE_offline, .state_entry_time = 1000};
    clock_ns = 5000;
    runstate_change(&vcpu, RUNSTATE_running);
    clock_ns = 8000;
    runstate_change(&vcpu, RUNSTATE_running); /* it is that already */
    runstate_read(&vcpu, &now);
    assert_int_equal(now.state, RUNSTATE_running);
    assert_int_equal(now.state_entry_time, 5000);
    assert_int_equal(now.time[RUNSTATE_offline], 4000);
    assert_int_equal(now.time[RUNSTATE_running], 3000);
    clock_ns = 9000;
    runstate_change(&vcpu, RUNSTATE_blocked);
    clock_ns = 8500; /* another CPU's clock is a little behind */
    runstate_read(&vcpu, &now);
    assert_int_equal(now.time[RUNSTATE_blocked], 0);
    runstate_change(&vcpu, RUNSTATE_running);
    assert_int_equal(vcpu.areas.runstate.state_entry_time, 9000);
    clock_ns = 9700;
    runstate_read(&vcpu, &now);
    assert_int_equal(now.time[RUNSTATE_running], 4700);
    assert_int_equal(time_of_all(&now), 9700 - 1000);
}

static void the_runstates_area_is_written_when_it_changed(void **state)
{
    (void)state;
    new_vcpu(1);
    vcpu.areas.time_area = 0;
    vcpu.areas.runstate_area = (uint64_t)(uintptr_t)&state_area;
    areas_refresh(&vcpu);
    assert_int_equal(writes, 0);
    clock_ns = 3000;
    runstate_change(&vcpu, RUNSTATE_blocked);
    clock_ns = 4000;
    areas_refresh(&vcpu);
    assert_int_equal(writes, 1);
    assert_int_equal(state_area.state, RUNSTATE_blocked);
    assert_int_equal(state_area.state_entry_time, 3000);
    assert_int_equal(state_area.time[RUNSTATE_blocked], 1000);
    areas_refresh(&vcpu);
    assert_int_equal(writes, 1);
}

/* Two CPUs, one that changes it and one that reads: all the time that went by is in what is read. */
static void change_often(void)
{
    for (int i = 0; i < 12; i++)
        runstate_change(&vcpu, i % 4);
    over = true;
}

static void read_often(void)
{
    struct vcpu_runstate_info now;
    uint64_t last = 0;

    while (!over) {
        runstate_read(&vcpu, &now);
        assert_true(time_of_all(&now) >= last);
        last = time_of_all(&now);
        assert_true(now.state_entry_time + now.time[now.state] >= now.state_entry_time);
        assert_true(last <= turns.now - (1ull << 40));
    }
}

static void whoever_reads_it_all_is_there(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 300; run++) {
        new_vcpu(run);
        turns.at_pauses = over = false;
        vcpu.areas.runstate.state_entry_time = turns.now;
        turns.of[0].runs = change_often;
        turns.of[1].runs = read_often;
        assert_true(turns_run());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_time_never_goes_back),
        cmocka_unit_test(what_it_did_not_read_does_not_count),
        cmocka_unit_test(it_meets_its_record_again),
        cmocka_unit_test(a_line_that_is_ahead_is_taken_as_it_is),
        cmocka_unit_test(it_is_written_once_a_record),
        cmocka_unit_test(an_area_that_goes_away_stays_marked),
        cmocka_unit_test(another_vcpu_reads_it_whole),
        cmocka_unit_test(times_add_up),
        cmocka_unit_test(the_runstates_area_is_written_when_it_changed),
        cmocka_unit_test(whoever_reads_it_all_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
