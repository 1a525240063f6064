#include "screen/pixel.h"

/*
 * Red, green or blue of a colour: two thirds where it has it, a third more if it is light; brown is dark
 * yellow.
 */
static uint8_t part_of(unsigned colour, unsigned field)
{
    unsigned plain = colour >> (2 - field) & 1, light = colour >> 3 & 1;

    if (colour == 6 && field == 1)
        return 0x55;
    return (uint8_t)(0xaa * plain + 0x55 * light);
}

/* Returns eight bits as `size` bits, 1 to 16; 255 becomes all ones. */
static uint32_t fit(uint8_t part, unsigned size)
{
    return (uint32_t)(part * 0x101u) >> (16 - size);
}

unsigned pixel_bytes(unsigned bits)
{
    return bits == 15 || bits == 16 ? 2 : bits == 24 || bits == 32 ? bits / 8 : 0;
}

static uint64_t mask_of(const struct boot_field *field)
{
    return ((1ull << field->size) - 1) << field->position;
}

bool pixel_fields_fit(const struct boot_field fields[3], unsigned bits)
{
    uint64_t taken = 0;

    for (unsigned i = 0; i < 3; i++) {
        if (fields[i].size == 0 || fields[i].size > 16 || fields[i].position + fields[i].size > bits)
            return false;
        if (taken & mask_of(&fields[i]))
            return false;
        taken |= mask_of(&fields[i]);
    }
    return true;
}

uint32_t pixel_of(const struct boot_field fields[3], unsigned colour)
{
    uint32_t pixel = 0;

    for (unsigned i = 0; i < 3; i++)
        pixel |= fit(part_of(colour, i), fields[i].size) << fields[i].position;
    return pixel;
}
