/* Machines that need a rule of their own, each with its reason: one table. */
#ifndef PLATFORM_QUIRKS_H
#define PLATFORM_QUIRKS_H

#include "platform/firmware/smbios.h"
#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"

enum quirk_effect {
    QUIRK_TSC_SLIPS, /* by up to slip_ns between two readings, where CPUs run at the same moment */
    QUIRK_NO_SMAP,   /* SMAP stays off */
    QUIRK_ROTATED,   /* the panel stands on its side: what is drawn is rotated by `rotation` */
    QUIRK_ONE_CPU,   /* only the boot CPU is used, unless the command line has maxcpus= */
};

struct quirk {
    enum quirk_effect effect;
    const char *name, *reason; /* both are the middle of a sentence */
    /* A machine has the quirk if all of these fit that are not NULL. */
    const char *hypervisor; /* the 12 bytes by which its hypervisor names itself */
    const char *vendor;     /* the maker, by SMBIOS, of what `product` names */
    const char *product;    /* how the machine's product or version, or its board, begins */
    uint32_t slip_ns;       /* QUIRK_TSC_SLIPS only */
    enum rotation rotation; /* QUIRK_ROTATED only */
};

/* Returns the first quirk with that effect; NULL if there is none. `hypervisor`: 12 bytes, or NULL: none. */
const struct quirk *quirk_match(enum quirk_effect effect, const char *hypervisor,
                                const struct machine_names *names);

/* Finds what this machine calls itself, once, and says it in a line. */
void machine_names_find(const struct boot_info *boot, phys_view view);
const struct machine_names *machine_names(void);

/* The same for this machine, once machine_names_find was called. */
const struct quirk *quirk_here(enum quirk_effect effect);

#endif
