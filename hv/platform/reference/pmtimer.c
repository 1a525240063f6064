/*
 * ACPI's power management timer (ACPI 6.4, 4.8.3.3): an I/O port, counting upwards. The FADT says whether it
 * has 32 bits; its lower 24 are used whatever it says. A timer of 24 that is called one of 32 would seem to
 * go back every 4.7 s, which is far more than the time between two readings.
 */
#include "platform/reference/source.h"

#include "cpu/instructions.h"

#define TRIES 4u
#define BITS  24u
#define MASK  0xffffffu
/* 4.6 ms: far beyond any reading, well below what a carry caught half-way makes of the higher bits. */
#define CLOSE_COUNTS 16384u

static uint16_t port;

static bool pmtimer_poll(struct reference_reading *out)
{
    uint32_t count;

    out->tsc_lo = rdtsc_ordered();
    count = inl(port);
    out->tsc_hi = rdtsc_ordered();
    out->count = count & MASK;
    out->edge = false;
    return true;
}

/*
 * Old chips (PIIX4) let a reading fall into a carry: then it is behind by the bits that have not come
 * through, 2 counts or more. One that follows does not show it, for the count may well have gone on by so
 * much. One before and one after do: the count that is relied on stands between them. (Polling for an edge
 * needs no such check: it wants the count to move by exactly one.)
 */
static bool pmtimer_read(struct reference_reading *out)
{
    for (unsigned try = 0; try < TRIES; try++) {
        uint32_t before = inl(port);

        pmtimer_poll(out);
        if (((out->count - before) & MASK) < CLOSE_COUNTS && ((inl(port) - out->count) & MASK) < CLOSE_COUNTS)
            return true;
    }
    return false;
}

static const char *pmtimer_start(const struct machine *machine, struct reference *ref)
{
    if (machine->pmtimer_port == 0)
        return "ACPI names none";
    port = machine->pmtimer_port;
    ref->bits = BITS;
    /* The colour carrier's 315/88 MHz: 3579545.4545 Hz. */
    ref->period_num = 88000;
    ref->period_den = 315;
    /* QEMU and Bochs count at 3579545 Hz: 0.4545 / 3579545.4545 = 127.0 ppb below. */
    ref->tolerance_ppb = 127;
    return NULL;
}

struct counter_source pmtimer_source = {
    .start = pmtimer_start,
    .read = pmtimer_read,
    .poll = pmtimer_poll,
};
