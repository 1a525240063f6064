/*
 * Copies go through the string instructions: a loop in C is what compilers turn back into a call of the
 * very function it stands in. Eight bytes at a time, as an emulator takes as long for one. They run with DF
 * clear (SysV ABI); every trap entry clears it too.
 */
#include "log/string.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    void *at = to;
    size_t words = count / 8, rest = count % 8;

    __asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    char *last_to = (char *)to + count - 1;
    const char *last_from = (const char *)from + count - 1;

    if ((uintptr_t)to - (uintptr_t)from >= count) /* apart, or the target lies below: forwards is right */
        return memcpy(to, from, count);
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(last_to), "+S"(last_from), "+c"(count) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    void *at = to;
    size_t words = count / 8, rest = count % 8;
    uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;

    __asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t count)
{
    const uint8_t *a = left, *b = right;

    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

void *memchr(const void *from, int byte, size_t count)
{
    const uint8_t *a = from;

    for (size_t i = 0; i < count; i++)
        if (a[i] == (uint8_t)byte)
            return (void *)(uintptr_t)(a + i);
    return NULL;
}

size_t strnlen(const char *string, size_t most)
{
    size_t length = 0;

    while (length < most && string[length])
        length++;
    return length;
}

size_t strlen(const char *string)
{
    return strnlen(string, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t a = (uint8_t)left[i], b = (uint8_t)right[i];

        if (a != b)
            return a < b ? -1 : 1;
        if (!a)
            return 0;
    }
    return 0;
}

int strcmp(const char *left, const char *right)
{
    return strncmp(left, right, SIZE_MAX);
}

char *strchr(const char *string, int c)
{
    for (;; string++) {
        if (*string == (char)c)
            return (char *)(uintptr_t)string;
        if (!*string)
            return NULL;
    }
}

char *strstr(const char *string, const char *part)
{
    size_t length = strlen(part);

    for (;; string++) {
        if (strncmp(string, part, length) == 0)
            return (char *)(uintptr_t)string;
        if (!*string)
            return NULL;
    }
}
