/* sources: hv/domain/build/layout.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/build/layout.h"

#define MIB        (1ull << 20)
#define LINUX_BASE 0xffffffff80000000ull

static struct elf_guest kernel(uint64_t base, uint64_t bytes)
{
    return (struct elf_guest){.virt_base = base,
                              .entry = base,
                              .kernel_start = base,
                              .kernel_end = base + bytes,
                              .hypercall_page = ELF_UNSET,
                              .init_p2m = ELF_UNSET};
}

/* By counting: how many tables of one level a walk over every page of the range meets. */
static uint64_t count_tables(uint64_t start, uint64_t end, unsigned shift)
{
    uint64_t count = 0, last = 0;

    for (uint64_t va = start; va != end; va += GUEST_PAGE) {
        if (va == start || va >> shift != last)
            count++;
        last = va >> shift;
    }
    return count;
}

static void check(const struct elf_guest *elf, uint64_t pages, const struct guest_layout *l)
{
    assert_int_equal(l->v_start, elf->virt_base);
    assert_true(l->p2m_outside || l->p2m >= elf->kernel_end);
    assert_int_equal(l->start_info % GUEST_PAGE, 0);
    if (!l->p2m_outside)
        assert_true(l->start_info >= l->p2m + pages * 8);
    assert_int_equal(l->page_tables, l->start_info + GUEST_PAGE);
    assert_int_equal(l->stack, l->page_tables + l->table_count * GUEST_PAGE);
    assert_int_equal(l->stack_end, l->stack + GUEST_PAGE);
    assert_int_equal(l->v_end % (4 * MIB), 0);
    assert_true(l->v_end - l->stack_end >= MIB / 2 && l->v_end - l->stack_end < 5 * MIB);
    assert_true((l->v_end - l->v_start) / GUEST_PAGE <= pages);
}

/* The builder panics if the tables do not suffice: they must be counted exactly, wherever the region lies. */
static void check_tables(const struct guest_layout *l)
{
    uint64_t counted = 1;

    for (unsigned shift = 21; shift <= 39; shift += 9) {
        assert_int_equal(layout_tables(l->v_start, l->v_end, shift),
                         count_tables(l->v_start, l->v_end, shift));
        counted += count_tables(l->v_start, l->v_end, shift);
    }
    assert_int_equal(l->table_count, counted < 2 ? 2 : counted);
}

static void test_sizes_and_places(void **state)
{
    static const uint64_t bases[] = {0,
                                     0x100000,
                                     0x1ff000,
                                     0x3ff000,
                                     0x3fe00000,
                                     0x7fffc00000,
                                     0x7ffffff000,
                                     0xffff880000000000,
                                     0xffffffff80000000,
                                     0xffffffffc0000000};
    static const uint64_t sizes[] = {1, 4096, 100000, 2 * MIB - 3, 4 * MIB - 512 * 1024 - 4 * 4096, 9 * MIB};

    (void)state;
    for (unsigned b = 0; b < sizeof(bases) / sizeof(bases[0]); b++)
        for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
            for (uint64_t pages = 4096; pages <= 65536; pages *= 4) {
                struct elf_guest elf = kernel(bases[b], sizes[s]);
                struct guest_layout layout;

                assert_null(layout_compute(&elf, pages, &layout));
                check(&elf, pages, &layout);
                check_tables(&layout);
            }
}

/* What Debian's Xen 4.17 said on its console for a kernel of this size in 128 MiB. */
static void test_like_xen(void **state)
{
    struct elf_guest elf = kernel(LINUX_BASE, 0x93440);
    struct guest_layout l;

    (void)state;
    assert_null(layout_compute(&elf, 32768, &l));
    assert_int_equal(l.p2m, LINUX_BASE + 0x94000);
    assert_int_equal(l.start_info, LINUX_BASE + 0xd4000);
    assert_int_equal(l.page_tables, LINUX_BASE + 0xd5000);
    assert_int_equal(l.table_count, 5); /* root, one and one, two of L1 */
    assert_int_equal(l.stack, LINUX_BASE + 0xda000);
    assert_int_equal(l.v_end, LINUX_BASE + 0x400000);
}

