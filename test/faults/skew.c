/*
 * A publisher that lies, for the test image only: linked with --wrap=record_fill, so the hypervisor's own
 * sources stay as they are. Every second publish of the common line, and every second VCPU's own line, is
 * 5 ms ahead: more than passes between two reads. The witness must see time go back and records spread, or it
 * could see nothing.
 *
 * `lie=SLOT:NS` on Meridian's command line: that slot alone is off, always by so much, ahead or behind. Each
 * VCPU by itself then sees nothing wrong.
 */
#include "../unit/record_wraps.h"
#include "boot.h"
#include "words.h"

#define LIE_NS 5000000

static bool one_slot;
static int64_t lying_slot, lie_ns;

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    __real_boot_read(magic, info, boot);
    const char *at = words_find(boot->cmdline, "lie");
    one_slot = at && words_number(&at, &lying_slot) && words_skip(&at, ':') && words_number(&at, &lie_ns);
}

static int64_t lie_of(unsigned slot)
{
    static unsigned publishes;

    if (one_slot)
        return slot == lying_slot ? lie_ns : 0;
    if (slot == 0)
        publishes++;
    return (slot == 0 ? publishes % 2 : slot % 2) ? LIE_NS : 0;
}

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    struct published told = *data;

    told.line.ns += (uint64_t)lie_of((uint64_t)record / sizeof *record % MERIDIAN_SLOTS_PER_PAGE);
    __real_record_fill(record, &told);
}
