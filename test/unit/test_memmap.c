/* sources: hv/platform/loader/memmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "phys.h"
#include "platform/loader/memmap.h"

static struct boot_info boot;
static struct memory_range out[BOOT_MAX_RANGES];

static void add(uint64_t start, uint64_t end, uint32_t kind)
{
    boot.ranges[boot.range_count++] = (struct memory_range){start, end, kind};
}

static void begin(void)
{
    boot.range_count = 0;
}

static void expect(unsigned i, uint64_t start, uint64_t end)
{
    assert_true(out[i].start == start);
    assert_true(out[i].end == end);
    assert_int_equal(out[i].kind, MEMORY_USABLE);
}

static void uefi_with_holes(void **state)
{
    (void)state;
    begin();
    add(0x900000, 0xeaa0000, MEMORY_USABLE); /* not sorted */
    add(0, 0xa0000, MEMORY_USABLE);
    add(0x100000, 0x806000, MEMORY_USABLE);
    add(0x806000, 0x808000, MEMORY_NVS);
    add(0x808000, 0x810000, MEMORY_USABLE);
    add(0x810000, 0x900000, MEMORY_NVS);
    assert_int_equal(memmap_usable(&boot, out, BOOT_MAX_RANGES), 4);
    expect(0, 0, 0xa0000);
    expect(1, 0x100000, 0x806000);
    expect(2, 0x808000, 0x810000);
    expect(3, 0x900000, 0xeaa0000);
    assert_int_equal(memmap_usable(&boot, out, 2), 2);
    assert_int_equal(memmap_usable(&boot, out, 0), 0);
}

static void overlaps_and_rounding(void **state)
{
    (void)state;
    begin();
    add(0x1000, 0x9fc00, MEMORY_USABLE);
    add(0x4800, 0x4900, MEMORY_BAD); /* costs the page it lies in */
    add(0x9f000, 0xa0000, MEMORY_RESERVED);
    add(0x100800, 0x102800, MEMORY_USABLE); /* two that touch in the middle of a page */
    add(0x102800, 0x103800, MEMORY_USABLE);
    add(0x200800, 0x201000, MEMORY_USABLE); /* no whole page */
    assert_int_equal(memmap_usable(&boot, out, BOOT_MAX_RANGES), 3);
    expect(0, 0x1000, 0x4000);
    expect(1, 0x5000, 0x9f000);
    expect(2, 0x101000, 0x103000);
}

static void ends_of_the_address_space(void **state)
{
    (void)state;
    begin();
    add(0x100000, UINT64_MAX, MEMORY_USABLE);
    assert_int_equal(memmap_usable(&boot, out, BOOT_MAX_RANGES), 1);
    expect(0, 0x100000, 1ull << 52);
    add(0x200000, UINT64_MAX, MEMORY_RESERVED);
    assert_int_equal(memmap_usable(&boot, out, BOOT_MAX_RANGES), 1);
    expect(0, 0x100000, 0x200000);
    begin();
    assert_int_equal(memmap_usable(&boot, out, BOOT_MAX_RANGES), 0);
    add(1ull << 52, 1ull << 53, MEMORY_USABLE);
    assert_int_equal(memmap_usable(&boot, out, BOOT_MAX_RANGES), 0);
}

/* 64 pages in quarters: a page is usable if all its quarters are, and none is anything else. */
static bool page_usable(unsigned page)
{
    for (uint64_t at = page * 4096ull; at < (page + 1) * 4096ull; at += 1024) {
        bool usable = false, taken = false;
        for (unsigned i = 0; i < boot.range_count; i++) {
            bool in = boot.ranges[i].start <= at && at < boot.ranges[i].end;
            usable |= in && boot.ranges[i].kind == MEMORY_USABLE;
            taken |= in && boot.ranges[i].kind != MEMORY_USABLE;
        }
        if (!usable || taken)
            return false;
    }
    return true;
}

static void random_maps(void **state)
{
    (void)state;
    struct random random = {3};
    for (unsigned turn = 0; turn < 20000; turn++) {
        begin();
        for (unsigned i = random_next(&random) % 12; i > 0; i--) {
            uint64_t start = random_next(&random) % 256;
            uint64_t length = 1 + random_next(&random) % (256 - start);
            add(start * 1024, (start + length) * 1024,
                1 + random_next(&random) % 2 * (random_next(&random) % 5));
        }
        unsigned count = memmap_usable(&boot, out, BOOT_MAX_RANGES);
        for (unsigned page = 0; page < 64; page++) {
            unsigned in = 0;
            for (unsigned i = 0; i < count; i++)
                in += out[i].start <= page * 4096ull && (page + 1) * 4096ull <= out[i].end;
            assert_int_equal(in, page_usable(page));
        }
        for (unsigned i = 1; i < count; i++)
            assert_true(out[i - 1].end < out[i].start); /* sorted, apart, joined where they touch */
    }
}

