/* sources: hv/domain/memory/guest_memory.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cpu/paging.h"
#include "domain/guest_abi.h"
#include "domain/memory/guest_memory.h"

/* A machine of 16 frames; 0 is the root, further tables and pages are taken as a test needs them. */
#define FRAMES 16
static uint64_t machine[FRAMES][512];
static uint64_t next_frame;

static void *at(uint64_t phys)
{
    assert_true(phys / GUEST_PAGE < FRAMES);
    return (char *)machine + phys;
}

static const struct guest_space space = {0, at};

static int setup(void **state)
{
    (void)state;
    memset(machine, 0, sizeof(machine));
    next_frame = 1;
    return 0;
}

#define FULL (PTE_P | PTE_W | PTE_U)

static uint64_t take(void)
{
    assert_true(next_frame < FRAMES);
    return next_frame++ * GUEST_PAGE;
}

/* Maps a fresh frame; `upper`: the rights of the levels above. */
static uint64_t map(uint64_t va, uint64_t flags, uint64_t upper)
{
    uint64_t table = 0, page;

    for (unsigned level = 4; level > 1; level--) {
        uint64_t *entry = (uint64_t *)at(table) + (va >> (12 + 9 * (level - 1)) & 511);

        if (!*entry)
            *entry = take() | upper;
        table = *entry & PTE_ADDRESS;
    }
    page = take();
    ((uint64_t *)at(table))[va >> 12 & 511] = page | flags;
    return page;
}

static void test_translate(void **state)
{
    uint64_t phys, page = map(0xffffffff80123000, FULL | PTE_NX, FULL);

    (void)state;
    assert_true(guest_translate(&space, 0xffffffff80123456, true, &phys));
    assert_int_equal(phys, page + 0x456);
    assert_false(guest_translate(&space, 0xffffffff80124000, false, &phys));
    assert_false(guest_translate(&space, 0xffffffff00123456, false, &phys));
    assert_ptr_equal(guest_entry(&space, 0xffffffff80124000),
                     guest_entry(&space, 0xffffffff80123000) + 1); /* there is a table, if no page */
    assert_null(guest_entry(&space, 0xfffffffe80123000));
}

static void test_rights(void **state)
{
    uint64_t phys;

    (void)state;
    map(0x1000, PTE_P | PTE_U, FULL); /* read-only */
    assert_true(guest_translate(&space, 0x1000, false, &phys));
    assert_false(guest_translate(&space, 0x1000, true, &phys));
    map(0x2000, PTE_P | PTE_W, FULL); /* not the user's: the hypervisor's, in a guest's tables */
    assert_false(guest_translate(&space, 0x2000, false, &phys));
    map(0x3000, PTE_W | PTE_U, FULL); /* not present */
    assert_false(guest_translate(&space, 0x3000, false, &phys));
}

static void test_rights_of_upper_levels(void **state)
{
    uint64_t phys;

    (void)state;
    map(0x1000, FULL, PTE_P | PTE_U);
    assert_true(guest_translate(&space, 0x1000, false, &phys));
    assert_false(guest_translate(&space, 0x1000, true, &phys));
    setup(NULL);
    map(0x1000, FULL, PTE_P | PTE_W);
    assert_false(guest_translate(&space, 0x1000, false, &phys));
    assert_null(guest_entry(&space, 0x1000));
    setup(NULL);
    map(0x1000, FULL, FULL | PTE_PS); /* a large page is nobody's here */
    assert_false(guest_translate(&space, 0x1000, false, &phys));
}

/* Even if an entry were there: the hypervisor's part, and what is no address, is never the guest's. */
static void test_forbidden_addresses(void **state)
{
    uint64_t phys;

    (void)state;
    map(HYPERVISOR_START & 0x0000ffffffffffff, FULL, FULL);
    assert_false(guest_translate(&space, HYPERVISOR_START, false, &phys));
    assert_null(guest_entry(&space, HYPERVISOR_START));
    setup(NULL);
    map(HYPERVISOR_END - GUEST_PAGE, FULL, FULL);
    assert_false(guest_translate(&space, HYPERVISOR_END - 1, false, &phys));
    setup(NULL);
    map(0x1000, FULL, FULL);
    assert_false(guest_translate(&space, 0x0001000000001000, false, &phys));
    assert_false(guest_translate(&space, 0xffff000000001000, false, &phys));
}

static void test_copy_across_pages(void **state)
{
    char text[9000], back[9000];
    uint64_t first = map(0x10000, FULL, FULL);

    (void)state;
    take(); /* the pages do not follow one another */
    map(0x11000, FULL, FULL);
    take();
    map(0x12000, FULL, FULL);
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    assert_true(guest_write(&space, 0x10ffe, text, 4100));
    assert_memory_equal((char *)at(first) + 0xffe, text, 2);
    assert_true(guest_read(&space, back, 0x10ffe, 4100));
    assert_memory_equal(back, text, 4100);
    assert_true(guest_read(&space, back, 0x10000, 0));
    assert_true(guest_read(&space, back, 0x13000, 0));
    assert_false(guest_read(&space, back, 0x10ffe, 2 + 2 * 4096 + 1)); /* its last byte is not mapped */
    assert_false(guest_write(&space, 0x12fff, text, 2));
}

static void test_copy_respects_rights(void **state)
{
    char text[16] = "0123456789", back[16];
    uint64_t page = map(0x10000, PTE_P | PTE_U, FULL);

    (void)state;
    strcpy(at(page), "before");
    assert_false(guest_write(&space, 0x10000, text, sizeof(text)));
    assert_string_equal(at(page), "before");
    assert_true(guest_read(&space, back, 0x10000, sizeof(back)));
    assert_string_equal(back, "before");
}

/* Up to the last byte of the address space, and not round to its first. */
static void test_top_of_memory(void **state)
{
    char text[16] = {0};

    (void)state;
    map(0xfffffffffffff000, FULL, FULL);
    assert_true(guest_write(&space, 0xfffffffffffffff0, text, 16));
    assert_false(guest_write(&space, 0xfffffffffffffff8, text, 16));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_translate, setup),
        cmocka_unit_test_setup(test_rights, setup),
        cmocka_unit_test_setup(test_rights_of_upper_levels, setup),
        cmocka_unit_test_setup(test_forbidden_addresses, setup),
        cmocka_unit_test_setup(test_copy_across_pages, setup),
        cmocka_unit_test_setup(test_copy_respects_rights, setup),
        cmocka_unit_test_setup(test_top_of_memory, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
