/* Machines that need a rule of their own, each with its reason: one table. Its matching is pure. */
#ifndef PLATFORM_QUIRKS_H
#define PLATFORM_QUIRKS_H

#include "platform/firmware/smbios.h"
#include "platform/loader/bootinfo.h"

enum quirk_effect {
    QUIRK_TSC_SLIPS, /* by up to slip_ns between two looks, where CPUs run at the same moment */
    QUIRK_NO_SMAP,   /* SMAP stays off */
    QUIRK_ONE_CPU,   /* only the boot CPU is used, unless the command line has maxcpus= */
};

struct quirk {
    enum quirk_effect effect;
    const char *name, *reason; /* who it is, and the middle of a sentence: why */
    const char *hypervisor;    /* the 12 bytes of CPUID leaf 40000000h; NULL: any machine, */
    const char *vendor;        /* of this SMBIOS vendor; NULL: any, */
    const char *product;       /* whose product or board begins with this; NULL: any */
    uint32_t slip_ns;
};

/* `hypervisor`: 12 bytes; NULL: none. Returns the first with that effect; NULL: there is none. */
const struct quirk *quirk_match(enum quirk_effect effect, const char *hypervisor,
                                const struct machine_names *names);

/* What this machine calls itself: looked for once, and said in a line; then known. */
void machine_names_find(const struct boot_info *boot, phys_view view);
const struct machine_names *machine_names(void);

/* The same of this machine, once machine_names_find was called. */
const struct quirk *quirk_here(enum quirk_effect effect);

#endif
