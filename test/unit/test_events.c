/* sources: hv/domain/events/events.c hv/domain/events/event_table.c */
/* flags: -pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <xen/errno.h>

#include "busy_host.h"
#include "domain/events/event_table.h"
#include "domain/events/events.h"

bool lock_take(struct lock *lock)
{
    assert_int_equal(__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE), 0);
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)were_on;
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

static struct shared_info shared;
static struct vcpu_info *const info = &shared.vcpu_info[3];
static struct event_table table;

static int setup(void **state)
{
    (void)state;
    memset(&shared, 0, sizeof(shared));
    memset(&table, 0, sizeof(table));
    return 0;
}

static void test_raise(void **state)
{
    struct event_effect effect = event_bits_raise(&shared, info, 130);

    (void)state;
    assert_true(effect.became_pending && effect.upcall);
    assert_int_equal(shared.evtchn_pending[2], 1 << 2);
    assert_int_equal(info->evtchn_pending_sel, 1 << 2);
    assert_int_equal(info->evtchn_upcall_pending, 1);
    assert_true(event_upcall_due(info));

    effect = event_bits_raise(&shared, info, 130); /* the edge is there already */
    assert_false(effect.became_pending || effect.upcall);
    effect = event_bits_raise(&shared, info, 131); /* its word is selected already */
    assert_true(effect.became_pending && !effect.upcall);
    effect = event_bits_raise(&shared, info, 4095); /* another word; the VCPU is told already */
    assert_true(effect.became_pending && !effect.upcall);
    assert_int_equal(info->evtchn_pending_sel, 1ul << 63 | 1 << 2);
}

static void test_masked_port(void **state)
{
    struct event_effect effect;

    (void)state;
    shared.evtchn_mask[0] = 1 << 5;
    effect = event_bits_raise(&shared, info, 5);
    assert_true(effect.became_pending && !effect.upcall);
    assert_int_equal(info->evtchn_pending_sel, 0);
    assert_int_equal(info->evtchn_upcall_pending, 0);
    assert_true(event_bits_unmask(&shared, info, 5));
    assert_int_equal(shared.evtchn_mask[0], 0);
    assert_int_equal(info->evtchn_pending_sel, 1);
    assert_false(event_bits_unmask(&shared, info, 5)); /* it was not masked: nothing to do */
    assert_false(event_bits_unmask(&shared, info, 6));
}

static void test_masked_vcpu(void **state)
{
    (void)state;
    info->evtchn_upcall_mask = 1;
    assert_true(
        event_bits_raise(&shared, info, 9).upcall); /* it must look; whether it does is its own affair */
    assert_false(event_upcall_due(info));
    info->evtchn_upcall_mask = 0;
    assert_true(event_upcall_due(info));
}

static void test_clear(void **state)
{
    (void)state;
    event_bits_raise(&shared, info, 70);
    assert_true(event_port_pending(&shared, 70));
    event_bits_clear(&shared, 70);
    assert_false(event_port_pending(&shared, 70));
}

static void test_virqs(void **state)
{
    (void)state;
    assert_int_equal(event_table_bind_virq(&table, VIRQ_TIMER, 0), 1);
    assert_int_equal(event_table_bind_virq(&table, VIRQ_TIMER, 1), 2);
    assert_int_equal(event_table_bind_virq(&table, VIRQ_TIMER, 1), -XEN_EEXIST);
    assert_int_equal(event_table_bind_virq(&table, NR_VIRQS, 0), -XEN_EINVAL);
    assert_int_equal(event_table_bind_virq(&table, UINT32_MAX, 0), -XEN_EINVAL);
    assert_int_equal(event_table_bind_virq(&table, VIRQ_CONSOLE, 1),
                     -XEN_EINVAL); /* the domain's: on VCPU 0 */
    assert_int_equal(event_table_bind_virq(&table, VIRQ_CONSOLE, 0), 3);
    assert_int_equal(event_table_virq(&table, 1, VIRQ_TIMER), 2);
    assert_int_equal(event_table_virq(&table, 2, VIRQ_TIMER), 0);
}

