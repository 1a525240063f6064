/* sources: hv/domain/events/events.c hv/domain/events/event_table.c hv/domain/vcpu/schedule.c hv/domain/calls/sched_op.c hv/domain/vcpu/vcpu_timers.c hv/time/timerq.c */
/* flags: -include test/unit/turns_cpu.h -fno-sanitize=address */
/* The timers of a VCPU, each by its deadline: timeouts, ticks, and the end of a poll. */
#include "domain_fixture.h"

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

/* A tick a period while it runs, from the last one; none while it does not. */
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
    assert_int_equal(vcpu->timers.periodic.timer.deadline_ns, last + 4 * 10000000ull);
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

/* A port that it polls for is pending already: it goes on at once, and polls no more. */
static void a_poll_that_need_not_wait_goes_on(void **state)
{
    evtchn_port_t ports[1] = {port};
    struct sched_poll wish = {.nr_ports = 1, .timeout = 5000};

    (void)state;
    new_domain(1);
    turns.cpu = GUEST;
    ports[0] = port;
    wish.ports.p = ports;
    shared.evtchn_pending[0] = 1ul << port;
    call(SCHEDOP_poll, &wish);
    assert_int_equal(vcpus[GUEST].stopped_for, 0);
    assert_false(vcpus[GUEST].timers.poll.timer.armed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeout_comes_once),
        cmocka_unit_test(ticks_come_while_it_runs),
        cmocka_unit_test(a_poll_that_times_out_goes_on),
        cmocka_unit_test(a_poll_that_need_not_wait_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
