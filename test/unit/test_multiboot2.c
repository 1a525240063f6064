/* sources: hv/platform/loader/multiboot2.c hv/platform/loader/bootparse.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "phys.h"
#include "platform/loader/bootinfo.h"

#define INFO 0x10000u

static uint8_t info[16384];
static uint32_t size;
static struct boot_info boot;

static void begin(void)
{
    phys_clear();
    memset(info, 0, sizeof(info));
    size = 8;
}

/* A tag with its payload; returns where the payload lies. */
static uint8_t *tag(uint32_t type, const void *payload, uint32_t length)
{
    uint8_t *at = info + size;
    put32(at, type);
    put32(at + 4, 8 + length);
    if (payload)
        memcpy(at + 8, payload, length);
    size += (8 + length + 7) & ~7u;
    return at + 8;
}

static void end(void)
{
    tag(0, NULL, 0);
    put32(info, size);
}

static const char *parse(void)
{
    phys_clear();
    phys_put(INFO, info, size);
    return multiboot2_parse(INFO, phys_look, &boot);
}

struct entry {
    uint64_t base, length;
    uint32_t type;
};

static void mmap_tag(const struct entry *entries, unsigned count)
{
    uint8_t *at = tag(6, NULL, 8 + 24 * count);
    put32(at, 24);
    for (unsigned i = 0; i < count; i++) {
        put64(at + 8 + 24 * i, entries[i].base);
        put64(at + 16 + 24 * i, entries[i].length);
        put32(at + 24 + 24 * i, entries[i].type);
    }
}

static const struct entry small_map[] = {
    {0, 0x9fc00, 1},        {0x9fc00, 0x400, 2},    {0x100000, 0x7f00000, 1}, {0x8000000, 0x1000, 3},
    {0x8001000, 0x1000, 4}, {0x8002000, 0x1000, 5}, {0x8003000, 0x1000, 20},
};

static void some_mmap(void)
{
    mmap_tag(small_map, 7);
}

static void module_tag(uint32_t start, uint32_t stop, const char *line)
{
    uint8_t *at = tag(3, NULL, 8 + (uint32_t)strlen(line) + 1);
    put32(at, start);
    put32(at + 4, stop);
    memcpy(at + 8, line, strlen(line) + 1);
}

static void framebuffer_tag(uint64_t at, uint8_t type)
{
    uint8_t *payload = tag(8, NULL, 24);
    put64(payload, at);
    payload[21] = type;
}

static void whole(void **state)
{
    (void)state;
    begin();
    tag(1, "acpi=off wander=5", 18);
    module_tag(0x21000, 0x31234, "guest line");
    module_tag(0x41000, 0x42000, "second");
    some_mmap();
    framebuffer_tag(0xb8000, 2);
    end();
    assert_null(parse());
    assert_string_equal(boot.loader, "multiboot2");
    assert_string_equal(boot.cmdline, "acpi=off wander=5");
    assert_false(boot.cmdline_cut);
    assert_true(boot.module_present);
    assert_int_equal(boot.module_start, 0x21000);
    assert_int_equal(boot.module_end, 0x31234);
    assert_string_equal(boot.module_cmdline, "guest line");
    assert_int_equal(boot.module_count, 2);
    assert_int_equal(boot.range_count, 7);
    assert_int_equal(boot.ranges[3].kind, MEMORY_ACPI);
    assert_int_equal(boot.ranges[4].kind, MEMORY_NVS);
    assert_int_equal(boot.ranges[5].kind, MEMORY_BAD);
    assert_int_equal(boot.ranges[6].kind, MEMORY_RESERVED);
    assert_true(boot.vga_text);
    assert_false(boot.efi);
    assert_int_equal(boot.rsdp, 0);
    assert_int_equal(boot.info_start, INFO);
    assert_int_equal(boot.info_end, INFO + size);
}

static void length_is_checked_before_the_view(void **state)
{
    (void)state;
    begin();
    some_mmap();
    end();
    put32(info, 15);
    assert_string_equal(parse(), "boot information is shorter than its end tag");
    put32(info, 0x100001);
    assert_string_equal(parse(), "boot information is longer than any loader makes it");
    put32(info, size + 8);
    assert_string_equal(parse(), "boot information cannot be read to its end");
    assert_string_equal(multiboot2_parse(0x999, phys_look, &boot), "boot information cannot be read");
}