static void test_init_p2m(void **state)
{
    struct elf_guest elf = kernel(LINUX_BASE, MIB);
    struct guest_layout l;

    (void)state;
    elf.init_p2m = 0x8000000000;
    assert_null(layout_compute(&elf, 8192, &l));
    assert_true(l.p2m_outside);
    assert_int_equal(l.p2m, 0x8000000000);
    assert_int_equal(l.p2m_pages, 16);
    assert_int_equal(l.p2m_table_count, 3);
    assert_int_equal(l.p2m_pfn, (l.v_end - l.v_start) / GUEST_PAGE);
    assert_int_equal(l.p2m_table_pfn, l.p2m_pfn + 16);
    assert_int_equal(l.start_info, LINUX_BASE + MIB);

    elf.init_p2m = LINUX_BASE + 2 * MIB;
    assert_non_null(layout_compute(&elf, 8192, &l));
    elf.init_p2m = 0x8000000010;
    assert_non_null(layout_compute(&elf, 8192, &l));
    elf.init_p2m = HYPERVISOR_START;
    assert_non_null(layout_compute(&elf, 8192, &l));
    elf.init_p2m = UINT64_MAX - 4095;
    assert_non_null(layout_compute(&elf, 8192, &l));
    elf.init_p2m = 0x8000000000;
    assert_non_null(layout_compute(&elf, (l.v_end - l.v_start) / GUEST_PAGE + 2, &l));
}

static void refused(struct elf_guest elf, uint64_t pages, const char *part)
{
    struct guest_layout layout;
    const char *why = layout_compute(&elf, pages, &layout);

    assert_non_null(why);
    if (!strstr(why, part))
        fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static void test_refusals(void **state)
{
    struct elf_guest elf = kernel(LINUX_BASE, MIB);

    (void)state;
    refused(kernel(0x800, MIB), 8192, "page aligned");
    refused(kernel(LINUX_BASE, 64 * MIB), 8192, "too little memory");
    refused(kernel(LINUX_BASE, 28 * MIB + MIB * 7 / 2), 8192,
            "too little memory"); /* the rest does not fit */
    refused(kernel(HYPERVISOR_START, MIB), 8192, "hypervisor's part");
    refused(kernel(HYPERVISOR_START - 4 * MIB, 3 * MIB), 8192, "hypervisor's part"); /* and no address */
    refused(kernel(HYPERVISOR_END - 4 * MIB, MIB), 8192, "hypervisor's part");
    refused(kernel((1ull << 47) - 4 * MIB, 3 * MIB + 600000), 8192, "hypervisor's part");
    refused(kernel(1ull << 47, MIB), 8192, "hypervisor's part");
    refused(kernel(UINT64_MAX - 4 * MIB + 1, MIB), 8192, "no room");
    refused(kernel(LINUX_BASE, MIB), UINT64_MAX / 4096, "too much memory");
    elf.hypercall_page = LINUX_BASE - 4096;
    refused(elf, 8192, "HYPERCALL_PAGE");
    elf.hypercall_page = LINUX_BASE + MIB - 4095; /* would run into the p2m list */
    refused(elf, 8192, "HYPERCALL_PAGE");
    elf.hypercall_page = LINUX_BASE + 64 * MIB;
    refused(elf, 8192, "HYPERCALL_PAGE");
    elf.hypercall_page = UINT64_MAX - 100;
    refused(elf, 8192, "HYPERCALL_PAGE");
}

static void test_range(void **state)
{
    (void)state;
    assert_true(guest_range_ok(0, 1ull << 47));
    assert_false(guest_range_ok(0, (1ull << 47) + 1));
    assert_false(guest_range_ok(5, 5));
    assert_false(guest_range_ok(HYPERVISOR_END - 1, HYPERVISOR_END));
    assert_true(guest_range_ok(HYPERVISOR_END, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_places),
        cmocka_unit_test(test_like_xen),
        cmocka_unit_test(test_init_p2m),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
