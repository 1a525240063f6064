/* ACPI's power management timer (ACPI 6.4, 4.8.3.3): an I/O port, 24 or 32 bits, counting upwards. */
#include "platform/counters.h"

#include "cpu/instructions.h"

#define TRIES 4u
/* 4.6 ms: far beyond any reading, well below what a carry caught half-way makes of the higher bits. */
#define CLOSE_COUNTS 16384u

static uint16_t port;
static uint32_t mask;

static bool pmtimer_raw(struct reference_reading *out)
{
    out->tsc_lo = rdtsc_ordered();
    uint32_t count = inl(port);
    out->tsc_hi = rdtsc_ordered();
    out->count = count & mask;
    out->edge = false;
    return true;
}

/*
 * Old chips (PIIX4) let a reading fall into a carry. Another one that follows closely shows that this was not
 * one of those. (Polling for an edge needs no such check: it wants the count to move by exactly one.)
 */
static bool pmtimer_checked(struct reference_reading *out)
{
    for (unsigned try = 0; try < TRIES; try++) {
        pmtimer_raw(out);
        if (((inl(port) - out->count) & mask) < CLOSE_COUNTS)
            return true;
    }
    return false;
}

static const char *pmtimer_start(const struct machine *machine, struct reference *ref)
{
    if (machine->pmtimer_port == 0)
        return "ACPI names none";
    port = machine->pmtimer_port;
    ref->bits = machine->pmtimer_bits == 32 ? 32 : 24;
    mask = (uint32_t)counter_mask(ref);
    /* The colour carrier's 315/88 MHz: 3579545.4545 Hz. */
    ref->period_num = 88000;
    ref->period_den = 315;
    /* QEMU and Bochs count at 3579545 Hz: 0.4545 / 3579545.4545 = 127.0 ppb below. */
    ref->tolerance_ppb = 127;
    return NULL;
}

struct counter_source pmtimer_source = {
    .ref = {.name = "pmtimer"},
    .start = pmtimer_start,
    .raw = pmtimer_raw,
    .checked = pmtimer_checked,
};
