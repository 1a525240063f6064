/* This machine: what it calls itself, found once, and which quirks it has. */
#include "cpu/instructions.h"
#include "log/log.h"
#include "log/string.h"
#include "platform/quirks.h"

#define HYPERVISOR_LEAF  0x40000000u
#define CPUID_HYPERVISOR (1u << 31) /* leaf 1, ECX */

static struct machine_names names;

const struct machine_names *machine_names(void)
{
    return &names;
}

void machine_names_find(const struct boot_info *boot, phys_view view)
{
    if (smbios_read(boot->efi_table, view, &names))
        log_print("machine: %s %s, board %s, firmware %s\n", names.vendor, names.product, names.board,
                  names.firmware);
    else
        log_print("machine: no SMBIOS says what it is\n");
}

const struct quirk *quirk_here(enum quirk_effect effect)
{
    struct cpuid_result id = cpuid(HYPERVISOR_LEAF, 0);
    uint32_t signature[] = {id.ebx, id.ecx, id.edx};
    bool hypervisor = cpuid(1, 0).ecx & CPUID_HYPERVISOR;

    return quirk_match(effect, hypervisor ? (const char *)signature : NULL, &names);
}
