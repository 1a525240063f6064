/* sources: test/fuzz/seeds.c hv/platform/loader/pvh.c hv/platform/loader/bootparse.c */
/* runs: 150000 */
#include "boot_check.h"
#include "fuzz.h"
#include "phys.h"

/* Where things lie; lines have whole pages, as memory has. */
#define INFO    0x1000u
#define LINES   0x2000u
#define MODULES 0x5000u
#define MAP     0x6000u

static struct boot_info boot;
static uint8_t info[56], lines[2 * 4096], modules[64], map[64 * 24];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    size_t info_size = input_take(&in, info, sizeof(info));
    size_t modules_size = input_take(&in, modules, sizeof(modules));

    /* The line lies over the edge of its two pages, and only as much of it is ours. */
    memset(lines, 'x', sizeof(lines));
    input_take(&in, lines + 4096 - 32, 64);
    size_t map_size = input_take(&in, map, sizeof(map));
    phys_clear();
    phys_put(INFO, info, info_size);
    phys_put(LINES, lines, sizeof(lines));
    phys_put(MODULES, modules, modules_size);
    phys_put(MAP, map, map_size);
    const char *wrong = pvh_parse(INFO, phys_look, &boot);
    check_boot(&boot, wrong);
    phys_clear();
    return 0;
}

/* A whole one, and one without a module and a line. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    if (number > 1)
        return 0;
    memset(out, 0, SEED_BYTES);
    put32(out, PVH_MAGIC);
    put32(out + 4, 1);
    put64(out + 40, MAP);
    put32(out + 48, 2);
    if (number == 0) {
        put32(out + 12, 1);
        put64(out + 16, MODULES);
        put64(out + 24, LINES + 4090);
        put64(out + 32, 0xf5ad0);
        put64(out + 56, 0x100000);
        put64(out + 64, 0x1000);
        put64(out + 72, LINES + 4070);
    }
    memcpy(out + 120, "guest words", 11);
    memcpy(out + 120 + 26, "clocksource=pit", 15);
    put64(out + 184 + 8, 0xa0000);
    put32(out + 184 + 16, 1);
    put64(out + 208, 0x100000);
    put64(out + 208 + 8, 0x100000);
    put32(out + 208 + 16, 2);
    return 232;
}
