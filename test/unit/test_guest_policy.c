/* sources: hv/domain/memory/ownership.c hv/domain/vcpu/vcpu_context.c hv/domain/build/hypercall_page.c hv/domain/verdict_line.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/xen.h>

#include "cpu/paging.h"
#include "domain/build/hypercall_page.h"
#include "domain/memory/ownership.h"
#include "domain/vcpu/vcpu_context.h"
#include "domain/verdict_line.h"
#include "random.h"

#define FRAME 0x12345000ull

static void allowed(uint64_t wanted, enum frame_kind kind, uint64_t expected)
{
    uint64_t out = 0;

    assert_int_equal(pte_policy(wanted, kind, &out), 0);
    assert_int_equal(out, expected);
}

static void refused(uint64_t wanted, enum frame_kind kind, int error)
{
    uint64_t out;

    assert_int_equal(pte_policy(wanted, kind, &out), -error);
}

static void test_entries(void **state)
{
    (void)state;
    allowed(FRAME | PTE_P | PTE_W, FRAME_OWN, FRAME | PTE_P | PTE_W | PTE_U);
    allowed(FRAME | PTE_P | PTE_NX | 0x100, FRAME_OWN, FRAME | PTE_P | PTE_U | PTE_NX); /* never global */
    allowed(FRAME | PTE_P | 0xe00 | 1ull << 52 | PTE_A | PTE_D, FRAME_OWN,
            FRAME | PTE_P | PTE_U | 0xe00 | 1ull << 52 | PTE_A | PTE_D);
    allowed(FRAME | PTE_P | PTE_W, FRAME_SHARED, FRAME | PTE_P | PTE_W | PTE_U);
    allowed(FRAME | PTE_P, FRAME_TABLE, FRAME | PTE_P | PTE_U);
    allowed(FRAME | PTE_P | PTE_NX, FRAME_TIME, FRAME | PTE_P | PTE_U | PTE_NX);
    allowed(0, FRAME_FOREIGN, 0);
    allowed(0x7fe, FRAME_FOREIGN, 0x7fe); /* not present: the guest's own bits */

    refused(FRAME | PTE_P | PTE_W, FRAME_TABLE, XEN_EBUSY);
    refused(FRAME | PTE_P | PTE_W, FRAME_DESCRIPTORS, XEN_EBUSY);
    refused(FRAME | PTE_P | PTE_W, FRAME_TIME, XEN_EBUSY);
    refused(FRAME | PTE_P, FRAME_FOREIGN, XEN_EBUSY);
    refused(PTE_ADDRESS | PTE_P, FRAME_FOREIGN, XEN_EINVAL);
    refused(FRAME, FRAME_OWN, XEN_EINVAL); /* not present, yet an address */
    refused(FRAME | PTE_P | PTE_PCD, FRAME_OWN, XEN_EINVAL);
    refused(FRAME | PTE_P | PTE_PWT, FRAME_SHARED, XEN_EINVAL);
    refused(FRAME | PTE_P | PTE_PS, FRAME_OWN, XEN_EINVAL); /* PAT, in an L1 entry */
}

/* Whatever is asked for: what is stored points where it was asked to, and gives no right that must not be. */
static void test_entries_at_random(void **state)
{
    struct random random = {1};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t wanted = random_next(&random) | (random_next(&random) & 1), out;
        enum frame_kind kind = (enum frame_kind)(random_next(&random) % 5);

        wanted &= random_next(&random) | random_next(&random) | PTE_ADDRESS;
        if (i % 4)
            wanted &= ~(PTE_PCD | PTE_PWT | PTE_PS);
        if (pte_policy(wanted, kind, &out))
            continue;
        assert_int_equal(out & PTE_P, wanted & PTE_P);
        if (!(out & PTE_P)) {
            assert_int_equal(out & PTE_ADDRESS, 0);
            continue;
        }
        assert_int_not_equal(kind, FRAME_FOREIGN);
        assert_int_equal(out & PTE_ADDRESS, wanted & PTE_ADDRESS);
        assert_int_equal(out & (PTE_PCD | PTE_PWT | PTE_PS | 0x100), 0);
        assert_true(out & PTE_U);
        assert_int_equal(out & PTE_NX, wanted & PTE_NX);
        if (out & PTE_W)
            assert_true((wanted & PTE_W) && (kind == FRAME_OWN || kind == FRAME_SHARED));
    }
}

#define ROOT 0x7654000ull

static struct vcpu_guest_context context_good(void)
{
    struct vcpu_guest_context c;

    memset(&c, 0, sizeof(c));
    c.flags = VGCF_in_kernel;
    c.user_regs.rip = 0xffffffff80001000;
    c.user_regs.rsp = 0xffffffff80009000;
    c.user_regs.rdi = 7;
    c.user_regs.rflags = 0x3002 | 1 << 17;
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.ctrlreg[3] = xen_pfn_to_cr3(ROOT >> 12);
    return c;
}

static void test_context(void **state)
{
    struct vcpu_guest_context c = context_good();
    struct trap_frame frame;

    (void)state;
    assert_null(vcpu_context_refusal(&c, ROOT));
    vcpu_context_frame(&c, &frame);
    assert_int_equal(frame.rip, 0xffffffff80001000);
    assert_int_equal(frame.rsp, 0xffffffff80009000);
    assert_int_equal(frame.rdi, 7);
    assert_int_equal(frame.rflags, 0x202);
    assert_int_equal(frame.cs, SEL_USER_CODE64);
    assert_int_equal(frame.ss, SEL_USER_DATA);
    c.user_regs.cs &= ~3; /* Xen forces the RPL */
    assert_null(vcpu_context_refusal(&c, ROOT));
}