static void hostile_maps(void **state)
{
    (void)state;
    struct random random = {4};
    for (unsigned turn = 0; turn < 100000; turn++) {
        begin();
        for (unsigned i = 1 + random_next(&random) % 6; i > 0; i--) {
            uint64_t a = random_next(&random) >> random_next(&random) % 64;
            uint64_t b = random_next(&random) >> random_next(&random) % 64;
            if (a != b)
                add(a < b ? a : b, a < b ? b : a, 1 + random_next(&random) % 3);
        }
        unsigned count = memmap_usable(&boot, out, 8);
        for (unsigned i = 0; i < count; i++) {
            assert_true(out[i].start < out[i].end && out[i].end <= 1ull << 52);
            assert_true(out[i].start % 4096 == 0 && out[i].end % 4096 == 0);
            for (unsigned r = 0; r < boot.range_count; r++)
                assert_true(boot.ranges[r].kind == MEMORY_USABLE || boot.ranges[r].end <= out[i].start ||
                            boot.ranges[r].start >= out[i].end);
        }
    }
}

static void low_page(void **state)
{
    (void)state;
    static const struct memory_range low[] = {{0, 0x9f000, 1}, {0x100000, 0x800000, 1}};
    static const struct memory_range keep[] = {{0x10000, 0x20001, 1}, {0x21fff, 0x22000, 1}};
    assert_int_equal(memmap_low_page(low, 2, NULL, 0), 0x10000);
    assert_int_equal(memmap_low_page(low, 2, keep, 1), 0x21000);
    assert_int_equal(memmap_low_page(low, 2, keep, 2), 0x22000);

    static const struct memory_range all[] = {{0x10000, 0xa0000, 1}};
    assert_int_equal(memmap_low_page(low, 2, all, 1), 0x1000); /* the first 64 KiB are better than none */
    static const struct memory_range zero[] = {{0, 0x1000, 1}, {0x9f000, 0x100000, 1}};
    assert_int_equal(memmap_low_page(zero, 2, NULL, 0), 0);
    static const struct memory_range last[] = {{0x9e000, 0x9f000, 1}};
    assert_int_equal(memmap_low_page(last, 1, NULL, 0), 0x9e000);
    assert_int_equal(memmap_low_page(NULL, 0, NULL, 0), 0);
}

/* As GRUB on OVMF lays them down: the trampoline goes round all of it, and what is left over counts. */
static void modules_and_boot_information_in_low_memory(void **state)
{
    (void)state;
    static const struct memory_range module = {0x21000, 0x41abc, 1}, info = {0x43000, 0x43668, 1};
    const struct memory_range keep[] = {module, info};
    begin();
    add(0, 0x9f000, MEMORY_USABLE);
    add(0x9f000, 0xa0000, MEMORY_RESERVED);
    add(0x8000, 0x21000, MEMORY_NVS); /* so that the first choice falls among them */
    unsigned count = memmap_usable(&boot, out, BOOT_MAX_RANGES);
    assert_int_equal(count, 2);
    assert_int_equal(memmap_low_page(out, count, keep, 2), 0x42000); /* the only page in between */
    add(0x42000, 0x43000, MEMORY_RESERVED);
    count = memmap_usable(&boot, out, BOOT_MAX_RANGES);
    assert_int_equal(memmap_low_page(out, count, keep, 2), 0x44000);
    add(0x44000, 0x9f000, MEMORY_BAD);
    count = memmap_usable(&boot, out, BOOT_MAX_RANGES);
    assert_int_equal(memmap_low_page(out, count, keep, 2), 0x1000); /* below 64 KiB as a last resort */
    add(0, 0x8000, MEMORY_RESERVED);
    count = memmap_usable(&boot, out, BOOT_MAX_RANGES);
    assert_int_equal(memmap_low_page(out, count, keep, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uefi_with_holes),
        cmocka_unit_test(overlaps_and_rounding),
        cmocka_unit_test(ends_of_the_address_space),
        cmocka_unit_test(random_maps),
        cmocka_unit_test(hostile_maps),
        cmocka_unit_test(low_page),
        cmocka_unit_test(modules_and_boot_information_in_low_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
