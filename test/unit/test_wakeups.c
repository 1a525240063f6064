/* sources: hv/domain/events/events.c hv/domain/events/event_table.c hv/domain/vcpu/schedule.c hv/domain/calls/sched_op.c hv/domain/vcpu/vcpu_timers.c hv/time/timerq.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * No wake-up is lost: a VCPU goes to sleep while other CPUs raise what it waits for, in any order of their
 * steps (turns.h). A guest of a few lines runs on CPU 1; its CPU sleeps as run_next has it sleep. A wake-up
 * that is lost leaves all CPUs asleep, which turns_run tells.
 */
#include "turns.h"

#include <xen/sched.h>

#include "domain/calls/calls.h"
#include "domain/events/events.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_timers.h"

#define RUNS   3000u
#define ROUNDS 3u
#define GUEST  1u /* the VCPU, and its CPU */

static struct shared_info shared;
static struct vcpu vcpus[2];
static struct domain domain;
static struct vcpu_info elsewhere[2];
static struct timerq timers; /* of CPU 1 */
static uint32_t port, other_port;
static unsigned taken, sent;

bool cpu_has_hypervisor(void)
{
    return false;
}

bool lock_take(struct lock *lock)
{
    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_SEQ_CST))
        cpu_relax();
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)were_on;
    __atomic_store_n(&lock->held, 0, __ATOMIC_SEQ_CST);
}

uint64_t keeper_now_ns(void)
{
    turn();
    return turns.now;
}

void keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    timerq_arm(&timers, timer, deadline_ns);
}

void keeper_timer_cancel(struct timer *timer)
{
    timerq_cancel(&timers, timer);
}

bool keeper_cpu_measured(unsigned cpu)
{
    (void)cpu;
    return true;
}

bool keeper_cpu_stopped(unsigned cpu)
{
    (void)cpu;
    return false;
}

bool domain_has_ended(const struct domain *of)
{
    (void)of;
    return false;
}

void end_domain(struct domain *of, enum domain_end how, const char *why)
{
    (void)of, (void)how;
    fail_msg("the domain ended: %s", why);
}

bool guest_read(const struct guest_space *space, void *to, uint64_t from, size_t size)
{
    (void)space;
    if (size)
        memcpy(to, (const void *)(uintptr_t)from, size);
    return true;
}

static void new_domain(uint64_t seed)
{
    turns_new(3, seed);
    memset(&shared, 0, sizeof shared);
    memset(&domain, 0, sizeof domain);
    memset(vcpus, 0, sizeof vcpus);
    memset(elsewhere, 0, sizeof elsewhere);
    memset(&timers, 0, sizeof timers);
    domain.events.shared = &shared;
    domain.vcpus = vcpus;
    domain.vcpu_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        domain.events.info[i] = &shared.vcpu_info[i];
        vcpus[i].domain = &domain;
        vcpus[i].id = vcpus[i].cpu = i;
        vcpu_timers_init(&vcpus[i]);
    }
    port = (uint32_t)event_table_bind_ipi(&domain.events.table, GUEST);
    other_port = (uint32_t)event_table_bind_virq(&domain.events.table, VIRQ_TIMER, GUEST);
    assert_true((int)port > 0 && (int)other_port > 0);
    taken = sent = 0;
}

static bool take_bit(volatile unsigned long *word, uint32_t bit)
{
    return __atomic_fetch_and(word, ~(1ul << bit), __ATOMIC_SEQ_CST) >> bit & 1;
}

/* The guest's upcall, in Xen's order: the byte, the selector, the ports. */
static void take_events(void)
{
    volatile struct vcpu_info *info = vcpu_info_of(&vcpus[GUEST]);

    __atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
    if (!__atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST))
        return;
    taken += take_bit(&shared.evtchn_pending[0], port);
    taken += take_bit(&shared.evtchn_pending[0], other_port);
}

static void call(uint64_t op, const void *argument)
{
    uint64_t args[5] = {op, (uint64_t)(uintptr_t)argument};

    assert_int_equal(call_sched_op(&vcpus[GUEST], args), 0);
}

