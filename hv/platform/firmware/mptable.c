/*
 * The MP table (Intel MultiProcessor Specification 1.4): 4.1 floating pointer, 4.2 header, 4.3.1 processors,
 * 5 default configurations. The IMCR is left alone: boards in PIC mode are older than long mode.
 */
#include "platform/firmware/mptable.h"

#include "platform/bytes.h"

#define POINTER_BYTES 16u
#define HEADER_BYTES  44u
#define KIB           1024u
#define BASE_END      0xa0000u /* base memory and the EBDA end at 640 KiB at the latest */
#define MAX_DEFAULT   7u       /* 5: default configurations 1 to 7 */
#define LAPIC_BASE    0xfee00000u

/* 4.3: processors come first and take 20 bytes; the other base entries take 8. */
enum { ENTRY_PROCESSOR = 0, ENTRY_LAST = 4 };
#define PROCESSOR_BYTES 20u
#define OTHER_BYTES     8u
#define CPU_ENABLED     1u    /* 4.3.1, CPU flags: EN; BP, the boot CPU, is known by its own id */
#define BROADCAST_ID    0xffu /* no CPU's */

static const uint8_t *look(phys_view view, uint64_t phys, size_t size)
{
    return phys != 0 && phys <= UINT64_MAX - size ? view(phys, size) : NULL;
}

/* 4.1: its length is given in units of 16 bytes, and is one. */
static bool pointer_valid(const uint8_t *p)
{
    return bytes_equal(p, "_MP_", 4) && p[8] == 1 && byte_sum(p, POINTER_BYTES) == 0;
}

static const uint8_t *search(phys_view view, uint64_t start, size_t size)
{
    const uint8_t *bytes = look(view, start, size);

    for (size_t at = 0; bytes && size - at >= POINTER_BYTES; at += 16)
        if (pointer_valid(bytes + at))
            return bytes + at;
    return NULL;
}

/* The BIOS keeps the EBDA's segment at 0x40e, and how many KiB of base memory there are at 0x413. */
static const uint8_t *search_bios(phys_view view)
{
    const uint8_t *segment = look(view, 0x40e, 2), *kib = look(view, 0x413, 2);
    uint64_t ebda = segment ? (uint64_t)le16(segment) << 4 : 0;
    uint64_t base_end = kib ? (uint64_t)le16(kib) * KIB : 0;
    const uint8_t *found = NULL;

    if (ebda >= KIB && ebda <= BASE_END - KIB)
        found = search(view, ebda, KIB);
    else if (base_end >= 2 * KIB && base_end <= BASE_END)
        found = search(view, base_end - KIB, KIB);
    return found ? found : search(view, 0xf0000, 0x10000);
}

static void add_cpu(struct machine *out, uint8_t apic_id, bool enabled)
{
    bool known = false;

    for (unsigned i = 0; i < out->cpu_count; i++)
        known |= out->cpus[i].apic_id == apic_id;
    if (enabled && !known && apic_id != BROADCAST_ID) /* 8-bit ids, each once: there is room for all */
        out->cpus[out->cpu_count++] = (struct machine_cpu){apic_id, apic_id};
    else
        out->cpus_left_out++;
}

/* 5: two CPUs, with ids 0 and 1, at the usual place. */
static void take_default(struct machine *out)
{
    out->lapic_base = LAPIC_BASE;
    add_cpu(out, 0, true);
    add_cpu(out, 1, true);
}

/* False if an entry is unknown, and so of unknown length, or runs past the table's end. */
static bool take_entries(const uint8_t *table, uint32_t size, struct machine *out)
{
    uint32_t at = HEADER_BYTES;

    for (unsigned left = le16(table + 34); left > 0; left--) {
        if (at >= size || table[at] > ENTRY_LAST)
            return false;
        uint32_t entry_size = table[at] == ENTRY_PROCESSOR ? PROCESSOR_BYTES : OTHER_BYTES;
        if (entry_size > size - at)
            return false;
        if (table[at] == ENTRY_PROCESSOR)
            add_cpu(out, table[at + 1], table[at + 3] & CPU_ENABLED);
        at += entry_size;
    }
    return true;
}

/*
 * The checksum covers the base table; what extends it (4.4) has its own and says nothing about CPUs. An entry
 * that makes no sense ends the table, as it ends a MADT; the CPUs before it count.
 */
static void take_table(phys_view view, uint64_t phys, struct machine *out)
{
    const uint8_t *header = look(view, phys, HEADER_BYTES);
    uint32_t size = header && bytes_equal(header, "PCMP", 4) ? le16(header + 4) : 0;
    const uint8_t *table = size >= HEADER_BYTES ? look(view, phys, size) : NULL;

    if (!table || byte_sum(table, size) != 0) {
        out->bad_tables++;
        return;
    }
    out->lapic_base = le32(table + 36);
    if (!take_entries(table, size, out))
        out->bad_tables++;
}

bool mptable_read(phys_view view, struct machine *out)
{
    const uint8_t *pointer = search_bios(view);
    struct machine with = *out;

    if (!pointer)
        return false;
    with.source = "mptable";
    with.cpu_count = with.cpus_left_out = 0;
    if (pointer[11] == 0) /* 4.1, feature byte 1: there is a table, not a default configuration */
        take_table(view, le32(pointer + 4), &with);
    else if (pointer[11] <= MAX_DEFAULT)
        take_default(&with);
    else
        with.bad_tables++;
    if (with.cpu_count > 0)
        *out = with;
    else
        out->bad_tables = with.bad_tables;
    return with.cpu_count > 0;
}
