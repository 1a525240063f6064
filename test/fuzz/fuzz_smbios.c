/* sources: test/fuzz/seeds.c hv/platform/firmware/smbios.c hv/platform/firmware/smbios_efi.c hv/log/format.c hv/platform/firmware/common.c */
/* runs: 50000 */
#include "fuzz.h"
#include "smbios_build.h"

enum { BY_EFI = 1, WIDE = 2, FIX_OLD = 4, FIX_NEW = 8 };

#define ENTRIES 64u  /* two entry points, 32 bytes apart */
#define GUIDS   240u /* ten entries of UEFI's table, or twelve */
#define ROOM    512u

static void check_name(const char *name)
{
    size_t length = strnlen(name, MACHINE_NAME_BYTES);

    MUST(length > 0 && length < MACHINE_NAME_BYTES);
    MUST(name[length - 1] != ' ' || name[0] == ' ' || length == MACHINE_NAME_BYTES - 1);
    for (size_t i = 0; i < length; i++)
        MUST(name[i] >= ' ' && name[i] < 127);
}

/* Flags, the entry points, UEFI's two tables, the structures. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine_names names;
    struct input in = {data, size};
    uint8_t flags = input_byte(&in);
    bool wide = flags & WIDE;

    nothing_yet();
    input_take(&in, bios, ENTRIES);
    input_take(&in, efi_system, wide ? 120 : 72);
    input_take(&in, configs, GUIDS);
    table_size = (uint32_t)input_take(&in, table, ROOM);
    if (flags & FIX_OLD)
        fix_sum(bios, 31, 4);
    if (flags & FIX_NEW)
        fix_sum(bios + 32, 24, 5);
    phys_clear();
    phys_put(BIOS, bios, sizeof(bios));
    phys_put(TABLE, table, table_size);
    phys_put(SYSTEM, efi_system, wide ? 120 : 72);
    phys_put(CONFIGS, configs, GUIDS);
    smbios_read((struct efi_table){flags & BY_EFI ? SYSTEM : 0, wide}, phys_look, &names);
    check_name(names.vendor);
    check_name(names.product);
    check_name(names.board);
    check_name(names.board_vendor);
    check_name(names.version);
    check_name(names.firmware);
    phys_clear();
    return 0;
}

/* In the BIOS's memory, by the old entry and by the new; by UEFI's tables of both widths. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    bool wide = number == 3;
    size_t at = 1;

    if (number > 3)
        return 0;
    nothing_yet();
    a_machine();
    if (number != 1)
        entry_old(bios, 31);
    if (number != 0)
        entry_new(bios + 32, TABLE);
    efi_tables(wide, 2, BIOS, BIOS + 32);
    out[0] =
        (uint8_t)(FIX_OLD * (number != 1) | FIX_NEW * (number != 0) | BY_EFI * (number > 1) | WIDE * wide);
    memcpy(out + at, bios, ENTRIES);
    at += ENTRIES;
    memcpy(out + at, efi_system, wide ? 120 : 72);
    at += wide ? 120 : 72;
    memcpy(out + at, configs, GUIDS);
    at += GUIDS;
    memcpy(out + at, table, table_size);
    return at + table_size;
}
