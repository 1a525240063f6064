/* DSP0134 3.7: 5.2 (entry points), 6.1 (structures and their strings), 7.1 BIOS, 7.2 system, 7.3 board. */
#include "platform/smbios.h"

#include "log/format.h"
#include "log/string.h"
#include "platform/bytes.h"

#define BIOS_START 0xf0000u
#define BIOS_BYTES 0x10000u

#define ENTRY_SIZE     31u /* "_SM_"; its second half is an entry of its own */
#define ENTRY_SIZE_OLD 30u /* what version 2.1 says, by a misprint (5.2.1) */
#define ENTRY3_SIZE    24u /* "_SM3_" */
#define MAX_TABLE      (1u << 18)
#define MAX_STRUCTURES 4096u

enum { TYPE_BIOS = 0, TYPE_SYSTEM = 1, TYPE_BOARD = 2, TYPE_END = 127 };

struct table {
    uint64_t at;
    uint32_t size;
};

/* One structure and its strings, all within `bytes` to `end`. */
struct structure {
    const uint8_t *bytes, *strings, *end;
};

struct found {
    char bios[2][MACHINE_NAME_BYTES], system[2][MACHINE_NAME_BYTES], board[2][MACHINE_NAME_BYTES];
};

static const uint8_t *look(phys_view view, uint64_t at, size_t size)
{
    return at && at <= UINT64_MAX - size ? view(at, size) : NULL;
}

/* 5.2.2: 64 bits wide, the table's largest size instead of its own. */
static bool entry3(const uint8_t *p, size_t room, struct table *out)
{
    if (room < ENTRY3_SIZE || !bytes_equal(p, "_SM3_", 5) || p[6] < ENTRY3_SIZE || p[6] > room ||
        byte_sum(p, p[6]) != 0)
        return false;
    *out = (struct table){le64(p + 16), le32(p + 12)};
    return true;
}

static bool entry2(const uint8_t *p, size_t room, struct table *out)
{
    if (room < ENTRY_SIZE || !bytes_equal(p, "_SM_", 4) || p[5] < ENTRY_SIZE_OLD || p[5] > room ||
        byte_sum(p, p[5]) != 0 || !bytes_equal(p + 16, "_DMI_", 5) || byte_sum(p + 16, 15) != 0)
        return false;
    *out = (struct table){le32(p + 24), le16(p + 22)};
    return true;
}

static bool entry_at(phys_view view, uint64_t at, struct table *out)
{
    const uint8_t *p = look(view, at, ENTRY3_SIZE);

    if (p && entry3(p, ENTRY3_SIZE, out))
        return true;
    p = look(view, at, ENTRY_SIZE);
    return p && entry2(p, ENTRY_SIZE, out);
}

/* On 16-byte boundaries; the newer kind wins wherever it is. */
static bool entry_in_bios(phys_view view, struct table *out)
{
    const uint8_t *p = look(view, BIOS_START, BIOS_BYTES);

    for (unsigned at = 0; p && at < BIOS_BYTES; at += 16)
        if (entry3(p + at, BIOS_BYTES - at, out))
            return true;
    for (unsigned at = 0; p && at < BIOS_BYTES; at += 16)
        if (entry2(p + at, BIOS_BYTES - at, out))
            return true;
    return false;
}

/* False: `at` is not the start of a whole structure. Strings end with an empty one (6.1.3). */
static bool structure_at(const uint8_t *at, const uint8_t *end, struct structure *out)
{
    const uint8_t *p;

    if (end - at < 4 || at[1] < 4 || end - at < at[1] + 2)
        return false;
    for (p = at + at[1]; p + 1 < end; p++) {
        if (p[0] == 0 && p[1] == 0) {
            *out = (struct structure){at, at + at[1], p + 2};
            return true;
        }
    }
    return false;
}

