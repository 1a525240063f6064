/* sources: hv/domain/calls/time_ops.c */
/* XENPF_settime64 and _settime32: who may, what is refused and in which order, what reaches the keeper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xen/errno.h>
#include <xen/platform.h>

#include "domain/calls/calls.h"
#include "domain/vcpu/vcpu.h"
#include "domain/vcpu/vcpu_timers.h"

#define SOMEWHERE 0x1000

static struct domain domain;
static struct vcpu vcpu = {.domain = &domain};
static struct xen_platform_op op;
static struct {
    unsigned times;
    int64_t s;
    uint32_t ns;
    uint64_t system_ns;
} set;

bool guest_read(const struct guest_space *space, void *to, uint64_t from, uint64_t size)
{
    assert_ptr_equal(space, &domain.space);
    if (from != SOMEWHERE)
        return false;
    assert_int_equal(size, sizeof op);
    memcpy(to, &op, size);
    return true;
}

void keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns)
{
    set.times++;
    set.s = utc_s;
    set.ns = utc_ns;
    set.system_ns = system_ns;
}

uint64_t keeper_now_ns(void)
{
    return 1000;
}

void vcpu_timers_set_singleshot(struct vcpu *which, uint64_t deadline_ns)
{
    (void)which, (void)deadline_ns;
    fail();
}

void vcpu_timers_stop_singleshot(struct vcpu *which)
{
    (void)which;
    fail();
}

static int64_t call(void)
{
    uint64_t args[5] = {SOMEWHERE};

    return call_platform_op(&vcpu, args);
}

static int64_t settime64(uint64_t s, uint32_t ns, uint64_t system_ns)
{
    op = (struct xen_platform_op){.cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION};
    op.u.settime64 = (struct xenpf_settime64){.secs = s, .nsecs = ns, .system_time = system_ns};
    return call();
}

static int start(void **state)
{
    (void)state;
    memset(&set, 0, sizeof set);
    domain.privileged = true;
    return 0;
}

/* UTC for the system time it names, whatever that is: it is the keeper's to do the sum. */
static void it_reaches_the_keeper_as_it_is(void **state)
{
    static const uint64_t times[] = {0, 1, 1000, 999999999999, INT64_MAX};

    (void)state;
    for (unsigned i = 0; i < sizeof times / sizeof *times; i++) {
        assert_int_equal(settime64(1120824000 + i, 999999999 - i, times[i]), 0);
        assert_int_equal(set.times, i + 1);
        assert_int_equal(set.s, 1120824000 + i);
        assert_int_equal(set.ns, 999999999 - i);
        assert_int_equal(set.system_ns, times[i]);
    }
    op = (struct xen_platform_op){.cmd = XENPF_settime32, .interface_version = XENPF_INTERFACE_VERSION};
    op.u.settime32 = (struct xenpf_settime32){.secs = UINT32_MAX, .nsecs = 3, .system_time = 4};
    assert_int_equal(call(), 0);
    assert_true(set.s == UINT32_MAX && set.ns == 3 && set.system_ns == 4);
}

static void only_the_privileged_domain_may(void **state)
{
    (void)state;
    domain.privileged = false;
    assert_int_equal(settime64(1120824000, 0, 0), -XEN_EPERM);
    op.cmd = XENPF_settime32;
    assert_int_equal(call(), -XEN_EPERM);
    op.cmd = XENPF_settime64 + 1000; /* it is not told what there is, either */
    assert_int_equal(call(), -XEN_EPERM);
    op.interface_version++;
    assert_int_equal(call(), -XEN_EACCES);
    assert_int_equal(set.times, 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
    uint64_t nowhere[5] = {SOMEWHERE + 8};

    (void)state;
    assert_int_equal(settime64(1120824000, 1000000000, 0), -XEN_EINVAL);
    assert_int_equal(settime64(1120824000, UINT32_MAX, 0), -XEN_EINVAL);
    assert_int_equal(settime64(9000000001, 0, 0), -XEN_EINVAL);
    assert_int_equal(settime64(UINT64_MAX, 0, 0), -XEN_EINVAL);
    assert_int_equal(settime64(1120824000, 0, 1ull << 63), -XEN_EINVAL);
    op.u.settime64.system_time = 0;
    op.u.settime64.mbz = 1;
    assert_int_equal(call(), -XEN_EINVAL);
    op.u.settime64.mbz = 0;
    op.cmd = XENPF_settime64 + 1000;
    assert_int_equal(call(), -XEN_ENOSYS);
    assert_int_equal(call_platform_op(&vcpu, nowhere), -XEN_EFAULT);
    assert_int_equal(set.times, 0);
    assert_int_equal(settime64(9000000000, 999999999, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_reaches_the_keeper_as_it_is, start),
        cmocka_unit_test_setup(only_the_privileged_domain_may, start),
        cmocka_unit_test_setup(what_makes_no_sense_is_refused, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
