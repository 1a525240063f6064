/* From the RSDP to the tables: ACPI 6.4, 5.2.5 (RSDP), 5.2.7 (RSDT), 5.2.8 (XSDT). */
#include "platform/bytes.h"
#include "platform/firmware/acpi_tables.h"
#include "platform/firmware/aml_s5.h"
#include "platform/firmware/common.h"

#define RSDP_V1_SIZE     20u
#define RSDP_V2_SIZE     36u
#define RSDP_MOST        4096u
#define ROOT_MAX_ENTRIES 256u

/* 5.2.5.3. The checksum at 8 is that of the first 20 bytes. */
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_LENGTH = 20, RSDP_XSDT = 24 };

/* Where the tables' addresses are: RSDT with 4 bytes each, or XSDT with 8. */
struct root {
    const uint8_t *entries;
    uint32_t count, entry_size;
};

/*
 * Returns the whole table at `phys`; NULL if it is unreadable, absurdly long or short, or not what it should
 * be.
 */
static const uint8_t *whole_table(phys_view view, uint64_t phys, const char *signature, uint32_t *size)
{
    const uint8_t *header = peek(view, phys, ACPI_HEADER);
    const uint8_t *table;

    if (!header || !bytes_equal(header, signature, 4))
        return NULL;
    *size = le32(header + ACPI_LENGTH);
    if (*size < ACPI_HEADER || *size > ACPI_MAX_TABLE)
        return NULL;
    table = peek(view, phys, *size);
    return table && byte_sum(table, *size) == 0 ? table : NULL;
}

static bool rsdp_valid(const uint8_t *rsdp)
{
    return rsdp && bytes_equal(rsdp, "RSD PTR ", 8) && byte_sum(rsdp, RSDP_V1_SIZE) == 0;
}

/* 5.2.5.1: the first KiB of the EBDA, then the BIOS's read-only memory. */
static uint64_t find_rsdp(phys_view view)
{
    uint64_t ebda = ebda_address(view), found = 0;

    if (ebda)
        found = find_entry_point(view, ebda, 0x400, RSDP_V1_SIZE, rsdp_valid);
    return found ? found : find_entry_point(view, 0xe0000, 0x20000, RSDP_V1_SIZE, rsdp_valid);
}

static bool take_root(phys_view view, uint64_t phys, const char *signature, uint32_t entry_size,
                      struct root *root)
{
    uint32_t size;
    const uint8_t *table = whole_table(view, phys, signature, &size);

    if (!table)
        return false;
    *root = (struct root){table + ACPI_HEADER, (size - ACPI_HEADER) / entry_size, entry_size};
    return true;
}

/* Returns the XSDT's address if the RSDP of revision 2 is whole, else 0. */
static uint64_t xsdt_address(phys_view view, uint64_t rsdp, struct machine *out)
{
    const uint8_t *header = peek(view, rsdp, RSDP_V2_SIZE);
    uint32_t size = header ? le32(header + RSDP_LENGTH) : 0;
    const uint8_t *whole = size >= RSDP_V2_SIZE && size <= RSDP_MOST ? peek(view, rsdp, size) : NULL;

    if (whole && byte_sum(whole, size) == 0)
        return le64(whole + RSDP_XSDT);
    out->bad_tables++;
    return 0;
}

static bool find_root(phys_view view, uint64_t rsdp, struct machine *out, struct root *root)
{
    const uint8_t *bytes = peek(view, rsdp, RSDP_V1_SIZE);
    uint64_t rsdt = le32(bytes + RSDP_RSDT);
    uint64_t xsdt = bytes[RSDP_REVISION] >= 2 ? xsdt_address(view, rsdp, out) : 0;

    if (xsdt && take_root(view, xsdt, "XSDT", 8, root))
        return true;
    out->bad_tables += xsdt != 0;
    if (rsdt && take_root(view, rsdt, "RSDT", 4, root))
        return true;
    out->bad_tables += rsdt != 0;
    return false;
}

struct known_table {
    const char *signature;
    void (*read)(const uint8_t *table, uint32_t size, struct machine *out);
};

static const struct known_table known[] = {
    {"APIC", madt_read}, {"FACP", fadt_read}, {"HPET", hpet_table_read},
    {"SPCR", spcr_read}, {"DBG2", dbg2_read},
};

#define KNOWN (sizeof known / sizeof known[0])

/* Reads one table. Of each kind the first whole one counts. */
static void take_known(phys_view view, uint64_t phys, bool *seen, struct machine *out)
{
    const uint8_t *header = peek(view, phys, ACPI_HEADER);

    if (!header) {
        out->bad_tables++;
        return;
    }
    for (unsigned i = 0; i < KNOWN; i++) {
        uint32_t size;
        const uint8_t *table;

        if (seen[i] || !bytes_equal(header, known[i].signature, 4))
            continue;
        table = whole_table(view, phys, known[i].signature, &size);
        seen[i] = table != NULL;
        if (table)
            known[i].read(table, size, out);
        else
            out->bad_tables++;
    }
}

static bool take_s5(phys_view view, uint64_t phys, const char *signature, struct acpi_power *power)
{
    uint32_t size;
    const uint8_t *table = whole_table(view, phys, signature, &size);

    return table && aml_s5(table + ACPI_HEADER, size - ACPI_HEADER, power->sleep_type);
}

static uint64_t entry_address(const struct root *root, uint32_t i)
{
    const uint8_t *entry = root->entries + i * root->entry_size;

    return root->entry_size == 8 ? le64(entry) : le32(entry);
}

/* What S5 is called stands in the DSDT, on some machines in an SSDT. */
static bool find_s5(phys_view view, const struct root *root, struct machine *out)
{
    if (take_s5(view, out->dsdt, "DSDT", &out->power))
        return true;
    for (uint32_t i = 0; i < root->count && i < ROOT_MAX_ENTRIES; i++)
        if (take_s5(view, entry_address(root, i), "SSDT", &out->power))
            return true;
    return false;
}

void acpi_read(uint64_t rsdp, phys_view view, struct machine *out)
{
    bool seen[KNOWN] = {false};
    struct root root;

    *out = (struct machine){.source = "none"};
    if (rsdp != 0 && !rsdp_valid(peek(view, rsdp, RSDP_V1_SIZE))) {
        out->bad_tables++;
        rsdp = 0;
    }
    if (rsdp == 0)
        rsdp = find_rsdp(view);

    if (rsdp == 0 || !find_root(view, rsdp, out, &root))
        return;
    out->source = "acpi";
    out->bad_tables += root.count > ROOT_MAX_ENTRIES;
    for (uint32_t i = 0; i < root.count && i < ROOT_MAX_ENTRIES; i++)
        take_known(view, entry_address(&root, i), seen, out);
    out->power.can_sleep = out->power.can_sleep && find_s5(view, &root, out);
}