static bool is_filler(const char *text)
{
    /* What board makers ship when the seller filled in nothing. */
    static const char *const fillers[] = {
        "To Be Filled By O.E.M.",
        "To be filled by O.E.M.",
        "Default string",
        "System manufacturer",
        "System Product Name",
        "System Name",
        "Not Specified",
        "Not Applicable",
        "OEM",
        "O.E.M.",
        "None",
        "INVALID",
    };

    for (unsigned i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
        if (strcmp(text, fillers[i]) == 0)
            return true;
    return false;
}

/* Blanks at the ends go, and within are one; what is not printable ASCII is a blank. */
static void take_text(const uint8_t *from, const uint8_t *end, char *out)
{
    unsigned length = 0;

    for (; from < end && *from && length < MACHINE_NAME_BYTES - 1; from++) {
        bool printable = *from > ' ' && *from < 127;

        if (printable || (length && out[length - 1] != ' '))
            out[length++] = printable ? (char)*from : ' ';
    }
    if (length && out[length - 1] == ' ')
        length--;
    out[length] = 0;
    if (is_filler(out))
        out[0] = 0;
}

/* The string whose number stands in field `field`; numbers begin at 1, 0 is none. */
static void take_string(const struct structure *s, unsigned field, char *out)
{
    const uint8_t *p = s->strings;
    unsigned number = field < s->bytes[1] ? s->bytes[field] : 0;

    for (unsigned i = 1; i < number && p < s->end; i++) {
        while (p < s->end && *p)
            p++;
        p++;
    }
    if (number && p < s->end)
        take_text(p, s->end, out);
}

/* Of each kind the first that says something. */
static void take_pair(const struct structure *s, char pair[2][MACHINE_NAME_BYTES])
{
    if (!pair[0][0])
        take_string(s, 4, pair[0]);
    if (!pair[1][0])
        take_string(s, 5, pair[1]);
}

static void walk(const uint8_t *at, const uint8_t *end, struct found *out)
{
    struct structure s;

    for (unsigned i = 0; i < MAX_STRUCTURES && structure_at(at, end, &s) && at[0] != TYPE_END; i++) {
        if (at[0] == TYPE_BIOS)
            take_pair(&s, out->bios);
        else if (at[0] == TYPE_SYSTEM)
            take_pair(&s, out->system);
        else if (at[0] == TYPE_BOARD)
            take_pair(&s, out->board);
        at = s.end;
    }
}

/* Into `names`: each from the first place that says it; the firmware's is its maker and its version. */
static void name_all(const struct found *found, struct machine_names *names)
{
    const char *const unknown = "unknown";
    bool own = found->system[1][0]; /* a product of nobody's, on a board that has a name */
    const char(*of)[MACHINE_NAME_BYTES] = own || !found->board[1][0] ? found->system : found->board;

    format(names->vendor, MACHINE_NAME_BYTES, "%s", of[0][0] ? of[0] : unknown);
    format(names->product, MACHINE_NAME_BYTES, "%s", of[1][0] ? of[1] : unknown);
    format(names->board, MACHINE_NAME_BYTES, "%s", found->board[1][0] ? found->board[1] : unknown);
    if (!found->bios[0][0] || !found->bios[1][0])
        format(names->firmware, MACHINE_NAME_BYTES, "%s",
               found->bios[0][0]   ? found->bios[0]
               : found->bios[1][0] ? found->bios[1]
                                   : unknown);
    else
        format(names->firmware, MACHINE_NAME_BYTES, "%s %s", found->bios[0], found->bios[1]);
}

bool smbios_read(struct efi_table efi, phys_view view, struct machine_names *out)
{
    uint64_t entry = smbios_efi_entry(efi, view);
    const uint8_t *bytes = NULL;
    struct found found = {0};
    struct table table;

    if ((entry && entry_at(view, entry, &table)) || entry_in_bios(view, &table)) {
        table.size = table.size < MAX_TABLE ? table.size : MAX_TABLE;
        bytes = look(view, table.at, table.size);
    }
    if (bytes)
        walk(bytes, bytes + table.size, &found);
    name_all(&found, out);
    return bytes;
}
