#include "platform/quirks.h"

#include "cpu/facts.h"
#include "log/log.h"
#include "log/string.h"

#define HYPERVISOR_BYTES 12u

#define ON_ITS_SIDE(name, vendor, product, rotation)                                            \
    {                                                                                           \
        QUIRK_ROTATED, name, "its panel stands on its side", NULL, vendor, product, 0, rotation \
    }

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
    /*
     * Panels on their side: as Linux's drivers/gpu/drm/drm_panel_orientation_quirks.c of 2025 has them (its
     * RIGHT_UP is 90 here, its LEFT_UP 270). Lenovo has a machine's name in its version.
     */
    ON_ITS_SIDE("a Steam Deck", "Valve", "Jupiter", ROTATE_90),
    ON_ITS_SIDE("a GPD Win 2", "GPD", "WIN2", ROTATE_90),
    ON_ITS_SIDE("a GPD Win 3", "GPD", "G1618-03", ROTATE_90),
    ON_ITS_SIDE("a GPD Win Mini", "GPD", "G1617-01", ROTATE_90),
    ON_ITS_SIDE("a GPD Win Max", "GPD", "G1619-01", ROTATE_90),
    ON_ITS_SIDE("a GPD MicroPC", "GPD", "MicroPC", ROTATE_90),
    ON_ITS_SIDE("a GPD Pocket 4", "GPD", "G1628-04", ROTATE_90),
    ON_ITS_SIDE("an AYA NEO 2021", "AYADEVICE", "AYA NEO 2021", ROTATE_90),
    ON_ITS_SIDE("an AYANEO 2", "AYANEO", "AYANEO 2", ROTATE_90),
    ON_ITS_SIDE("an AYANEO AIR", "AYANEO", "AIR", ROTATE_270),
    ON_ITS_SIDE("a OneXPlayer", "ONE-NETBOOK TECHNOLOGY CO., LTD.", "ONE XPLAYER", ROTATE_270),
    ON_ITS_SIDE("an AOKZOE A1 Pro", "AOKZOE", "AOKZOE A1 Pro", ROTATE_270),
    ON_ITS_SIDE("an Asus T100HA", "ASUSTeK COMPUTER INC.", "T100HAN", ROTATE_270),
    ON_ITS_SIDE("an Asus T101HA", "ASUSTeK COMPUTER INC.", "T101HA", ROTATE_90),
    ON_ITS_SIDE("an Acer One 10", "Acer", "One S1003", ROTATE_90),
    ON_ITS_SIDE("a Lenovo Miix 320", "LENOVO", "80XF", ROTATE_90),
    ON_ITS_SIDE("a Lenovo ideapad D330", "LENOVO", "Lenovo ideapad D330-10IG", ROTATE_90),
    ON_ITS_SIDE("a Lenovo Legion Go", "LENOVO", "Legion Go 8APU1", ROTATE_270),
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
           is_made_by(quirk, names->vendor, names->version) ||
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
