/* DSP0134 3.7: 5.2 (entry points), 6.1 (structures and their strings), 7.1 BIOS, 7.2 system, 7.3 board. */
#include "platform/firmware/smbios.h"

#include "log/format.h"
#include "log/string.h"
#include "platform/bytes.h"
#include "platform/firmware/common.h"

#define BIOS_START 0xf0000u
#define BIOS_BYTES 0x10000u

#define ENTRY_SIZE_OLD 30u /* "_SM_": it is 31, but version 2.1 says 30, by a misprint (5.2.1) */
#define ENTRY3_SIZE    24u /* "_SM3_" */
#define ENTRY_ROOM     32u /* neither is larger */
#define MAX_TABLE      (1u << 18)
#define MAX_STRUCTURES 4096u

/* Where the fields are: 5.2.1, 5.2.2, 6.1.2, 7.1 to 7.3 (the first two strings of each kind stand alike). */
enum { ENTRY_LENGTH = 5, ENTRY_TABLE_LENGTH = 22, ENTRY_TABLE = 24 };
enum { ENTRY3_LENGTH = 6, ENTRY3_TABLE_MOST = 12, ENTRY3_TABLE = 16 };
enum { STRUCTURE_TYPE = 0, STRUCTURE_LENGTH = 1, STRUCTURE_HEADER = 4 };
enum { FIRST_STRING = 4, SECOND_STRING = 5, THIRD_STRING = 6 };

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
    char version[MACHINE_NAME_BYTES];
};

/*
 * The older kind (5.2.1), or the newer, 64 bits wide and with the table's largest size instead of its own
 * (5.2.2). Its own checksum covers all of it, so the older one's second half need not be summed again.
 */
static bool read_entry(const uint8_t *p, struct table *out)
{
    bool wide = bytes_equal(p, "_SM3_", 5);
    uint8_t size = p[wide ? ENTRY3_LENGTH : ENTRY_LENGTH];

    if ((!wide && !bytes_equal(p, "_SM_", 4)) || size < (wide ? ENTRY3_SIZE : ENTRY_SIZE_OLD) ||
        size > ENTRY_ROOM || byte_sum(p, size) != 0)
        return false;
    *out = wide ? (struct table){le64(p + ENTRY3_TABLE), le32(p + ENTRY3_TABLE_MOST)}
                : (struct table){le32(p + ENTRY_TABLE), le16(p + ENTRY_TABLE_LENGTH)};
    return true;
}

static bool entry_valid(const uint8_t *p)
{
    struct table table;

    return read_entry(p, &table);
}

/* Takes the entry point at `at`, or the first in the BIOS's memory. Returns false if there is none. */
static bool find_entry(phys_view view, uint64_t at, struct table *out)
{
    const uint8_t *p = peek(view, at, ENTRY_ROOM);

    if (p && read_entry(p, out))
        return true;
    p = peek(view, find_entry_point(view, BIOS_START, BIOS_BYTES, ENTRY_ROOM, entry_valid), ENTRY_ROOM);
    return p && read_entry(p, out);
}

/* Returns false if no whole structure begins at `at`. Its strings end with an empty one (6.1.3). */
static bool structure_at(const uint8_t *at, const uint8_t *end, struct structure *out)
{
    const uint8_t *p;

    if (end - at < STRUCTURE_HEADER || at[STRUCTURE_LENGTH] < STRUCTURE_HEADER)
        return false;
    for (p = at + at[STRUCTURE_LENGTH]; end - p > 1; p++) {
        if (p[0] == 0 && p[1] == 0) {
            *out = (struct structure){at, at + at[STRUCTURE_LENGTH], p + 2};
            return true;
        }
    }
    return false;
}

/* What board makers ship where the seller filled in nothing, by how it begins. */
static bool is_filler(const char *text)
{
    static const char *const fillers[] = {"To Be Filled", "To be filled", "Default stri", "System manuf",
                                          "System Produ", "System Name",  "Not Specifie", "Not Applicab",
                                          "OEM",          "O.E.M."};

    for (unsigned i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (strncmp(text, fillers[i], strlen(fillers[i])) == 0)
            return true;
    return false;
}

/* Blanks at the ends go, and within are one; what is not printable ASCII is a blank. */
static void take_name(const uint8_t *from, const uint8_t *end, char *out)
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

/* Field `field` holds the number of a string, from 1 on; 0: there is none. */
static void take_string(const struct structure *s, unsigned field, char *out)
{
    const uint8_t *p = s->strings;
    unsigned number = field < s->bytes[STRUCTURE_LENGTH] ? s->bytes[field] : 0;

    for (unsigned i = 1; i < number && p < s->end; i++) {
        while (p < s->end && *p)
            p++;
        p++;
    }
    if (number)
        take_name(p, s->end, out);
}

/* Of each kind the first that says something. */
static void take_pair(const struct structure *s, char pair[2][MACHINE_NAME_BYTES])
{
    if (!pair[0][0])
        take_string(s, FIRST_STRING, pair[0]);
    if (!pair[1][0])
        take_string(s, SECOND_STRING, pair[1]);
}

static void take_system(const struct structure *s, struct found *out)
{
    take_pair(s, out->system);
    if (!out->version[0])
        take_string(s, THIRD_STRING, out->version);
}

static void walk_structures(const uint8_t *at, const uint8_t *end, struct found *out)
{
    struct structure s;

    for (unsigned i = 0; i < MAX_STRUCTURES && structure_at(at, end, &s) && at[STRUCTURE_TYPE] != TYPE_END;
         i++) {
        if (at[STRUCTURE_TYPE] == TYPE_BIOS)
            take_pair(&s, out->bios);
        else if (at[STRUCTURE_TYPE] == TYPE_SYSTEM)
            take_system(&s, out);
        else if (at[STRUCTURE_TYPE] == TYPE_BOARD)
            take_pair(&s, out->board);
        at = s.end;
    }
}

static void write_name(char *out, const char *first, const char *second)
{
    format(out, MACHINE_NAME_BYTES, "%s%s%s", first, first[0] && second[0] ? " " : "", second);
    if (!out[0])
        format(out, MACHINE_NAME_BYTES, "unknown");
}

/* A product without a name, on a board that has one, goes by the board's. */
static void write_names(const struct found *found, struct machine_names *names)
{
    bool by_board = !found->system[1][0] && found->board[1][0];

    const char(*of)[MACHINE_NAME_BYTES] = by_board ? found->board : found->system;

    write_name(names->vendor, of[0], "");
    write_name(names->product, of[1], "");
    write_name(names->version, found->version, "");
    write_name(names->board, found->board[1], "");
    write_name(names->board_vendor, found->board[0][0] ? found->board[0] : of[0], "");
    write_name(names->firmware, found->bios[0], found->bios[1]);
}

bool smbios_read(struct efi_table efi, phys_view view, struct machine_names *out)
{
    const uint8_t *bytes = NULL;
    struct found found = {0};
    struct table table;

    if (find_entry(view, smbios_efi_entry(efi, view), &table)) {
        table.size = table.size < MAX_TABLE ? table.size : MAX_TABLE;
        bytes = peek(view, table.at, table.size);
    }
    if (bytes)
        walk_structures(bytes, bytes + table.size, &found);
    write_names(&found, out);
    return bytes;
}