static void bad_tags(void **state)
{
    (void)state;
    begin();
    some_mmap();
    put32(info, size);
    assert_string_equal(parse(), "boot information has no end tag");

    end();
    put32(info + 12, 7);
    assert_string_equal(parse(), "boot information has a tag shorter than its own header");
    put32(info + 12, size);
    assert_string_equal(parse(), "boot information ends inside a tag");
    put32(info + 12, 0xfffffff9);
    assert_string_equal(parse(), "boot information ends inside a tag");

    begin();
    tag(6, NULL, 4);
    end();
    assert_string_equal(parse(), "the memory map's tag is too short");
    begin();
    put32(tag(6, NULL, 8), 16);
    end();
    assert_string_equal(parse(), "the memory map's entries have an impossible size");
    begin();
    some_mmap();
    tag(3, NULL, 4);
    end();
    assert_string_equal(parse(), "a module's tag is too short");
    begin();
    end();
    assert_string_equal(parse(), "boot information has no memory map");
}

/* The total may end right behind a tag whose padded size would lie beyond it. */
static void unpadded_last_tag(void **state)
{
    (void)state;
    begin();
    some_mmap();
    tag(1, "abc", 4);
    size -= 4;
    put32(info, size);
    assert_string_equal(parse(), "boot information has no end tag");
    assert_string_equal(boot.cmdline, "abc");
}

static void module_backwards(void **state)
{
    (void)state;
    begin();
    some_mmap();
    module_tag(0x2000, 0x1000, "");
    end();
    assert_string_equal(parse(), "the module ends before it starts");
    assert_false(boot.module_present);
}

static void rsdp_new_wins_in_either_order(void **state)
{
    (void)state;
    uint8_t bytes[36] = {0};
    begin();
    some_mmap();
    tag(15, bytes, 36);
    tag(14, bytes, 20);
    end();
    assert_null(parse());
    assert_int_equal(boot.rsdp, INFO + 8 + 24 * 7 + 16 + 8);

    begin();
    tag(14, bytes, 20);
    tag(15, bytes, 36);
    some_mmap();
    end();
    assert_null(parse());
    assert_int_equal(boot.rsdp, INFO + 8 + 32 + 8);

    begin();
    tag(14, bytes, 20);
    tag(15, bytes, 35);
    some_mmap();
    end();
    assert_null(parse());
    assert_int_equal(boot.rsdp, INFO + 8 + 8);
}

static void screens(void **state)
{
    (void)state;
    begin();
    some_mmap();
    end();
    assert_null(parse());
    assert_true(boot.vga_text); /* a BIOS without the tag */

    begin();
    some_mmap();
    framebuffer_tag(0xfd000000, 1);
    end();
    assert_null(parse());
    assert_false(boot.vga_text);

    begin();
    some_mmap();
    framebuffer_tag(0xb0000, 2); /* text, of a monochrome display */
    end();
    assert_null(parse());
    assert_false(boot.vga_text);

    begin();
    some_mmap();
    tag(12, "12345678", 8);
    end();
    assert_null(parse());
    assert_true(boot.efi);
    assert_false(boot.vga_text);

    static const struct entry no_hole[] = {{0, 0x1000000, 1}};
    begin();
    mmap_tag(no_hole, 1);
    end();
    assert_null(parse());
    assert_false(boot.vga_text);
}

/* 1024x768 of 32 bits above 4 GiB; `length` bytes of the payload, 30 when whole. */
static void pixels_tag(uint32_t length)
{
    static const uint8_t fields[6] = {16, 8, 8, 7, 0, 6};
    uint8_t *payload = tag(8, NULL, length); /* what is not said the next tag writes over */

    put64(payload, 0x4012345000);
    put32(payload + 8, 4112);
    put32(payload + 12, 1024);
    put32(payload + 16, 768);
    payload[20] = 32;
    payload[21] = 1;
    payload[22] = payload[23] = 0xee; /* reserved */
    memcpy(payload + 24, fields, sizeof(fields));
}

