/* sources: hv/platform/loader/pvh.c hv/platform/loader/bootparse.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "phys.h"
#include "platform/loader/bootinfo.h"

/* Where things lie; lines have whole pages, as memory has. */
#define INFO    0x1000u
#define LINES   0x2000u
#define MODULES 0x5000u
#define MAP     0x6000u

static uint8_t info[56], lines[2 * 4096], modules[64], map[3 * 24];
static struct boot_info boot;

static void map_entry(unsigned i, uint64_t base, uint64_t length, uint32_t type)
{
    put64(map + 24 * i, base);
    put64(map + 24 * i + 8, length);
    put32(map + 24 * i + 16, type);
}

static void build(void)
{
    memset(info, 0, sizeof(info));
    memset(lines, 0, sizeof(lines));
    put32(info, PVH_MAGIC);
    put32(info + 4, 1);
    put32(info + 12, 2);
    put64(info + 16, MODULES);
    put64(info + 24, LINES + 4090);
    put64(info + 32, 0xf5ad0);
    put64(info + 40, MAP);
    put32(info + 48, 3);
    memcpy(lines + 4090, "clocksource=pit", 16); /* over the end of a page */
    memcpy(lines + 64, "guest words", 12);
    put64(modules, 0x7f00000);
    put64(modules + 8, 0x1234);
    put64(modules + 16, LINES + 64);
    map_entry(0, 0, 0x9fc00, 1);
    map_entry(1, 0x100000, 0x7f00000, 1);
    map_entry(2, 0xfd00000000ull, 0x300000000ull, 7);
}

static void place(void)
{
    phys_clear();
    phys_put(INFO, info, sizeof(info));
    phys_put(LINES, lines, sizeof(lines));
    phys_put(MODULES, modules, sizeof(modules));
    phys_put(MAP, map, sizeof(map));
}

static const char *parse(void)
{
    place();
    return pvh_parse(INFO, phys_look, &boot);
}

static void whole(void **state)
{
    (void)state;
    build();
    assert_null(parse());
    assert_string_equal(boot.loader, "pvh");
    assert_string_equal(boot.cmdline, "clocksource=pit");
    assert_string_equal(boot.module_cmdline, "guest words");
    assert_int_equal(boot.module_count, 2);
    assert_true(boot.module_present);
    assert_int_equal(boot.module_start, 0x7f00000);
    assert_int_equal(boot.module_end, 0x7f01234);
    assert_int_equal(boot.rsdp, 0xf5ad0);
    assert_int_equal(boot.range_count, 3);
    assert_int_equal(boot.ranges[2].kind, MEMORY_RESERVED);
    assert_int_equal(boot.info_start, INFO);
    assert_int_equal(boot.info_end, INFO + 56);
    assert_true(boot.vga_text);
    assert_false(boot.efi);
}

static void without_what_is_optional(void **state)
{
    (void)state;
    build();
    put32(info + 12, 0);
    put64(info + 24, 0);
    put64(info + 32, 0);
    assert_null(parse());
    assert_string_equal(boot.cmdline, "");
    assert_false(boot.module_present);
    assert_int_equal(boot.rsdp, 0);
}

static void refused(void **state)
{
    (void)state;
    build();
    info[0] ^= 1;
    assert_string_equal(parse(), "start_info has the wrong magic number");
    build();
    put32(info + 4, 0);
    assert_string_equal(parse(), "start_info is of version 0, which has no memory map");
    build();
    put32(info + 48, 0);
    assert_string_equal(parse(), "start_info has no memory map");
    put32(info + 48, 0xffffffff);
    assert_string_equal(parse(), "start_info's memory map is longer than any loader makes it");
    put32(info + 48, 4);
    assert_string_equal(parse(), "start_info's memory map cannot be read");
    build();
    put64(info + 16, MODULES + 48);
    assert_string_equal(parse(), "the list of modules cannot be read");
    build();
    put64(info + 24, UINT64_MAX - 2);
    assert_string_equal(parse(), "the command line cannot be read");
    build();
    put64(modules + 8, UINT64_MAX - 5);
    assert_string_equal(parse(), "the module runs past the end of memory");
    build();
    assert_string_equal(pvh_parse(0x900000, phys_look, &boot), "start_info cannot be read");
    phys_clear();
    phys_put(INFO, info, 55);
    assert_string_equal(pvh_parse(INFO, phys_look, &boot), "start_info cannot be read to its end");
}

static void line_without_an_end(void **state)
{
    (void)state;
    build();
    memset(lines, 'y', sizeof(lines));
    assert_null(parse());
    assert_true(boot.cmdline_cut);
    assert_int_equal(strlen(boot.cmdline), BOOT_MAX_CMDLINE - 1);

    /* Its second page is not there. */
    put64(info + 24, LINES + sizeof(lines) - 10);
    assert_string_equal(parse(), "the command line cannot be read");
}

static void hostile_bytes(void **state)
{
    (void)state;
    struct random random = {2};
    unsigned good = 0;
    for (unsigned i = 0; i < 100000; i++) {
        build();
        switch (i % 4) {
        case 0:
            mutate(info, sizeof(info), &random);
            put32(info, PVH_MAGIC);
            break;
        case 1: mutate(modules, 32, &random); break;
        case 2: mutate(map, sizeof(map), &random); break;
        default: mutate(lines, sizeof(lines), &random); break;
        }
        good += parse() == NULL;
        assert_true(boot.range_count <= 3);
        for (unsigned r = 0; r < boot.range_count; r++)
            assert_true(boot.ranges[r].start < boot.ranges[r].end && boot.ranges[r].kind - 1 < 5);
        assert_non_null(memchr(boot.cmdline, 0, BOOT_MAX_CMDLINE));
        assert_non_null(memchr(boot.module_cmdline, 0, BOOT_MAX_CMDLINE));
        assert_true(!boot.module_present || boot.module_start <= boot.module_end);
    }
    assert_in_range(good, 40000, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),         cmocka_unit_test(without_what_is_optional),
        cmocka_unit_test(refused),       cmocka_unit_test(line_without_an_end),
        cmocka_unit_test(hostile_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    phys_clear();
    return failed;
}
