/* From the RSDP to the tables: ACPI 6.4, 5.2.5 (RSDP), 5.2.7 (RSDT), 5.2.8 (XSDT). */
#include "platform/firmware/acpi_tables.h"
#include "platform/firmware/aml_s5.h"
#include "platform/bytes.h"

#define RSDP_V1_SIZE     20u
#define RSDP_V2_SIZE     36u
#define ROOT_MAX_ENTRIES 256u

/* Where the tables' addresses are: RSDT with 4 bytes each, or XSDT with 8. */
struct root {
    const uint8_t *entries;
    uint32_t count, entry_size;
};

/* Bytes at `phys`, if the range does not wrap. Every look at memory goes through here. */
static const uint8_t *look(phys_view view, uint64_t phys, size_t size)
{
    return phys != 0 && phys <= UINT64_MAX - size ? view(phys, size) : NULL;
}

/* The whole table at `phys`, or NULL: unreadable, absurdly long or short, wrong signature or checksum. */
static const uint8_t *whole_table(phys_view view, uint64_t phys, const char *signature, uint32_t *size)
{
    const uint8_t *header = look(view, phys, ACPI_HEADER);
    if (!header || !bytes_equal(header, signature, 4))
        return NULL;
    *size = le32(header + 4);
    if (*size < ACPI_HEADER || *size > ACPI_MAX_TABLE)
        return NULL;
    const uint8_t *table = look(view, phys, *size);
    return table && byte_sum(table, *size) == 0 ? table : NULL;
}

static bool rsdp_valid(const uint8_t *rsdp)
{
    return rsdp && bytes_equal(rsdp, "RSD PTR ", 8) && byte_sum(rsdp, RSDP_V1_SIZE) == 0;
}

/* 5.2.5.1: on 16-byte boundaries. Returns the physical address, 0: not in there. */
static uint64_t search(phys_view view, uint64_t start, size_t size)
{
    const uint8_t *bytes = look(view, start, size);
    for (size_t at = 0; bytes && size - at >= RSDP_V1_SIZE; at += 16)
        if (rsdp_valid(bytes + at))
            return start + at;
    return 0;
}

/* The first KiB of the EBDA, whose segment stands at 0x40e, then the BIOS's read-only memory. */
static uint64_t search_bios(phys_view view)
{
    uint64_t found = 0;
    const uint8_t *segment = look(view, 0x40e, 2);
    uint64_t ebda = segment ? (uint64_t)le16(segment) << 4 : 0;
    if (ebda >= 0x400 && ebda <= 0xa0000 - 0x400)
        found = search(view, ebda, 0x400);
    return found ? found : search(view, 0xe0000, 0x20000);
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

/* The XSDT's address if the RSDP is of revision 2 and whole, else 0. */
static uint64_t xsdt_address(phys_view view, uint64_t rsdp, struct machine *out)
{
    const uint8_t *header = look(view, rsdp, RSDP_V2_SIZE);
    uint32_t size = header ? le32(header + 20) : 0;
    const uint8_t *whole = size >= RSDP_V2_SIZE && size <= 4096 ? look(view, rsdp, size) : NULL;
    if (whole && byte_sum(whole, size) == 0)
        return le64(whole + 24);
    out->bad_tables++;
    return 0;
}

static bool find_root(phys_view view, uint64_t rsdp, struct machine *out, struct root *root)
{
    const uint8_t *bytes = look(view, rsdp, RSDP_V1_SIZE);
    uint64_t rsdt = le32(bytes + 16);
    uint64_t xsdt = bytes[15] >= 2 ? xsdt_address(view, rsdp, out) : 0;
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
    {"APIC", madt_read},
    {"FACP", fadt_read},
    {"HPET", hpet_table_read},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

/* One table. Of each kind the first whole one counts. */
static void take_table(phys_view view, uint64_t phys, bool *seen, struct machine *out)
{
    const uint8_t *header = look(view, phys, ACPI_HEADER);
    if (!header) {
        out->bad_tables++;
        return;
    }
    for (unsigned i = 0; i < KNOWN; i++) {
        if (seen[i] || !bytes_equal(header, known[i].signature, 4))
            continue;
        uint32_t size;
        const uint8_t *table = whole_table(view, phys, known[i].signature, &size);
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
    *out = (struct machine){.source = "none"};
    if (rsdp != 0 && !rsdp_valid(look(view, rsdp, RSDP_V1_SIZE))) {
        out->bad_tables++;
        rsdp = 0;
    }
    if (rsdp == 0)
        rsdp = search_bios(view);

    struct root root;
    if (rsdp == 0 || !find_root(view, rsdp, out, &root))
        return;
    out->source = "acpi";
    bool seen[KNOWN] = {false};
    out->bad_tables += root.count > ROOT_MAX_ENTRIES;
    for (uint32_t i = 0; i < root.count && i < ROOT_MAX_ENTRIES; i++)
        take_table(view, entry_address(&root, i), seen, out);
    out->power.can_sleep = out->power.can_sleep && find_s5(view, &root, out);
}
