/*
 * The MP table (Intel MultiProcessor Specification 1.4): 4.1 floating pointer, 4.2 header, 4.3.1 processors,
 * 5 default configurations. The IMCR is left alone: boards in PIC mode are older than long mode.
 */
#include "platform/firmware/mptable.h"

#include "platform/bytes.h"
#include "platform/firmware/common.h"

#define POINTER_BYTES 16u
#define HEADER_BYTES  44u
#define KIB           1024u
#define BASE_MEMORY   0x413u   /* in the BIOS data area, a word: how many KiB of base memory there are */
#define BASE_END      0xa0000u /* they end at 640 KiB at the latest */
#define MAX_DEFAULT   7u       /* 5: default configurations 1 to 7 */
#define LAPIC_BASE    0xfee00000u

/* Where the fields are: 4.1, 4.2 and 4.3.1. */
enum { POINTER_TABLE = 4, POINTER_LENGTH = 8, POINTER_FEATURE_1 = 11 };
enum { TABLE_LENGTH = 4, TABLE_ENTRY_COUNT = 34, TABLE_LAPIC = 36 };
enum { PROCESSOR_APIC_ID = 1, PROCESSOR_FLAGS = 3 };

/* 4.3: processors come first and take 20 bytes; the other base entries take 8. */
enum { ENTRY_PROCESSOR = 0, ENTRY_LAST = 4 };
#define PROCESSOR_BYTES 20u
#define OTHER_BYTES     8u
#define CPU_ENABLED     1u    /* 4.3.1, CPU flags: EN; BP, the boot CPU, is known by its own id */
#define BROADCAST_ID    0xffu /* no CPU's */

/* 4.1: its length is given in units of 16 bytes, and is one. */
static bool pointer_valid(const uint8_t *p)
{
    return bytes_equal(p, "_MP_", 4) && p[POINTER_LENGTH] == 1 && byte_sum(p, POINTER_BYTES) == 0;
}

/* In the EBDA, or where there is none in the last KiB of base memory; then in the BIOS's own. */
static uint64_t find_pointer(phys_view view)
{
    const uint8_t *kib = peek(view, BASE_MEMORY, 2);
    uint64_t base_end = kib ? (uint64_t)le16(kib) * KIB : 0;
    uint64_t at = ebda_address(view), found = 0;

    if (!at && base_end >= 2 * KIB && base_end <= BASE_END)
        at = base_end - KIB;
    if (at)
        found = find_entry_point(view, at, KIB, POINTER_BYTES, pointer_valid);
    return found ? found : find_entry_point(view, 0xf0000, 0x10000, POINTER_BYTES, pointer_valid);
}

/* Ids have 8 bits, and each is there once: there is room for all. */
static void add_processor(struct machine *out, uint8_t apic_id, bool enabled)
{
    machine_add_cpu(out, apic_id, apic_id, enabled && apic_id != BROADCAST_ID);
}

/* 5: two CPUs, with ids 0 and 1, at the usual place. */
static void take_default(struct machine *out)
{
    out->lapic_base = LAPIC_BASE;
    add_processor(out, 0, true);
    add_processor(out, 1, true);
}

/* Returns false if an entry is unknown, and so of unknown length, or runs past the table's end. */
static bool take_entries(const uint8_t *table, uint32_t size, struct machine *out)
{
    uint32_t at = HEADER_BYTES;

    for (unsigned left = le16(table + TABLE_ENTRY_COUNT); left > 0; left--) {
        uint32_t entry_size;

        if (at >= size || table[at] > ENTRY_LAST)
            return false;
        entry_size = table[at] == ENTRY_PROCESSOR ? PROCESSOR_BYTES : OTHER_BYTES;
        if (entry_size > size - at)
            return false;
        if (table[at] == ENTRY_PROCESSOR)
            add_processor(out, table[at + PROCESSOR_APIC_ID], table[at + PROCESSOR_FLAGS] & CPU_ENABLED);
        at += entry_size;
    }
    return true;
}

/*
 * The checksum covers the base table; what extends it (4.4) has its own and says nothing about CPUs. An entry
 * that makes no sense ends the table, as it ends a MADT; the CPUs before it count.
 */
static void take_mp_table(phys_view view, uint64_t phys, struct machine *out)
{
    const uint8_t *header = peek(view, phys, HEADER_BYTES);
    uint32_t size = header && bytes_equal(header, "PCMP", 4) ? le16(header + TABLE_LENGTH) : 0;
    const uint8_t *table = size >= HEADER_BYTES ? peek(view, phys, size) : NULL;

    if (!table || byte_sum(table, size) != 0) {
        out->bad_tables++;
        return;
    }
    out->lapic_base = le32(table + TABLE_LAPIC);
    if (!take_entries(table, size, out))
        out->bad_tables++;
}

bool mptable_read(phys_view view, struct machine *out)
{
    const uint8_t *pointer = peek(view, find_pointer(view), POINTER_BYTES);
    struct machine with = *out;

    if (!pointer)
        return false;
    with.source = "mptable";
    with.cpu_count = with.cpus_beyond = with.cpus_no = 0;
    /* 4.1, feature byte 1: which default configuration this is; 0: none, there is a table. */
    if (pointer[POINTER_FEATURE_1] == 0)
        take_mp_table(view, le32(pointer + POINTER_TABLE), &with);
    else if (pointer[POINTER_FEATURE_1] <= MAX_DEFAULT)
        take_default(&with);
    else
        with.bad_tables++;
    if (with.cpu_count > 0)
        *out = with;
    else
        out->bad_tables = with.bad_tables;
    return with.cpu_count > 0;
}