#define REFUSED(change, part)                                          \
    do {                                                               \
        struct vcpu_guest_context c = context_good();                  \
        change;                                                        \
        assert_non_null(vcpu_context_refusal(&c, ROOT));               \
        assert_non_null(strstr(vcpu_context_refusal(&c, ROOT), part)); \
    } while (0)

static void test_context_refused(void **state)
{
    (void)state;
    REFUSED(c.flags = 0, "user mode");
    REFUSED(c.ctrlreg[1] = 0x1000, "user mode on page tables");
    REFUSED(c.flags |= VGCF_i387_valid, "FPU");
    REFUSED(c.ldt_ents = 1, "local descriptor table");
    REFUSED(c.debugreg[7] = 1, "breakpoints");
    REFUSED(c.ctrlreg[3] = ROOT + 0x1000, "page tables");
    REFUSED(c.user_regs.cs = 8, "selectors");
    REFUSED(c.user_regs.ss = 0, "selectors");
    REFUSED(c.user_regs.rip = 1ull << 47, "canonical");
    REFUSED(c.user_regs.rsp = 1ull << 63, "canonical");
    REFUSED(c.gs_base_kernel = 1ull << 47, "canonical");
    REFUSED(c.event_callback_eip = 1ull << 60, "canonical");
    REFUSED(c.trap_ctxt[255].address = 1ull << 60, "canonical");
}

static void test_hypercall_page(void **state)
{
    static const uint8_t call_18[] = {0x51, 0x41, 0x53, 0xb8, 18,   0,    0,   0,
                                      0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3, 0xcc};
    static const uint8_t iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 23, 0, 0, 0, 0x0f, 0x05, 0xcc};
    unsigned char page[HYPERCALL_PAGE_BYTES + 1];

    (void)state;
    page[HYPERCALL_PAGE_BYTES] = 0x5a;
    hypercall_page_fill(page);
    assert_memory_equal(page + 18 * 32, call_18, sizeof(call_18));
    assert_memory_equal(page + __HYPERVISOR_iret * 32, iret, sizeof(iret));
    assert_int_equal(page[127 * 32 + 4], 127);
    assert_int_equal(page[HYPERCALL_PAGE_BYTES], 0x5a);
}

static void say(struct verdict_lines *lines, const char *text)
{
    verdict_lines_take(lines, text, strlen(text));
}

static void test_verdict(void **state)
{
    struct verdict_lines lines;

    (void)state;
    memset(&lines, 0, sizeof(lines));
    say(&lines, "hello\n@verdict");
    assert_false(lines.reported);
    say(&lines, " result=ok reads=5");
    assert_false(lines.reported); /* not a whole line yet */
    say(&lines, "\r\n");
    assert_true(lines.reported && lines.ok);
    say(&lines, "@verdict result=fail reason=x\n");
    assert_true(lines.reported && !lines.ok);

    memset(&lines, 0, sizeof(lines));
    say(&lines, "say @verdict result=ok\n@verdict: result=ok\n@verdicts result=ok\nverdict result=ok\n");
    assert_false(lines.reported);
    say(&lines, "@verdict result=okay xresult=ok result=ok2\n");
    assert_true(lines.reported && !lines.ok);
    say(&lines, "@verdict reads=1 result=ok\n");
    assert_true(lines.ok);
}

/* A line longer than is kept still counts by its beginning, and ends where it ends. */
static size_t before(const struct verdict_lines *lines, const char *text)
{
    return verdict_lines_before(lines, text, strlen(text));
}

/* Where what is to stand before it must be said. */
static void test_verdict_before(void **state)
{
    struct verdict_lines lines;

    (void)state;
    memset(&lines, 0, sizeof(lines));
    assert_int_equal(before(&lines, "@verdict result=ok\n"), 0);
    assert_int_equal(before(&lines, "hello\n@verdict result=ok\n"), 6);
    assert_int_equal(before(&lines, "\n@verdict "), 1);
    assert_int_equal(before(&lines, "\n@verdict"), 9); /* may yet be another word */
    assert_int_equal(before(&lines, "hello @verdict result=ok\n"), 25);
    assert_int_equal(before(&lines, ""), 0);
    say(&lines, "he");
    assert_int_equal(before(&lines, "@verdict result=ok\n"), 19); /* in the midst of a line */
    assert_int_equal(before(&lines, "llo\n@verdict result=ok\n"), 4);
    say(&lines, "llo\n");
    assert_int_equal(before(&lines, "@verdict result=ok\n"), 0);
}

static void test_verdict_long(void **state)
{
    struct verdict_lines lines;

    (void)state;
    memset(&lines, 0, sizeof(lines));
    say(&lines, "@verdict result=ok");
    for (unsigned i = 0; i < 10000; i++)
        say(&lines, " k=v");
    assert_false(lines.reported);
    say(&lines, "\n");
    assert_true(lines.reported && lines.ok);
    memset(&lines, 0, sizeof(lines));
    for (unsigned i = 0; i < 300; i++)
        say(&lines, "x");
    say(&lines, "@verdict result=ok\n");
    assert_false(lines.reported);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),        cmocka_unit_test(test_entries_at_random),
        cmocka_unit_test(test_context),        cmocka_unit_test(test_context_refused),
        cmocka_unit_test(test_hypercall_page), cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_verdict_before), cmocka_unit_test(test_verdict_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
