/* Writes the seeds into the corpus folder, which is the first argument that is no option. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void write_seed(const char *folder, unsigned number, const uint8_t *bytes, size_t size)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/seed-%u", folder, number);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/* libFuzzer calls it before it reads the corpus. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static uint8_t seed[SEED_BYTES];
    int folder = 1;
    size_t size;

    while (folder < *argc && (*argv)[folder][0] == '-')
        folder++;
    for (unsigned number = 0; folder < *argc && (size = fuzz_seed(number, seed)) > 0; number++)
        write_seed((*argv)[folder], number, seed, size);
    return 0;
}
