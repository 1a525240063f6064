/* sources: test/fuzz/seeds.c hv/platform/firmware/aml_s5.c */
/* runs: 500000 */
#include <stdlib.h>

#include "fuzz.h"
#include "platform/firmware/aml_s5.h"

/* The bytes of exactly this many, so that the first one read beyond them is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1), type[2] = {0xaa, 0xaa};

    if (!copy)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    if (aml_s5(copy, size, type))
        MUST(type[0] <= 7 && type[1] <= 7);
    else
        MUST(type[0] == 0xaa && type[1] == 0xaa);
    free(copy);
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const char *const names[] = {"\x08_S5_", "\x08\\_S5_"};
    static const char packages[][16] = {"\x12\x06\x04\0\0\0\0", "\x12\x0b\x04\x0b\x01\0\x0c\x02\0\0\0\0",
                                        "\x12\x05\x01\x0b\x05\x03", "\x12\x44\x01\x02\x0a\x05\x0a\x03"};

    if (number >= 8)
        return 0;
    size_t length = strlen(names[number / 4]);
    memset(out, 0, 64);
    memcpy(out + 8, names[number / 4], length);
    memcpy(out + 8 + length, packages[number % 4], sizeof(packages[0]));
    return 64;
}
