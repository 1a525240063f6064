/* sources: test/fuzz/seeds.c hv/platform/loader/memmap.c hv/platform/loader/bootparse.c */
/* runs: 150000 */
#include "fuzz.h"
#include "platform/loader/bootparse.h"
#include "platform/loader/memmap.h"

#define RECORD 8u

static struct boot_info boot;
static struct memory_range usable[BOOT_MAX_RANGES];

/* kind, how far both are shifted, start, size: so that ranges of all sizes meet. */
static void add_record(const uint8_t *record)
{
    uint64_t start = record[2] | (uint64_t)record[3] << 8 | (uint64_t)record[4] << 16;
    uint64_t size = record[5] | (uint64_t)record[6] << 8 | (uint64_t)record[7] << 16;

    boot_add_range(&boot, start << (record[1] & 63), size << (record[1] >> 2 & 63), record[0] & 7);
}

static void check_range(unsigned count, unsigned i)
{
    const struct memory_range *r = &usable[i];

    MUST(i < count && r->kind == MEMORY_USABLE && r->start < r->end);
    MUST(r->start % 4096 == 0 && r->end % 4096 == 0 && r->end <= 1ull << 52);
    MUST(i == 0 || usable[i - 1].end <= r->start);
    for (unsigned k = 0; k < boot.range_count; k++)
        if (boot.ranges[k].kind != MEMORY_USABLE)
            MUST(boot.ranges[k].end <= r->start || boot.ranges[k].start >= r->end);
}

static bool meets(const struct memory_range *r, uint64_t start, uint64_t end)
{
    return r->start < end && r->end > start;
}

static void check_low_page(unsigned count, const struct memory_range *keep)
{
    uint64_t page = memmap_low_page(usable, count, keep, 1);
    bool inside = false;

    if (page == 0)
        return;
    MUST(page % 4096 == 0 && page >= 0x1000 && page + 4096 <= 0xa0000);
    MUST(keep->start >= keep->end || !meets(keep, page, page + 4096));
    for (unsigned i = 0; i < count; i++)
        inside |= usable[i].start <= page && page + 4096 <= usable[i].end;
    MUST(inside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t record[RECORD], where[4];
    struct memory_range keep = {.kind = MEMORY_USABLE};

    boot.range_count = boot.ranges_lost = 0;
    input_take(&in, where, sizeof(where));
    keep.start = where[0] << 12 | where[1] << 4;
    keep.end = keep.start + (uint64_t)(where[2] << 8 | where[3]);
    while (in.left > 0) {
        input_take(&in, record, RECORD);
        add_record(record);
    }
    MUST(boot.range_count <= BOOT_MAX_RANGES);
    unsigned count = memmap_usable(&boot, usable, BOOT_MAX_RANGES);
    MUST(count <= BOOT_MAX_RANGES);
    for (unsigned i = 0; i < count; i++)
        check_range(count, i);
    check_low_page(count, &keep);
    return 0;
}

/* A BIOS's map; UEFI's, full of holes; ranges that overlap. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const uint8_t maps[][5][RECORD] = {
        {{1, 0, 0, 0, 0, 0, 0xfc, 9}, {2, 0, 0, 0xfc, 9, 0, 4, 0}, {1, 0x30, 0, 1, 0, 0, 0x7f, 0}},
        {{1, 0x30, 0, 1, 0, 6, 7, 0},
         {4, 0x30, 6, 8, 0, 2, 0, 0},
         {1, 0x30, 8, 8, 0, 8, 0, 0},
         {4, 0x30, 0x10, 8, 0, 0xf0, 0, 0},
         {1, 0x30, 0, 9, 0, 0, 0x70, 0}},
        {{1, 0, 0, 0, 0, 0xff, 0xff, 0xff}, {2, 0, 0, 0x80, 0, 1, 0, 0}, {1, 0, 0, 0x40, 0, 0, 0x90, 0}},
    };

    if (number >= sizeof(maps) / sizeof(maps[0]))
        return 0;
    memcpy(out, "\x10\x01\x20\x00", 4);
    memcpy(out + 4, maps[number], sizeof(maps[0]));
    return 4 + sizeof(maps[0]);
}
