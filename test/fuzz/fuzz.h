/*
 * What every test of test/fuzz/ is: a parser's very sources under libFuzzer, AddressSanitizer and
 * UndefinedBehaviorSanitizer. The first line of each names its sources, the second how often `make check`
 * runs it. seeds.c writes the seeds.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What must hold whatever the input was; libFuzzer keeps the input that breaks it. */
#define MUST(condition)       \
    do {                      \
        if (!(condition))     \
            __builtin_trap(); \
    } while (0)

#define SEED_BYTES 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Good input number 0, 1, ...: its size, at most SEED_BYTES; 0: there are no more. */
size_t fuzz_seed(unsigned number, uint8_t *out);

/* An input read from its beginning; what is not there any more reads as zeros. */
struct input {
    const uint8_t *data;
    size_t left;
};

/* Returns how many bytes were truly there. */
static inline size_t input_take(struct input *in, void *out, size_t size)
{
    size_t taken = size < in->left ? size : in->left;

    memset(out, 0, size);
    if (taken > 0)
        memcpy(out, in->data, taken);
    in->data += taken;
    in->left -= taken;
    return taken;
}

static inline uint8_t input_byte(struct input *in)
{
    uint8_t byte;

    input_take(in, &byte, 1);
    return byte;
}

/* Makes the byte at `at` such that all add up to 0. */
static inline void fix_sum(uint8_t *bytes, size_t size, size_t at)
{
    uint8_t sum = 0;

    bytes[at] = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[at] = (uint8_t)-sum;
}

#endif