/* As in run_next: whatever changes after it was looked at comes with an interrupt, which ends cpu_idle. */
static void until_it_runs(void)
{
    while (!schedule_runnable(&vcpus[GUEST]))
        cpu_idle();
}

static void guest_that_blocks(void)
{
    volatile struct vcpu_info *info;

    while (taken < ROUNDS) {
        info = vcpu_info_of(&vcpus[GUEST]);
        __atomic_store_n(&info->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
        if (!__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_SEQ_CST))
            call(SCHEDOP_block, NULL);
        until_it_runs();
        take_events();
    }
}

static void guest_that_polls(void)
{
    evtchn_port_t ports[1] = {port};
    struct sched_poll wish = {.nr_ports = 1};

    wish.ports.p = ports;
    __atomic_store_n(&vcpu_info_of(&vcpus[GUEST])->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
    while (taken < ROUNDS) {
        call(SCHEDOP_poll, &wish);
        until_it_runs();
        taken += take_bit(&shared.evtchn_pending[0], port);
    }
}

/* One event after another has been taken. */
static void send_events(void)
{
    struct event_effect effect;

    for (sent = 1; sent <= ROUNDS; sent++) {
        turn_late(turn_draw(400));
        assert_int_equal(events_send(&domain.events, port, &effect), 0);
        schedule_notify(&domain, effect);
        for (unsigned spin = 0; taken < sent; spin++) {
            assert_in_range(spin, 0, 100000); /* else a wake-up was lost */
            cpu_relax();
        }
    }
}

static void raise_virqs(void)
{
    for (sent = 1; sent <= ROUNDS; sent++) {
        turn_late(turn_draw(400));
        schedule_notify(&domain, events_virq(&domain.events, GUEST, VIRQ_TIMER));
        for (unsigned spin = 0; taken < sent; spin++) {
            assert_in_range(spin, 0, 100000);
            cpu_relax();
        }
    }
}

static void try_often(void (*raises)(void), void (*guest)(void))
{
    for (unsigned run = 0; run < RUNS; run++) {
        new_domain(run);
        turns.hold = run % 3 ? 0 : 500;
        turns.hold_in = 20;
        turns.of[0].runs = raises;
        turns.of[GUEST].runs = guest;
        assert_true(turns_run());
        assert_int_equal(taken, ROUNDS);
    }
}

static void who_blocks_is_woken(void **state)
{
    (void)state;
    try_often(send_events, guest_that_blocks);
    try_often(raise_virqs, guest_that_blocks);
}

static void who_polls_is_woken(void **state)
{
    (void)state;
    try_often(send_events, guest_that_polls);
}

/* Two raise at once, each its own port, as often as they like: the guest hears of both. */
static bool heard[2];

static void guest_of_two(void)
{
    volatile struct vcpu_info *info = vcpu_info_of(&vcpus[GUEST]);

    while (!heard[0] || !heard[1]) {
        __atomic_store_n(&info->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
        if (!__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_SEQ_CST))
            call(SCHEDOP_block, NULL);
        until_it_runs();
        __atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
        __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        heard[0] |= take_bit(&shared.evtchn_pending[0], port);
        heard[1] |= take_bit(&shared.evtchn_pending[0], other_port);
    }
}

static void send_one(void)
{
    struct event_effect effect;

    turn_late(turn_draw(300));
    assert_int_equal(events_send(&domain.events, port, &effect), 0);
    schedule_notify(&domain, effect);
}

static void raise_one(void)
{
    turn_late(turn_draw(300));
    schedule_notify(&domain, events_virq(&domain.events, GUEST, VIRQ_TIMER));
}

static void two_at_once_are_both_heard(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_domain(run);
        heard[0] = heard[1] = false;
        turns.of[0].runs = send_one;
        turns.of[GUEST].runs = guest_of_two;
        turns.of[2].runs = raise_one;
        assert_true(turns_run());
    }
}

