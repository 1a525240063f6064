/* sources: hv/domain/events/events.c hv/domain/events/event_table.c hv/domain/vcpu/schedule.c hv/domain/calls/sched_op.c hv/domain/vcpu/vcpu_timers.c hv/time/timerq.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/*
 * No wake-up is lost: a VCPU goes to sleep while other CPUs raise what it waits for, in any order of their
 * steps (turns.h). A guest of a few lines runs on CPU 1; its CPU sleeps as run_next has it sleep. A wake-up
 * that is lost leaves all CPUs asleep, which turns_run tells.
 */
#include "domain_fixture.h"

#define RUNS   3000u
#define ROUNDS 3u

static struct vcpu_info elsewhere[2];
static unsigned taken, sent;

static void new_round(uint64_t seed)
{
    new_domain(seed);
    memset(elsewhere, 0, sizeof elsewhere);
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
        new_round(run);
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
        new_round(run);
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
        new_round(run);
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
    assert_false(schedule_is_down(&vcpus[GUEST]));
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
        new_round(run);
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
        new_round(run);
        turns.of[0].runs = ask_for_ticks;
        turns.of[GUEST].runs = serve_the_tick;
        assert_true(turns_run());
        assert_true(vcpus[GUEST].timers.periodic.timer.armed);
    }
}

/* What is not masked is not told again. */
static void unmasking_what_is_not_masked_does_nothing(void **state)
{
    struct event_effect effect;

    (void)state;
    new_domain(1);
    shared.evtchn_pending[0] = 1ul << port;
    assert_int_equal(events_unmask(&domain.events, port, &effect), 0);
    assert_false(effect.upcall || effect.became_pending);
    assert_int_equal(shared.vcpu_info[GUEST].evtchn_pending_sel, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_blocks_is_woken),
        cmocka_unit_test(who_polls_is_woken),
        cmocka_unit_test(two_at_once_are_both_heard),
        cmocka_unit_test(no_event_is_left_in_the_old_place),
        cmocka_unit_test(an_unmasked_event_is_heard),
        cmocka_unit_test(who_is_brought_up_runs),
        cmocka_unit_test(a_tick_asked_for_is_served),
        cmocka_unit_test(unmasking_what_is_not_masked_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
