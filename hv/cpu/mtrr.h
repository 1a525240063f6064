/* Which memory is cached how, as firmware told each CPU (SDM vol. 3, 11.11). Pure. */
#ifndef CPU_MTRR_H
#define CPU_MTRR_H

#include <stdbool.h>
#include <stdint.h>

#define MTRR_FIXED 11u
#define MTRR_PAIRS \
    16u /* what there is room for between MSR 200h and the next other ones; CPUs have 8 to 10 */

/* What is in force: what is switched off, or not there, reads as 0. */
struct mtrrs {
    uint64_t default_type;
    uint64_t fixed[MTRR_FIXED];
    struct {
        uint64_t base, mask;
    } pairs[MTRR_PAIRS];
};

/* `read`: this CPU's MSR. To be asked only where CPUID says that there are MTRRs. */
void mtrrs_read(uint64_t (*read)(uint32_t msr), struct mtrrs *out);
bool mtrrs_same(const struct mtrrs *a, const struct mtrrs *b);

#endif
