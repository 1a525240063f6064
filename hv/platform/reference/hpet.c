/* The HPET's main counter (IA-PC HPET Specification 1.0a, 2.3): memory-mapped, 32 or 64 bits, upwards. */
#include "platform/reference/source.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"

#define HPET_BYTES 0x400u
#define TRIES      4u

/* Registers, in 32-bit words: some devices (QEMU's too) take no access wider than that. */
enum { CAPABILITIES = 0x00 / 4, PERIOD_FS = 0x04 / 4, CONFIGURATION = 0x10 / 4, COUNTER = 0xf0 / 4 };

#define COUNT_SIZE_CAP (1u << 13)
#define ENABLE_CNF     1u

#define FS_A_NS       1000000u
#define MAX_PERIOD_FS 100000000u /* 2.3.4: at most 05F5E100h fs, which is 100 ns */
/*
 * No lower bound is stated. A counter of more than 1 GHz is unheard of, and a period below 10^6 fs that is
 * off by half an fs would be wrong by more than 0.5 ppm: it is rather a register that reads nonsense.
 */
#define MIN_PERIOD_FS FS_A_NS

static volatile uint32_t *registers;
static bool wide;

/*
 * The instant is that of the low half. The high half before and after it shows that there was no carry in
 * between, which makes the two halves one 64-bit count (2.4.7).
 */
static bool hpet_read(struct reference_reading *out)
{
    out->edge = false;
    for (unsigned try = 0; try < TRIES; try++) {
        uint32_t high = wide ? registers[COUNTER + 1] : 0;
        uint32_t low;

        out->tsc_lo = rdtsc_ordered();
        low = registers[COUNTER];
        out->tsc_hi = rdtsc_ordered();
        out->count = (uint64_t)high << 32 | low;
        if (!wide || registers[COUNTER + 1] == high)
            return true;
    }
    return false;
}

static const char *hpet_start(const struct machine *machine, struct reference *ref)
{
    uint32_t capabilities, period_fs, configuration;

    if (machine->hpet_base == 0)
        return "ACPI names none";
    if (!registers)
        registers = map_mmio(machine->hpet_base, HPET_BYTES);
    if (!registers)
        return "its registers cannot be mapped";
    capabilities = registers[CAPABILITIES];
    period_fs = registers[PERIOD_FS];
    if (capabilities == UINT32_MAX && period_fs == UINT32_MAX)
        return "nothing answers at its address";
    if (period_fs == 0 || period_fs > MAX_PERIOD_FS)
        return "its period is not within 1 fs to 100 ns, as the specification wants";
    if (period_fs < MIN_PERIOD_FS)
        return "its period is below 1 ns, which no HPET has";
    wide = capabilities & COUNT_SIZE_CAP;
    ref->bits = wide ? 64 : 32;
    ref->period_num = period_fs;
    ref->period_den = FS_A_NS;
    /* The register rounds to whole fs: half an fs of the period. Whole ns (QEMU: 10) were not rounded. */
    ref->tolerance_ppb = period_fs % FS_A_NS == 0 ? 0 : (500000000u + period_fs - 1) / period_fs;

    configuration = registers[CONFIGURATION];
    if (!(configuration & ENABLE_CNF))
        registers[CONFIGURATION] = configuration | ENABLE_CNF;
    return NULL;
}

struct counter_source hpet_source = {
    .start = hpet_start,
    .read = hpet_read,
    .poll = hpet_read,
};
