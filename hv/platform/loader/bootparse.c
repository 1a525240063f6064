#include "platform/loader/bootparse.h"

static uint32_t kind_of(uint32_t type)
{
    switch (type) {
    case MEMORY_USABLE:
    case MEMORY_ACPI:
    case MEMORY_NVS:
    case MEMORY_BAD: return type;
    default: return MEMORY_RESERVED;
    }
}

static bool overlaps(const struct memory_range *range, uint64_t start, uint64_t end)
{
    return range->start < end && start < range->end;
}

static void lose_range(struct boot_info *out, const struct memory_range *lost)
{
    out->ranges_lost++;
    if (lost->kind == MEMORY_USABLE)
        return;
    for (unsigned i = 0; i < out->range_count; i++) {
        struct memory_range *kept = &out->ranges[i];

        if (kept->kind == MEMORY_USABLE && overlaps(kept, lost->start, lost->end))
            kept->kind = MEMORY_RESERVED;
    }
}

void boot_add_range(struct boot_info *out, uint64_t start, uint64_t size, uint32_t type)
{
    struct memory_range *last;
    struct memory_range range;

    if (size == 0)
        return;
    range = (struct memory_range){.start = start, .end = start + size, .kind = kind_of(type)};
    if (size > UINT64_MAX - start) {
        range.end = UINT64_MAX;
        range.kind = MEMORY_RESERVED;
        if (start == UINT64_MAX)
            return;
    }

    last = out->range_count ? &out->ranges[out->range_count - 1] : NULL;
    if (last && last->kind == range.kind && last->end == range.start)
        last->end = range.end;
    else if (out->range_count < BOOT_MAX_RANGES)
        out->ranges[out->range_count++] = range;
    else
        lose_range(out, &range);
}

size_t boot_copy_text(char *out, size_t at, const uint8_t *text, size_t size, bool *ended, bool *cut)
{
    *ended = false;
    *cut = false;
    for (size_t i = 0; i < size && !*ended && !*cut; i++) {
        if (text[i] == 0)
            *ended = true;
        else if (at + 1 >= BOOT_MAX_CMDLINE)
            *cut = true;
        else
            out[at++] = (char)text[i];
    }
    out[at] = 0;
    return at;
}

bool boot_vga_hole(const struct boot_info *boot)
{
    for (unsigned i = 0; i < boot->range_count; i++)
        if (boot->ranges[i].kind == MEMORY_USABLE && overlaps(&boot->ranges[i], 0xb8000, 0xb8000 + 4000))
            return false;
    return true;
}
