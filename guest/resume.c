#include "resume.h"

#include <xen/vcpu.h>

#include "clock.h"
#include "events.h"
#include "hypercall.h"
#include "system.h"
#include "vcpu.h"
#include "wall.h"

#define MS_NS    1000000ull
#define BREAK_NS (200 * MS_NS) /* between one that is up again and the next that goes down */
#define AFTER_NS (50 * MS_NS)  /* how long its ticks are counted once it is up */

enum step { STEP_WAITS, STEP_DOWN, STEP_UP, STEP_DONE };

/*
 * What one VCPU went through. The VCPU itself writes it, but VCPU 1 writes VCPU 0's until that is up again.
 * `step` says how far it is: down, up, and AFTER_NS later.
 */
static struct one {
    uint32_t step;
    uint64_t down_ns, up_ns;
    uint64_t age_ns;    /* of the first record that was read when it was up */
    uint64_t ticks;     /* upcalls with a tick due, since it went down */
    uint64_t overslept; /* timeouts that came due meanwhile */
    uint64_t jiffies_behind;
    struct meridian_utc down_utc, up_utc;
    struct meridian_counts counts;
} __attribute__((aligned(64))) ones[MAX_VCPUS];

static uint32_t vcpu_count;
static uint64_t start_ns, down_ns;

void resume_init(uint32_t vcpus, uint32_t down_ms)
{
    struct meridian_counts counts = {0};

    vcpu_count = vcpus > 1 ? vcpus : 0;
    start_ns = clock_raw_ns(&counts);
    down_ns = down_ms * MS_NS;
}

/* Returns the system time at which VCPU `id` goes down. VCPU 0 is the last. */
static uint64_t goes_ns(uint32_t id)
{
    uint64_t place = id ? id - 1 : vcpu_count - 1;

    return start_ns + BREAK_NS + place * (down_ns + BREAK_NS);
}

static long vcpu_op(int operation, uint32_t id)
{
    return hypercall(__HYPERVISOR_vcpu_op, (uint64_t)operation, id, 0, 0);
}

static uint32_t step_of(uint32_t id)
{
    return __atomic_load_n(&ones[id].step, __ATOMIC_ACQUIRE);
}

static void set_step(uint32_t id, uint32_t step)
{
    __atomic_store_n(&ones[id].step, step, __ATOMIC_RELEASE);
}

static void note_down(struct one *one, uint32_t id, const struct meridian_sample *sample)
{
    one->down_ns = meridian_raw_ns(sample);
    one->down_utc = wall_at(sample);
    one->ticks = vcpu_of(id)->tick.ticks;
    one->overslept = vcpu_of(id)->timeouts.overslept;
    set_step(id, STEP_DOWN);
}

static void note_up(struct one *one, uint32_t id, const struct meridian_sample *sample)
{
    one->up_ns = meridian_raw_ns(sample);
    one->up_utc = wall_at(sample);
    one->age_ns = sample->age_ns;
    set_step(id, STEP_UP);
}

/*
 * The VCPU resumes when the call that took it down comes back. Nothing that it computed before is of use: the
 * tick starts at the present time, not where it was, and timeouts are set again in system time.
 */
static void go_down_and_resume(uint32_t me)
{
    struct one *one = &ones[me];
    struct meridian_sample sample;

    events_disable();
    meridian_read(&guest_clock, &one->counts, &sample);
    note_down(one, me, &sample);
    vcpu_op(VCPUOP_down, me);
    meridian_read(&guest_clock, &one->counts, &sample);
    tick_start();
    timeouts_resume(meridian_raw_ns(&sample));
    note_up(one, me, &sample);
    events_enable();
}

/* VCPU 0 notices nothing: its own tick finds out how much time has gone by. */
static void take_down_vcpu_0(const struct meridian_sample *sample)
{
    note_down(&ones[0], 0, sample);
    vcpu_op(VCPUOP_down, 0);
}

static void bring_up(uint32_t id, uint64_t now_ns, const struct meridian_sample *sample)
{
    if (step_of(id) != STEP_DOWN || now_ns < goes_ns(id) + down_ns || vcpu_op(VCPUOP_is_up, id) != 0)
        return;
    if (id == 0)
        note_up(&ones[0], 0, sample);
    vcpu_op(VCPUOP_up, id);
}

static void note_after(uint32_t me)
{
    struct one *one = &ones[me];

    one->ticks = vcpu_of(me)->tick.ticks - one->ticks;
    one->overslept = vcpu_of(me)->timeouts.overslept - one->overslept;
    one->jiffies_behind = me ? 0 : tick_jiffies_behind();
    set_step(me, STEP_DONE);
}

static void do_for_others(uint32_t me, uint64_t now_ns, const struct meridian_sample *sample)
{
    if (me == 1 && step_of(0) == STEP_WAITS && now_ns >= goes_ns(0))
        take_down_vcpu_0(sample);
    else if (me == 1)
        bring_up(0, now_ns, sample);
    for (uint32_t id = 1; me == 0 && id < vcpu_count; id++)
        bring_up(id, now_ns, sample);
}

void resume_poll(uint32_t me)
{
    struct meridian_sample sample;
    struct one *one = &ones[me];

    if (!down_ns || !vcpu_count)
        return;
    meridian_read(&guest_clock, &one->counts, &sample);
    uint64_t now_ns = meridian_raw_ns(&sample);
    do_for_others(me, now_ns, &sample);
    if (me && step_of(me) == STEP_WAITS && now_ns >= goes_ns(me))
        go_down_and_resume(me);
    else if (step_of(me) == STEP_UP && now_ns >= one->up_ns + AFTER_NS)
        note_after(me);
}

bool resume_complete(void)
{
    for (uint32_t id = 0; down_ns && id < vcpu_count; id++)
        if (step_of(id) != STEP_DONE)
            return false;
    return true;
}

void resume_print(void)
{
    for (uint32_t id = 0; down_ns && id < vcpu_count; id++) {
        const struct one *one = &ones[id];
        int64_t wall_ns = (one->up_utc.sec - one->down_utc.sec) * 1000000000 + one->up_utc.nsec -
                          (int64_t)one->down_utc.nsec;

        print("@resume id=%u by=%u step=%u asked_ns=%lu down_ns=%lu wall_ns=%ld age_ns=%lu ticks=%lu "
              "overslept=%lu jiffies_behind=%lu\n",
              id, id == 0, one->step, down_ns, one->up_ns - one->down_ns, wall_ns, one->age_ns, one->ticks,
              one->overslept, one->jiffies_behind);
    }
}
