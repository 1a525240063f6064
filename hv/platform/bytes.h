/*
 * Physical bytes as the parsers see them: a view of memory, and little-endian fields of any alignment, since
 * firmware's structures keep to none. Pure.
 */
#ifndef PLATFORM_BYTES_H
#define PLATFORM_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Physical addresses have at most 52 bits (SDM vol. 3, 4.1.4): what firmware names beyond is not there. */
#define PHYS_END (1ull << 52)

/* Gives a view of physical bytes [phys, phys + size), or NULL if there is none. */
typedef const void *(*phys_view)(uint64_t phys, size_t size);

/* Returns the bytes there, or NULL: none were named (phys 0), the range wraps, or there is no view of it. */
static inline const uint8_t *peek(phys_view view, uint64_t phys, size_t size)
{
    return phys != 0 && phys <= UINT64_MAX - size ? view(phys, size) : NULL;
}

static inline uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
    return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* The sum of all bytes, modulo 256: 0 in every whole ACPI table. */
static inline uint8_t byte_sum(const uint8_t *p, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum;
}

static inline int bytes_equal(const uint8_t *p, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != (uint8_t)text[i])
            return 0;
    return 1;
}

#endif
