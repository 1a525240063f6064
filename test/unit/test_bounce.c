/* sources: hv/domain/vcpu/inject.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/events/events.h"
#include "domain/guest_abi.h"
#include "domain/vcpu/context.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/inject.h"
#include "domain/vcpu/vcpu.h"

/* What the shell around the frames needs; nothing here gets that far. */
void user_mode_toggle(struct vcpu *vcpu)
{
    (void)vcpu;
    fail();
}

void end_by_fault(struct vcpu *vcpu, const char *why)
{
    (void)vcpu, (void)why;
    fail();
}

bool guest_write(const struct guest_space *space, uint64_t va, const void *from, size_t size)
{
    (void)space, (void)va, (void)from, (void)size;
    fail();
    return false;
}

bool event_upcall_due(const volatile struct vcpu_info *info)
{
    (void)info;
    fail();
    return false;
}

static struct trap_frame running(void)
{
    return (struct trap_frame){.rcx = 0xc0,
                               .r11 = 0x11,
                               .rip = 0xffffffff80001234,
                               .cs = SEL_USER_CODE64,
                               .rflags = 0x246,
                               .rsp = 0xffffffff8000fff9,
                               .ss = SEL_USER_DATA};
}

static void test_event(void **state)
{
    struct trap_frame regs = running();
    struct bounce bounce = {.handler = 0xffffffff80005000};
    struct bounce_frame frame;

    (void)state;
    assert_true(bounce_build(&regs, &bounce, 0, &frame));
    assert_int_equal(frame.words, 7);
    assert_int_equal(frame.address, 0xffffffff8000fff0 - 7 * 8); /* from rsp, aligned down to 16 */
    const uint64_t expected[] = {0xc0, 0x11, 0xffffffff80001234, 0xe030, 0x246, 0xffffffff8000fff9, 0xe02b};
    assert_memory_equal(frame.word, expected, sizeof(expected));
    bounce_enter(&regs, &bounce, &frame);
    assert_int_equal(regs.rip, 0xffffffff80005000);
    assert_int_equal(regs.rsp, frame.address);
    assert_int_equal(regs.cs, SEL_USER_CODE64);
    assert_int_equal(regs.ss, SEL_USER_DATA);
    assert_int_equal(regs.rcx, 0xc0);
}

/* From user mode: on the kernel's stack, and the cs keeps its RPL. */
static void test_from_user(void **state)
{
    struct trap_frame regs = running();
    struct bounce bounce = {.handler = 1, .from_user = true, .kernel_stack = 0x7ff8};
    struct bounce_frame frame;

    (void)state;
    assert_true(bounce_build(&regs, &bounce, 0, &frame));
    assert_int_equal(frame.address, 0x7ff0 - 7 * 8);
    assert_int_equal(frame.word[3], 0xe033);
    assert_int_equal(frame.word[5], 0xffffffff8000fff9);
    bounce.kernel_stack = HYPERVISOR_START + 0x1000;
    assert_false(bounce_build(&regs, &bounce, 0, &frame));
}

/* IF in the frame is "not masked", and the mask itself stands above cs; it never is the CPU's own IF or IOPL.
 */
static void test_masked(void **state)
{
    struct trap_frame regs = running();
    struct bounce bounce = {.handler = 1};
    struct bounce_frame frame;

    (void)state;
    regs.rflags = 0x3246;
    assert_true(bounce_build(&regs, &bounce, 1, &frame));
    assert_int_equal(frame.word[3], 0xe030 | 1ull << 32);
    assert_int_equal(frame.word[4], 0x46);
    assert_true(bounce_build(&regs, &bounce, 0x80, &frame));
    assert_int_equal(frame.word[3], 0xe030 | 0x80ull << 32);
    assert_int_equal(frame.word[4], 0x46);
    regs.rflags = 0x46;
    assert_true(bounce_build(&regs, &bounce, 0, &frame));
    assert_int_equal(frame.word[4], 0x246);
}

static void test_error_code(void **state)
{
    struct trap_frame regs = running();
    struct bounce bounce = {.handler = 1, .has_error = true, .error = 0xfffffff2};
    struct bounce_frame frame;

    (void)state;
    assert_true(bounce_build(&regs, &bounce, 0, &frame));
    assert_int_equal(frame.words, 8);
    assert_int_equal(frame.address % 16, 0);
    assert_int_equal(frame.word[1], 0x11);
    assert_int_equal(frame.word[2], 0xfffffff2);
    assert_int_equal(frame.word[3], 0xffffffff80001234);
}

static void test_flags_of_the_handler(void **state)
{
    struct trap_frame regs = running();
    struct bounce bounce = {.handler = 1};
    struct bounce_frame frame;

    (void)state;
    regs.rflags = 0x202 | RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | 1 << 10 | 1;
    assert_true(bounce_build(&regs, &bounce, 0, &frame));
    assert_int_equal(frame.word[4], regs.rflags); /* what was interrupted gets all of it back */
    bounce_enter(&regs, &bounce, &frame);
    assert_int_equal(regs.rflags, 0x202 | 1 << 10 | 1);
}

static void test_stack_in_the_hypervisor(void **state)
{
    struct trap_frame regs = running();
    struct bounce bounce = {.handler = 1, .has_error = true};
    struct bounce_frame frame;

    (void)state;
    regs.rsp = HYPERVISOR_START + 16;
    assert_false(bounce_build(&regs, &bounce, 0, &frame));
    regs.rsp = HYPERVISOR_END + 63; /* the frame would reach below the end */
    assert_false(bounce_build(&regs, &bounce, 0, &frame));
    regs.rsp = HYPERVISOR_END + 64;
    assert_true(bounce_build(&regs, &bounce, 0, &frame));
    assert_int_equal(frame.address, HYPERVISOR_END);
}

static void test_flags_for_guest(void **state)
{
    (void)state;
    assert_int_equal(rflags_for_guest(0), 0x202);
    assert_int_equal(rflags_for_guest(RFLAGS_IOPL | RFLAGS_VM), 0x202);
    assert_int_equal(rflags_for_guest(UINT64_MAX),
                     0x254fd7); /* but for IOPL, VM, VIF, VIP and what is reserved */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_from_user),
        cmocka_unit_test(test_masked),
        cmocka_unit_test(test_error_code),
        cmocka_unit_test(test_flags_of_the_handler),
        cmocka_unit_test(test_stack_in_the_hypervisor),
        cmocka_unit_test(test_flags_for_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