/* The guest's vcpu_info moves while events come: none is left behind in the old place. */
static void guest_that_moves(void)
{
    struct event_effect effect;

    for (unsigned place = 0; taken < ROUNDS;) {
        if (turn_draw(2)) {
            effect = events_move_info(&domain.events, GUEST, &elsewhere[place++ % 2]);
            schedule_notify(&domain, effect);
        }
        if (!event_upcall_due(vcpu_info_of(&vcpus[GUEST])))
            call(SCHEDOP_block, NULL);
        until_it_runs();
        take_events();
    }
}

static void no_event_is_left_in_the_old_place(void **state)
{
    (void)state;
    try_often(send_events, guest_that_moves);
    try_often(raise_virqs, guest_that_moves);
}

/* A masked port: the event comes while it is masked, or just as it is unmasked. */
static void guest_that_unmasks(void)
{
    volatile struct vcpu_info *info = vcpu_info_of(&vcpus[GUEST]);
    struct event_effect effect;

    for (unsigned round = 1; round <= ROUNDS; round++) {
        assert_int_equal(events_unmask(&domain.events, port, &effect), 0);
        schedule_notify(&domain, effect);
        while (taken < round) {
            __atomic_store_n(&info->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
            if (!__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_SEQ_CST))
                call(SCHEDOP_block, NULL);
            until_it_runs();
            if (round < ROUNDS)
                __atomic_fetch_or(&shared.evtchn_mask[0], 1ul << port, __ATOMIC_SEQ_CST);
            take_events();
            if (taken < round) { /* what had come was masked again: nothing is lost by that */
                assert_int_equal(events_unmask(&domain.events, port, &effect), 0);
                schedule_notify(&domain, effect);
            }
        }
    }
}

static void an_unmasked_event_is_heard(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_domain(run);
        shared.evtchn_mask[0] = 1ul << port;
        turns.of[0].runs = send_events;
        turns.of[GUEST].runs = guest_that_unmasks;
        assert_true(turns_run());
        assert_int_equal(taken, ROUNDS);
    }
}

/* ---- Down and up; a timer of another CPU's VCPU ---- */

static void go_down(void)
{
    schedule_down(&vcpus[GUEST]);
    until_it_runs();
}

static void bring_up(void)
{
    while (!schedule_is_down(&vcpus[GUEST]))
        cpu_relax();
    turn_late(turn_draw(200));
    schedule_up(&vcpus[GUEST]);
}

static void who_is_brought_up_runs(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_domain(run);
        turns.of[0].runs = bring_up;
        turns.of[GUEST].runs = go_down;
        assert_true(turns_run());
    }
}

/* While the CPU sleeps: what another asks of its tick is done when it wakes, and it is woken for it. */
static void serve_the_tick(void)
{
    vcpus[GUEST].running = true;
    while (vcpus[GUEST].timers.period_ns != 5000000) {
        vcpu_timers_serve(&vcpus[GUEST]);
        if (vcpus[GUEST].timers.period_ns != 5000000)
            cpu_idle();
    }
}

static void ask_for_ticks(void)
{
    turn_late(turn_draw(100));
    vcpu_timers_set_periodic(&vcpus[GUEST], 5000000);
}

static void a_tick_asked_for_is_served(void **state)
{
    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        new_domain(run);
        turns.of[0].runs = ask_for_ticks;
        turns.of[GUEST].runs = serve_the_tick;
        assert_true(turns_run());
        assert_true(vcpus[GUEST].timers.periodic.timer.armed);
    }
}

/* ---- Timers: each by its deadline, on this CPU ---- */

static struct timer *due(uint64_t now_ns)
{
    struct timer *timer = timerq_take_due(&timers, now_ns);

    if (timer)
        timer->expired(timer, now_ns);
    return timer;
}

static bool pending(uint32_t of)
{
    return shared.evtchn_pending[0] >> of & 1;
}