static void test_close_and_again(void **state)
{
    (void)state;
    assert_int_equal(event_table_bind_virq(&table, VIRQ_TIMER, 1), 1);
    assert_int_equal(event_table_bind_ipi(&table, 2), 2);
    assert_int_equal(event_table_close(&table, 1), 0);
    assert_int_equal(event_table_close(&table, 1), -XEN_EINVAL);
    assert_int_equal(event_table_virq(&table, 1, VIRQ_TIMER), 0);
    assert_null(event_table_bound(&table, 1));
    assert_int_equal(event_table_bind_ipi(&table, 3), 1); /* the lowest free one */
    assert_int_equal(event_table_bound(&table, 1)->vcpu, 3);
    assert_int_equal(event_table_bind_virq(&table, VIRQ_TIMER, 1), 3);
    assert_int_equal(event_table_close(&table, 0), -XEN_EINVAL);
    assert_int_equal(event_table_close(&table, EVENT_PORTS), -XEN_EINVAL);
    assert_int_equal(event_table_close(&table, UINT64_MAX), -XEN_EINVAL);
}

static void test_bind_vcpu(void **state)
{
    (void)state;
    event_table_bind_virq(&table, VIRQ_TIMER, 1);
    event_table_bind_ipi(&table, 2);
    event_table_bind_virq(&table, VIRQ_CONSOLE, 0);
    assert_int_equal(event_table_bind_vcpu(&table, 1, 3), -XEN_EINVAL);
    assert_int_equal(event_table_bind_vcpu(&table, 2, 3), -XEN_EINVAL);
    assert_int_equal(event_table_bind_vcpu(&table, 3, 5), 0);
    assert_int_equal(event_table_bound(&table, 3)->vcpu, 5);
    assert_int_equal(event_table_close(&table, 3), 0); /* it stays the domain's, wherever it is notified */
    assert_int_equal(event_table_bind_virq(&table, VIRQ_CONSOLE, 0), 3);
}

static void test_full(void **state)
{
    (void)state;
    for (int i = 1; i < (int)EVENT_PORTS; i++)
        assert_int_equal(event_table_bind_ipi(&table, 0), i);
    assert_int_equal(event_table_bind_ipi(&table, 0), -XEN_ENOSPC);
    assert_int_equal(event_table_bind_virq(&table, VIRQ_TIMER, 0), -XEN_ENOSPC);
    assert_int_equal(event_table_virq(&table, 0, VIRQ_TIMER), 0);
}

/*
 * The handshake of block and wake-up, on real threads: a sender raises a port, then clears "blocked" if it
 * must look (as schedule_kick); the VCPU takes what is pending, says "blocked", looks once more, and sleeps
 * for as long as it is blocked. If a wake-up could be lost the VCPU would sleep for ever. Ports are taken as
 * a guest does.
 */
#define WAKE_UPS       200000
#define WAKE_UPS_LEAST 100 /* on a busy host */
#define ASLEEP_MOST_S  60
static volatile uint32_t blocked;
static volatile unsigned long taken;
static volatile unsigned long wanted; /* the sender lowers it where the host is too busy for all of them */

static void *sender(void *unused)
{
    time_t begun_s = seconds_now();

    for (unsigned long sent = 0; sent < wanted; sent++) {
        if (event_bits_raise(&shared, info, 77).upcall)
            __atomic_store_n(&blocked, 0, __ATOMIC_SEQ_CST);
        for (unsigned spin = 0; __atomic_load_n(&taken, __ATOMIC_SEQ_CST) <= sent; spin++)
            if (spin % 64 == 63)
                sched_yield();
        if (hand_over_is_over(begun_s)) {
            __atomic_store_n(&wanted, sent + 1, __ATOMIC_SEQ_CST);
            __atomic_store_n(&blocked, 0, __ATOMIC_SEQ_CST);
        }
    }
    return unused;
}

static void take_events(void)
{
    if (!__atomic_exchange_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST))
        return;
    if (!(__atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST) & 2))
        return;
    if (__atomic_exchange_n(&shared.evtchn_pending[1], 0, __ATOMIC_SEQ_CST))
        __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
}

/* Fails where it would sleep for ever. A busy host may keep the sender away for seconds. */
static void sleep_while_blocked(void)
{
    time_t begun_s = seconds_now();

    for (unsigned long spin = 0; __atomic_load_n(&blocked, __ATOMIC_SEQ_CST); spin++) {
        if (spin % 64 != 63)
            continue;
        sched_yield();
        assert_true(seconds_now() - begun_s < ASLEEP_MOST_S);
    }
}

