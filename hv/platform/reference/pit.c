/*
 * The 8254's channel 2 (port 0x42, gate and speaker in port 0x61), as a free-running 16-bit count. Channel 0
 * is left as it is: it may be firmware's.
 */
#include "platform/reference/source.h"

#include "cpu/instructions.h"

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PORT_B       0x61 /* bit 0: gate of channel 2, 1: speaker; 2 and 3 mask NMIs and are kept */

#define CHANNEL2_LATCH 0x80 /* counter latch command */
#define CHANNEL2_MODE2 0xb4 /* low byte then high byte, mode 2, binary */

#define START_SPINS 10000u /* a read takes 10 ns at the very least, a count 838 ns */

/*
 * The latch command copies the count at once, and an OUT has reached its device before the next instruction
 * runs (SDM vol. 1, "Ordering I/O"). So the instant lies within the OUT, and the two reads of the copy need
 * not be inside the bracket. The count runs downwards; negated it runs upwards, modulo 2^16.
 */
static bool pit_read(struct reference_reading *out)
{
    uint8_t low, high;

    out->tsc_lo = rdtsc_ordered();
    outb(PIT_COMMAND, CHANNEL2_LATCH);
    out->tsc_hi = rdtsc_ordered();
    low = inb(PIT_CHANNEL2);
    high = inb(PIT_CHANNEL2);
    out->count = (uint16_t) - (high << 8 | low);
    out->edge = false;
    return low != 0xff || high != 0xff; /* all ones: it does not answer, or once in a wrap it stands there */
}

/* Waits until the count moves, for at most START_SPINS. */
static bool pit_moves(void)
{
    struct reference_reading first, now;

    pit_read(&first);
    for (unsigned spin = 0; spin < START_SPINS; spin++) {
        pit_read(&now);
        if (now.count != first.count)
            return true;
    }
    return false;
}

static const char *pit_start(const struct machine *machine, struct reference *ref)
{
    uint8_t port_b;

    (void)machine; /* no table tells reliably that it is not there */
    ref->bits = 16;
    /* A third of the colour carrier's 315/88 MHz: 105/88 MHz. */
    ref->period_num = 88000;
    ref->period_den = 105;
    /*
     * Bochs counts at 1193181 Hz: (1193181.8182 - 1193181) / 1193181.8182 = 685.7 ppb below. QEMU at 1193182
     * Hz: 152.4 ppb above. The larger holds for both.
     */
    ref->tolerance_ppb = 686;

    port_b = inb(PORT_B);
    outb(PORT_B, (uint8_t)((port_b & 0x0c) | 1));
    outb(PIT_COMMAND, CHANNEL2_MODE2);
    outb(PIT_CHANNEL2, 0); /* 0 stands for 65536 */
    outb(PIT_CHANNEL2, 0);
    /*
     * The first edge after programming loads the count, and on some chips the next one is off: let both go
     * by.
     */
    if (pit_moves() && pit_moves())
        return NULL;
    return port_b == 0xff ? "it does not count (port 0x61 reads 0xff)" : "it does not count";
}

struct counter_source pit_source = {
    .start = pit_start,
    .read = pit_read,
    .poll = pit_read,
};
