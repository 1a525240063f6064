/* What must hold of boot information, for fuzz_multiboot2.c and fuzz_pvh.c. */
#ifndef TEST_BOOT_CHECK_H
#define TEST_BOOT_CHECK_H

#include "fuzz.h"
#include "platform/loader/bootinfo.h"

static inline void check_boot(const struct boot_info *boot, const char *wrong)
{
    MUST(memchr(boot->cmdline, 0, BOOT_MAX_CMDLINE) && memchr(boot->module_cmdline, 0, BOOT_MAX_CMDLINE));
    MUST(boot->range_count <= BOOT_MAX_RANGES);
    for (unsigned i = 0; i < boot->range_count; i++) {
        MUST(boot->ranges[i].start < boot->ranges[i].end);
        MUST(boot->ranges[i].kind >= MEMORY_USABLE && boot->ranges[i].kind <= MEMORY_BAD);
    }
    if (wrong) {
        MUST(strlen(wrong) > 0);
        return;
    }
    MUST(boot->info_start <= boot->info_end);
    MUST(!boot->module_present || (boot->module_count > 0 && boot->module_start <= boot->module_end));
}

#endif
