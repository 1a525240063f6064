/* Looking for one name in AML. A byte is read only after a check that it is there. */
#include "platform/firmware/aml_s5.h"

#include "platform/bytes.h"

/* ACPI 6.4, 20.2.2, 20.2.3, 20.2.5. */
enum {
    ZERO_OP = 0x00,
    ONE_OP = 0x01,
    NAME_OP = 0x08,
    BYTE_PREFIX = 0x0a,
    WORD_PREFIX = 0x0b,
    DWORD_PREFIX = 0x0c,
    PACKAGE_OP = 0x12,
};

#define SLEEP_MOST 7u /* SLP_TYP has three bits (4.8.3.2.1) */

/* What is left of the AML, or of a package in it. */
struct bytes {
    const uint8_t *at;
    size_t left;
};

static bool take_byte(struct bytes *in, uint8_t *out)
{
    if (in->left == 0)
        return false;
    *out = *in->at++;
    in->left--;
    return true;
}

/* 20.2.4: the length counts its own bytes; narrows *in to the rest of what it covers. */
static bool enter_package(struct bytes *in)
{
    size_t whole = in->left;
    uint8_t lead, byte;
    unsigned follow;
    size_t length;

    if (!take_byte(in, &lead))
        return false;
    follow = lead >> 6;
    length = follow ? lead & 0xfu : lead & 0x3fu;
    for (unsigned i = 0; i < follow; i++) {
        if (!take_byte(in, &byte))
            return false;
        length |= (size_t)byte << (4 + 8 * i);
    }
    if (length > whole || length < 1 + follow)
        return false;
    in->left = length - (1 + follow);
    return true;
}

/* Takes a number of at most four bytes. Returns false if there is none. */
static bool take_number(struct bytes *in, uint32_t *out)
{
    uint8_t op, byte;

    if (!take_byte(in, &op))
        return false;
    *out = op == ONE_OP;
    if (op == ZERO_OP || op == ONE_OP)
        return true;
    if (op < BYTE_PREFIX || op > DWORD_PREFIX)
        return false;
    for (unsigned i = 0; i < 1u << (op - BYTE_PREFIX); i++) {
        if (!take_byte(in, &byte))
            return false;
        *out |= (uint32_t)byte << 8 * i;
    }
    return true;
}

/* Takes the values of PM1a and PM1b. A package of one number has both in it, a byte each. */
static bool take_values(struct bytes in, uint32_t *a, uint32_t *b)
{
    uint8_t op, count;

    if (!take_byte(&in, &op) || op != PACKAGE_OP || !enter_package(&in) || !take_byte(&in, &count) ||
        count == 0 || !take_number(&in, a))
        return false;
    if (count > 1)
        return take_number(&in, b);
    *b = *a >> 8;
    *a &= 0xff;
    return true;
}

/* Returns true if a NameOp names `_S5_`, or `\_S5_`, here. */
static bool named_here(const uint8_t *aml, size_t at)
{
    if (!bytes_equal(aml + at, "_S5_", 4) || at == 0)
        return false;
    return aml[at - 1] == NAME_OP || (at > 1 && aml[at - 1] == '\\' && aml[at - 2] == NAME_OP);
}

bool aml_s5(const uint8_t *aml, size_t size, uint8_t sleep_type[2])
{
    for (size_t at = 0; at + 4 <= size; at++) {
        uint32_t a, b;

        if (!named_here(aml, at) || !take_values((struct bytes){aml + at + 4, size - at - 4}, &a, &b))
            continue;
        if (a > SLEEP_MOST || b > SLEEP_MOST)
            continue;
        sleep_type[0] = (uint8_t)a;
        sleep_type[1] = (uint8_t)b;
        return true;
    }
    return false;
}
