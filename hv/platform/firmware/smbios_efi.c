/* UEFI 2.10: 4.3 (system table), 4.6 (configuration table). They stay where they are after boot services. */
#include "platform/bytes.h"
#include "platform/firmware/smbios.h"

#define SIGNATURE   "IBI SYST"
#define MAX_ENTRIES 256u /* real ones have some 10 to 30 */
#define GUID_BYTES  16u

/* Where the fields are: every pointer is as wide as the firmware. */
struct layout {
    uint32_t size, count_at, tables_at, pointer;
};
static const struct layout layouts[] = {{72, 64, 68, 4}, {120, 104, 112, 8}};

static const uint8_t smbios3_guid[GUID_BYTES] = {0x44, 0x15, 0xfd, 0xf2, 0x94, 0x97, 0x2c, 0x4a,
                                                 0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94};
static const uint8_t smbios_guid[GUID_BYTES] = {0x31, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
                                                0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d};

static bool guid_is(const uint8_t *p, const uint8_t *guid)
{
    unsigned same = 0;

    while (same < GUID_BYTES && p[same] == guid[same])
        same++;
    return same == GUID_BYTES;
}

static uint64_t pointer_at(const uint8_t *p, const struct layout *layout)
{
    return layout->pointer == 8 ? le64(p) : le32(p);
}

static uint64_t find_guid(const uint8_t *entries, uint32_t count, const struct layout *layout,
                          const uint8_t *guid)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = entries + (size_t)i * (GUID_BYTES + layout->pointer);

        if (guid_is(entry, guid))
            return pointer_at(entry + GUID_BYTES, layout);
    }
    return 0;
}

uint64_t smbios_efi_entry(struct efi_table efi, phys_view view)
{
    const struct layout *layout = &layouts[efi.wide];
    const uint8_t *table = peek(view, efi.at, layout->size);
    uint64_t count, at, found;
    const uint8_t *entries;
    size_t size;

    if (!table || !bytes_equal(table, SIGNATURE, 8))
        return 0;
    count = pointer_at(table + layout->count_at, layout); /* UINTN */
    at = pointer_at(table + layout->tables_at, layout);
    if (count > MAX_ENTRIES)
        return 0;
    size = count * (GUID_BYTES + layout->pointer);
    entries = peek(view, at, size);
    if (!entries)
        return 0;
    found = find_guid(entries, (uint32_t)count, layout, smbios3_guid);
    return found ? found : find_guid(entries, (uint32_t)count, layout, smbios_guid);
}