static void parse_pixels(uint32_t length)
{
    begin();
    some_mmap();
    pixels_tag(length);
    end();
    assert_null(parse());
}

static void framebuffer_of_pixels(void **state)
{
    (void)state;
    parse_pixels(30);
    assert_false(boot.vga_text);
    assert_int_equal(boot.framebuffer.address, 0x4012345000);
    assert_int_equal(boot.framebuffer.pitch, 4112);
    assert_int_equal(boot.framebuffer.width, 1024);
    assert_int_equal(boot.framebuffer.height, 768);
    assert_int_equal(boot.framebuffer.bits, 32);
    assert_int_equal(boot.framebuffer.type, 1);
    assert_int_equal(boot.framebuffer.fields[0].position, 16);
    assert_int_equal(boot.framebuffer.fields[0].size, 8);
    assert_int_equal(boot.framebuffer.fields[1].position, 8);
    assert_int_equal(boot.framebuffer.fields[1].size, 7);
    assert_int_equal(boot.framebuffer.fields[2].position, 0);
    assert_int_equal(boot.framebuffer.fields[2].size, 6);

    begin(); /* with a palette: what follows are no fields */
    some_mmap();
    pixels_tag(30);
    info[size - 40 + 29] = 0;
    end();
    assert_null(parse());
    assert_int_equal(boot.framebuffer.type, 0);
    assert_int_equal(boot.framebuffer.fields[0].size, 0);

    parse_pixels(29); /* the colours are cut: none */
    assert_int_equal(boot.framebuffer.width, 1024);
    assert_int_equal(boot.framebuffer.fields[0].size, 0);

    parse_pixels(21); /* too short to say anything */
    assert_int_equal(boot.framebuffer.width, 0);
}

/* Each of the tags that only UEFI's loader gives says so by itself, the 32-bit ones (11, 19) too. */
static void uefi_of_both_widths(void **state)
{
    static const struct {
        uint32_t type, length;
    } tags[] = {{11, 4}, {12, 8}, {17, 8}, {19, 4}, {20, 8}};

    (void)state;
    for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        begin();
        some_mmap();
        tag(tags[i].type, "12345678", tags[i].length);
        end();
        assert_null(parse());
        assert_true(boot.efi);
        assert_false(boot.vga_text);
        assert_true(boot.efi_table.at == (tags[i].type == 12   ? 0x3837363534333231ull
                                          : tags[i].type == 11 ? 0x34333231u
                                                               : 0));
        assert_int_equal(boot.efi_table.wide, tags[i].type == 12);
    }
    begin();
    some_mmap();
    tag(12, "1234567", 7); /* too short to hold an address */
    tag(11, "123", 3);
    end();
    assert_null(parse());
    assert_true(boot.efi && boot.efi_table.at == 0);
}

static void boot_services_running(void **state)
{
    (void)state;
    begin();
    some_mmap();
    tag(18, NULL, 0);
    end();
    assert_string_equal(parse(), "the boot loader left UEFI's boot services running");
}

static void impossible_ranges(void **state)
{
    (void)state;
    static const struct entry map[] = {
        {0x1000, 0, 1},     {0xfffffffffffff000ull, 0x2000, 1}, {0x100000, 0x1000, 1}, {0x101000, 0x1000, 1},
        {UINT64_MAX, 5, 2},
    };
    begin();
    mmap_tag(map, 5);
    end();
    assert_null(parse());
    assert_int_equal(boot.range_count, 2);
    assert_int_equal(boot.ranges[0].kind, MEMORY_RESERVED);
    assert_true(boot.ranges[0].end == UINT64_MAX);
    assert_int_equal(boot.ranges[1].start, 0x100000); /* two that touch are one */
    assert_int_equal(boot.ranges[1].end, 0x102000);
}

static void half_an_entry_is_none(void **state)
{
    (void)state;
    begin();
    put32(tag(6, NULL, 8 + 16), 24);
    put64(info + size - 16, 0x100000);
    put64(info + size - 8, 0x1000);
    end();
    assert_null(parse());
    assert_int_equal(boot.range_count, 0);
}

