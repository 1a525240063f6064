/* sources: test/fuzz/seeds.c hv/platform/firmware/mptable.c hv/platform/firmware/common.c */
/* runs: 150000 */
#include "fuzz.h"
#include "machine_check.h"
#include "phys.h"
#include "platform/firmware/mptable.h"

#define TABLE 0x9d000u
#define EBDA  0x9fc00u

enum { FIX_POINTER = 1, FIX_TABLE = 2 };

static struct machine machine;

/* Flags, the BIOS's EBDA segment and KiB, the floating pointer, the table. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t ebda[1024], table[512], bios_data[8];
    struct input in = {data, size};
    uint8_t flags = input_byte(&in);

    input_take(&in, bios_data, 2);
    input_take(&in, bios_data + 5, 2);
    memset(ebda, 0, sizeof(ebda));
    input_take(&in, ebda + 512, 16);
    size_t there = input_take(&in, table, sizeof(table));
    size_t says = table[4] | (size_t)table[5] << 8;
    if (flags & FIX_POINTER)
        fix_sum(ebda + 512, 16, 10);
    if ((flags & FIX_TABLE) && says >= 8 && says <= there)
        fix_sum(table, says, 7);
    phys_clear();
    phys_put(0x40e, bios_data, sizeof(bios_data));
    phys_put(EBDA, ebda, sizeof(ebda));
    phys_put(TABLE, table, there);
    machine = (struct machine){.source = "none"};
    bool found = mptable_read(phys_look, &machine);
    MUST(found == (machine.cpu_count > 0) && found == !strcmp(machine.source, "mptable"));
    check_machine(&machine);
    phys_clear();
    return 0;
}

/* Two processors, or more; a bus; a default configuration. */
size_t fuzz_seed(unsigned number, uint8_t *out)
{
    uint8_t *pointer = out + 5, *table = out + 21;
    uint8_t count = number == 1 ? 8 : 2;
    uint16_t size = (uint16_t)(44 + 20 * count + 8);

    if (number > 2)
        return 0;
    memset(out, 0, SEED_BYTES);
    out[0] = FIX_POINTER | FIX_TABLE;
    put16(out + 1, EBDA >> 4);
    put16(out + 3, 639);
    memcpy(pointer, "_MP_", 4);
    put32(pointer + 4, TABLE);
    pointer[8] = 1;
    pointer[9] = 4;
    pointer[11] = number == 2 ? 5 : 0;
    memcpy(table, "PCMP", 4);
    put16(table + 4, size);
    table[34] = (uint8_t)(count + 1);
    put32(table + 36, 0xfee00000);
    for (unsigned i = 0; i < count; i++) {
        table[44 + 20 * i + 1] = (uint8_t)i;
        table[44 + 20 * i + 3] = i == 0 ? 3 : 1;
    }
    table[44 + 20 * count] = 1;
    return 21u + size;
}