static void test_no_wake_up_is_lost(void **state)
{
    pthread_t thread;

    (void)state;
    blocked = 0;
    taken = 0;
    wanted = WAKE_UPS;
    assert_int_equal(pthread_create(&thread, NULL, sender, NULL), 0);
    while (taken < wanted) {
        take_events();
        __atomic_store_n(&blocked, 1, __ATOMIC_SEQ_CST);
        if (event_upcall_due(info) || taken >= wanted)
            __atomic_store_n(&blocked, 0, __ATOMIC_SEQ_CST);
        sleep_while_blocked();
    }
    pthread_join(thread, NULL);
    assert_int_equal(taken, wanted);
    assert_in_range(taken, WAKE_UPS_LEAST, WAKE_UPS);
}

static struct event_channels events;

static int setup_channels(void **state)
{
    setup(state);
    memset(&events, 0, sizeof events);
    events.shared = &shared;
    for (unsigned i = 0; i < MAX_VCPUS; i++)
        events.info[i] = &shared.vcpu_info[i];
    return 0;
}

static void test_send(void **state)
{
    int ipi = event_table_bind_ipi(&events.table, 3);
    int virq = event_table_bind_virq(&events.table, VIRQ_TIMER, 2);
    struct event_effect effect = {true, true, 7};

    (void)state;
    assert_int_equal(events_send(&events, (uint64_t)virq, &effect), -XEN_EINVAL);
    assert_false(effect.became_pending || effect.upcall);
    assert_int_equal(events_send(&events, UINT64_MAX, &effect), -XEN_EINVAL);
    assert_int_equal(events_send(&events, (uint64_t)ipi, &effect), 0);
    assert_true(effect.became_pending && effect.upcall);
    assert_int_equal(effect.vcpu, 3);
    assert_true(event_upcall_due(info));
    assert_int_equal(events_close(&events, (uint64_t)ipi), 0);
    assert_false(event_port_pending(&shared, (uint32_t)ipi));
    assert_int_equal(events_close(&events, (uint64_t)ipi), -XEN_EINVAL);
}

static void test_virq_and_unmask(void **state)
{
    uint32_t port = (uint32_t)event_table_bind_virq(&events.table, VIRQ_TIMER, 3);
    struct event_effect effect = events_virq(&events, 2, VIRQ_TIMER); /* not bound there */

    (void)state;
    assert_false(effect.became_pending || effect.upcall);
    shared.evtchn_mask[0] = 1ul << port;
    effect = events_virq(&events, 3, VIRQ_TIMER);
    assert_true(effect.became_pending && !effect.upcall);
    assert_int_equal(events_unmask(&events, port, &effect), 0);
    assert_true(effect.upcall && !effect.became_pending);
    assert_int_equal(effect.vcpu, 3);
    assert_int_equal(events_unmask(&events, EVENT_PORTS, &effect), -XEN_EINVAL);
    assert_false(effect.upcall);
}

/* What was pending stays so, and the guest goes through all its ports, once it is told. */
static void test_info_moves(void **state)
{
    struct vcpu_info elsewhere;
    struct event_effect effect;

    (void)state;
    info->evtchn_upcall_mask = 1;
    effect = events_move_info(&events, 3, &elsewhere);
    assert_true(effect.upcall);
    assert_int_equal(effect.vcpu, 3);
    assert_ptr_equal(events.info[3], &elsewhere);
    assert_int_equal(elsewhere.evtchn_upcall_mask, 1);
    assert_int_equal(elsewhere.evtchn_pending_sel, ~0ul);
    effect = events_move_info(&events, 3, &shared.vcpu_info[3]);
    assert_false(effect.upcall); /* the guest had been told already */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_raise, setup),
        cmocka_unit_test_setup(test_masked_port, setup),
        cmocka_unit_test_setup(test_masked_vcpu, setup),
        cmocka_unit_test_setup(test_clear, setup),
        cmocka_unit_test_setup(test_virqs, setup),
        cmocka_unit_test_setup(test_close_and_again, setup),
        cmocka_unit_test_setup(test_bind_vcpu, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_send, setup_channels),
        cmocka_unit_test_setup(test_virq_and_unmask, setup_channels),
        cmocka_unit_test_setup(test_info_moves, setup_channels),
        cmocka_unit_test_setup(test_no_wake_up_is_lost, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
