/* sources: test/fuzz/seeds.c hv/platform/loader/multiboot2.c hv/platform/loader/bootparse.c */
/* runs: 250000 */
#include "boot_check.h"
#include "fuzz.h"
#include "phys.h"

#define INFO 0x10000u

static struct boot_info boot;

/* The first byte says whether the total size is made right, so that the tags are reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t info[1 << 16];
    struct input in = {data, size};
    bool repair = input_byte(&in) & 1;
    size_t bytes = input_take(&in, info, sizeof(info));

    if (repair && bytes >= 4)
        put32(info, (uint32_t)bytes);
    phys_clear();
    phys_put(INFO, info, bytes);
    const char *wrong = multiboot2_parse(INFO, phys_look, &boot);
    check_boot(&boot, wrong);
    if (!wrong)
        MUST(boot.info_start == INFO && boot.info_end <= INFO + bytes);
    phys_clear();
    return 0;
}

static size_t add_tag(uint8_t *out, size_t at, uint32_t type, const void *payload, uint32_t length)
{
    put32(out + at, type);
    put32(out + at + 4, 8 + length);
    memcpy(out + at + 8, payload, length);
    return at + ((8 + length + 7) & ~7u);
}

static size_t add_map(uint8_t *out, size_t at)
{
    uint8_t map[8 + 3 * 24] = {24};

    for (unsigned i = 0; i < 3; i++) {
        put64(map + 8 + 24 * i, i * 0x100000ull);
        put64(map + 16 + 24 * i, 0xa0000 + i);
        put32(map + 24 + 24 * i, 1 + i);
    }
    return add_tag(out, at, 6, map, sizeof(map));
}

/* One with all tags we know, one with a map alone, one with a framebuffer of pixels. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const uint8_t rsdp[36] = "RSD PTR ";
    static const uint8_t framebuffer[24] = {0, 0x80, 0x0b, 0, 0, 0, 0, 0, [21] = 2};
    static const uint8_t pixels[30] = {0, 0, 0, 0xfd, 0, 0,  0, 0, 0, 16, 0, 0, 0, 4, 0,
                                       0, 0, 3, 0,    0, 32, 1, 0, 0, 16, 8, 8, 8, 0, 8};
    static const uint8_t module[14] = {0, 0x10, 2, 0, 0, 0x20, 2, 0, 'g', 'u', 'e', 's', 't'};
    uint8_t *info = out + 1;
    size_t at = 8;

    if (number > 2)
        return 0;
    memset(out, 0, SEED_BYTES);
    out[0] = 1;
    at = add_map(info, at);
    if (number == 0) {
        at = add_tag(info, at, 1, "acpi=off", 9);
        at = add_tag(info, at, 3, module, sizeof(module));
        at = add_tag(info, at, 8, framebuffer, sizeof(framebuffer));
        at = add_tag(info, at, 14, rsdp, 20);
        at = add_tag(info, at, 15, rsdp, 36);
        at = add_tag(info, at, 12, rsdp, 8);
    }
    if (number == 2)
        at = add_tag(info, at, 8, pixels, sizeof(pixels));
    at = add_tag(info, at, 0, "", 0);
    put32(info, (uint32_t)at);
    return 1 + at;
}
