/*
 * `baud=n`: bytes leave the serial port at that rate by the TSC, which counts ns in the deterministic lane,
 * and each access to it takes 1 us, as on a PC. `baud=0`: none ever leaves. Bytes that are written while the
 * FIFO is full are lost, as they are on hardware, and counted.
 */
#include "slow.h"

#include "cpu/instructions.h"
#include "log/log.h"
#include "log/uart.h"
#include "words.h"

#define ACCESS_NS 1000u
#define BYTE_BITS 10u
#define NEVER_NS  (1ull << 50)

uint8_t __real_uart_read(enum uart_register which);
uint8_t __wrap_uart_read(enum uart_register which);
void __real_uart_write(enum uart_register which, uint8_t value);
void __wrap_uart_write(enum uart_register which, uint8_t value);

static uint64_t byte_ns;  /* 0: the port is as it is */
static uint64_t empty_at; /* the TSC when the last byte will have left */
static uint32_t bytes, lost;

void slow_choose(const char *line)
{
    int64_t baud;

    if (!words_find(line, "baud"))
        return;
    baud = words_value(line, "baud");
    log_print("fault test: the port is slow: %ld baud\n", baud);
    byte_ns = baud ? BYTE_BITS * 1000000000ull / (uint64_t)baud : NEVER_NS;
}

void slow_report(void)
{
    if (byte_ns)
        log_print("fault test: the port took %u bytes and lost %u\n", bytes, lost);
}

static void take_the_time(void)
{
    uint64_t until = rdtsc_ordered() + ACCESS_NS;

    while (byte_ns && rdtsc_ordered() < until)
        cpu_relax();
}

uint8_t __wrap_uart_read(enum uart_register which)
{
    uint8_t value = __real_uart_read(which);
    uint64_t now;

    take_the_time();
    now = rdtsc_ordered();
    if (which != UART_LSR || now >= empty_at)
        return value;
    /* The last byte is in the shift register: the FIFO takes more, and the transmitter is not empty. */
    return (uint8_t)(value & ~(empty_at - now > byte_ns ? LSR_TEMT | LSR_THRE : LSR_TEMT));
}

void __wrap_uart_write(enum uart_register which, uint8_t value)
{
    uint64_t now;

    take_the_time();
    now = rdtsc_ordered();
    if (which == UART_DATA && byte_ns) {
        if (empty_at > now && empty_at - now > UART_FIFO_BYTES * byte_ns) {
            lost++;
            return;
        }
        empty_at = (empty_at > now ? empty_at : now) + byte_ns;
        bytes++;
    }
    __real_uart_write(which, value);
}