static void a_timeout_comes_once(void **state)
{
    struct vcpu *vcpu = &vcpus[GUEST];
    uint64_t now;

    (void)state;
    new_domain(1);
    turns.cpu = GUEST;
    now = turns.now;
    vcpu_timers_set_singleshot(vcpu, now + 1000000);
    assert_false(pending(other_port));
    assert_null(due(now + 999999));
    assert_ptr_equal(due(now + 1000000), &vcpu->timers.singleshot.timer);
    assert_true(pending(other_port));
    shared.evtchn_pending[0] = 0;
    assert_null(due(now + 10000000));
    vcpu_timers_set_singleshot(vcpu, now + 5000000);
    vcpu_timers_set_singleshot(vcpu, now); /* over already: at once, and the other one is forgotten */
    assert_true(pending(other_port));
    shared.evtchn_pending[0] = 0;
    assert_null(due(now + 10000000));
    vcpu_timers_set_singleshot(vcpu, now + 9000000);
    vcpu_timers_stop_singleshot(vcpu);
    assert_null(due(now + 10000000));
    assert_false(pending(other_port));
}

/* A tick a period while it runs, from the last one; none while it does not, and one at once if one was due. */
static void ticks_come_while_it_runs(void **state)
{
    struct vcpu *vcpu = &vcpus[GUEST];
    uint64_t last;

    (void)state;
    new_domain(1);
    turns.cpu = GUEST;
    vcpu->running = true;
    vcpu_timers_resume(vcpu); /* the first is long due */
    assert_true(pending(other_port));
    last = vcpu->timers.periodic_last_ns;
    for (unsigned i = 1; i <= 3; i++) {
        shared.evtchn_pending[0] = 0;
        assert_null(due(last + i * 10000000 - 1));
        assert_ptr_equal(due(last + i * 10000000), &vcpu->timers.periodic.timer);
        assert_true(pending(other_port));
    }
    shared.evtchn_pending[0] = 0;
    vcpu->running = false;
    vcpu_timers_suspend(vcpu);
    assert_null(due(last + 10 * 10000000ull));
    assert_false(pending(other_port));
    turns.now = last + 3 * 10000000ull + 5000000;
    vcpu_timers_resume(vcpu); /* S is before the next one's time: it was not missed */
    assert_false(pending(other_port));
    assert_true(vcpu->timers.periodic.timer.armed);
    vcpu->running = true;
    vcpu_timers_set_periodic(vcpu, 0);
    vcpu_timers_serve(vcpu);
    assert_null(due(last + 100 * 10000000ull));
}

static void a_poll_that_times_out_goes_on(void **state)
{
    struct sched_poll wish = {.nr_ports = 0, .timeout = 0};

    (void)state;
    new_domain(1);
    turns.cpu = GUEST;
    wish.timeout = turns.now + 5000;
    wish.ports.p = NULL;
    vcpu_info_of(&vcpus[GUEST])->evtchn_upcall_mask = 1;
    call(SCHEDOP_poll, &wish);
    assert_false(schedule_runnable(&vcpus[GUEST]));
    assert_null(due(wish.timeout - 1));
    assert_ptr_equal(due(wish.timeout), &vcpus[GUEST].timers.poll.timer);
    assert_true(schedule_runnable(&vcpus[GUEST]));
    assert_int_equal(vcpus[GUEST].stopped_for, 0);
    call(SCHEDOP_poll, &wish);
    schedule_kick(&vcpus[GUEST]);
    vcpu_timers_resume(&vcpus[GUEST]); /* it runs: the timeout is of no use any more */
    assert_false(vcpus[GUEST].timers.poll.timer.armed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_blocks_is_woken),        cmocka_unit_test(who_polls_is_woken),
        cmocka_unit_test(two_at_once_are_both_heard), cmocka_unit_test(no_event_is_left_in_the_old_place),
        cmocka_unit_test(an_unmasked_event_is_heard), cmocka_unit_test(who_is_brought_up_runs),
        cmocka_unit_test(a_tick_asked_for_is_served), cmocka_unit_test(a_timeout_comes_once),
        cmocka_unit_test(ticks_come_while_it_runs),   cmocka_unit_test(a_poll_that_times_out_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
