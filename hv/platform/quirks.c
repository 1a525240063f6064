#include "platform/quirks.h"

#include "cpu/facts.h"
#include "log/log.h"
#include "log/string.h"

#define HYPERVISOR_BYTES 12u

static const struct quirk quirks[] = {
    /*
     * With thread=single, or with -icount, its CPUs run one at a time, and its TSC is sound: that is
     * measured.
     */
    {QUIRK_TSC_SLIPS, "QEMU TCG with a thread for each CPU",
     "its TSC jumps ahead, by up to 0.9 ms in a quarter second, when two CPUs read it at once",
     .hypervisor = "TCGTCGTCGTCG", .slip_ns = 1000000},
    /* At least to 7.2: it reads the frame of an IRETQ at CPL 3 as the kernel would. PV guests may use one. */
    {QUIRK_NO_SMAP, "QEMU TCG", "a guest's IRETQ faults under SMAP", .hypervisor = "TCGTCGTCGTCG"},
    /* memtest86+ (github.com/memtest86plus/memtest86plus), issue 233: of 2023, and no cause was found. */
    {QUIRK_ONE_CPU, "a Supermicro X10SDV", "memtest86+ crashes there with more than one CPU",
     .vendor = "Supermicro", .product = "X10SDV"},
    /* No machine but the tests' own. */
    {QUIRK_ONE_CPU, "a quirk test", "it asks for it", .vendor = "Meridian", .product = "quirk test: nosmp"},
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_made_by(const struct quirk *quirk, const char *vendor, const char *product)
{
    return (!quirk->vendor || strcmp(vendor, quirk->vendor) == 0) &&
           (!quirk->product || begins(product, quirk->product));
}

/* Whoever sold the machine, its board is known by the board's own maker. */
static bool matches(const struct quirk *quirk, const char *hypervisor, const struct machine_names *names)
{
    if (quirk->hypervisor && (!hypervisor || memcmp(hypervisor, quirk->hypervisor, HYPERVISOR_BYTES) != 0))
        return false;
    return is_made_by(quirk, names->vendor, names->product) ||
           is_made_by(quirk, names->board_vendor, names->board);
}

const struct quirk *quirk_match(enum quirk_effect effect, const char *hypervisor,
                                const struct machine_names *names)
{
    for (unsigned i = 0; i < sizeof quirks / sizeof quirks[0]; i++)
        if (quirks[i].effect == effect && matches(&quirks[i], hypervisor, names))
            return &quirks[i];
    return NULL;
}

/* This machine: what it calls itself, found once, and which quirks it has. */
static struct machine_names names;

const struct machine_names *machine_names(void)
{
    return &names;
}

void machine_names_find(const struct boot_info *boot, phys_view view)
{
    bool other; /* maker of the board */

    if (!smbios_read(boot->efi_table, view, &names)) {
        log_print("machine: no SMBIOS says what it is\n");
        return;
    }
    other = strcmp(names.vendor, names.board_vendor) != 0;
    log_print("machine: %s %s, board %s%s%s, firmware %s\n", names.vendor, names.product,
              other ? names.board_vendor : "", other ? " " : "", names.board, names.firmware);
}

const struct quirk *quirk_here(enum quirk_effect effect)
{
    char hypervisor[HYPERVISOR_BYTES];

    return quirk_match(effect, cpu_hypervisor(hypervisor) ? hypervisor : NULL, &names);
}