static void more_ranges_than_fit(void **state)
{
    (void)state;
    static struct entry map[BOOT_MAX_RANGES + 2];
    for (unsigned i = 0; i < BOOT_MAX_RANGES; i++)
        map[i] = (struct entry){0x100000 + i * 0x2000ull, 0x1000, 1};
    map[BOOT_MAX_RANGES] = (struct entry){0x10000000, 0x1000, 1};
    map[BOOT_MAX_RANGES + 1] = (struct entry){0x102800, 0x100, 2};
    begin();
    mmap_tag(map, BOOT_MAX_RANGES + 2);
    end();
    assert_null(parse());
    assert_int_equal(boot.range_count, BOOT_MAX_RANGES);
    assert_int_equal(boot.ranges_lost, 2);
    assert_int_equal(boot.ranges[0].kind, MEMORY_USABLE);
    assert_int_equal(boot.ranges[1].kind, MEMORY_RESERVED); /* what was lost lies in it */
    assert_int_equal(boot.ranges[2].kind, MEMORY_USABLE);
}

static void long_command_line(void **state)
{
    (void)state;
    static char line[BOOT_MAX_CMDLINE + 1];
    memset(line, 'x', sizeof(line));
    line[BOOT_MAX_CMDLINE - 1] = 0;
    begin();
    some_mmap();
    tag(1, line, BOOT_MAX_CMDLINE);
    end();
    assert_null(parse());
    assert_false(boot.cmdline_cut);
    assert_int_equal(strlen(boot.cmdline), BOOT_MAX_CMDLINE - 1);

    line[BOOT_MAX_CMDLINE - 1] = 'x'; /* and no zero byte at its end */
    begin();
    some_mmap();
    tag(1, line, BOOT_MAX_CMDLINE);
    end();
    assert_null(parse());
    assert_true(boot.cmdline_cut);
    assert_int_equal(strlen(boot.cmdline), BOOT_MAX_CMDLINE - 1);
}

static void hostile_bytes(void **state)
{
    (void)state;
    static uint8_t original[sizeof(info)];
    uint8_t bytes[36] = {0};
    struct random random = {1};
    unsigned good = 0;
    begin();
    tag(1, "acpi=off", 9);
    module_tag(0x21000, 0x31234, "guest line");
    some_mmap();
    framebuffer_tag(0xb8000, 2);
    tag(14, bytes, 20);
    tag(15, bytes, 36);
    end();
    memcpy(original, info, size);
    for (unsigned i = 0; i < 100000; i++) {
        memcpy(info, original, size);
        mutate(info, i % 4 ? size : 64, &random);
        const char *wrong = parse();
        good += wrong == NULL;
        assert_true(boot.range_count <= BOOT_MAX_RANGES);
        for (unsigned r = 0; r < boot.range_count; r++)
            assert_true(boot.ranges[r].start < boot.ranges[r].end && boot.ranges[r].kind - 1 < 5);
        assert_non_null(memchr(boot.cmdline, 0, BOOT_MAX_CMDLINE));
        assert_non_null(memchr(boot.module_cmdline, 0, BOOT_MAX_CMDLINE));
        assert_true(!boot.module_present || boot.module_start <= boot.module_end);
    }
    /* Both happen often, so both paths were walked. */
    assert_in_range(good, 10000, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(length_is_checked_before_the_view),
        cmocka_unit_test(bad_tags),
        cmocka_unit_test(unpadded_last_tag),
        cmocka_unit_test(module_backwards),
        cmocka_unit_test(rsdp_new_wins_in_either_order),
        cmocka_unit_test(screens),
        cmocka_unit_test(framebuffer_of_pixels),
        cmocka_unit_test(uefi_of_both_widths),
        cmocka_unit_test(boot_services_running),
        cmocka_unit_test(impossible_ranges),
        cmocka_unit_test(half_an_entry_is_none),
        cmocka_unit_test(more_ranges_than_fit),
        cmocka_unit_test(long_command_line),
        cmocka_unit_test(hostile_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    phys_clear();
    return failed;
}
