/*
 * `baud=n`: bytes leave the serial port at that rate by the TSC, which counts ns in the deterministic lane,
 * and each access to it takes 1 us, as on a PC. Bytes that are written while the FIFO is full are lost, as
 * they are on hardware, and counted. `deaf=n`: from 2 s on it takes nothing for n ms. `hurried=1`: when the
 * guest has ended, it takes all that waits at once.
 */
#include "slow.h"

#include "cpu/instructions.h"
#include "log/log.h"
#include "log/uart.h"
#include "words.h"

#define ACCESS_NS 1000u
#define BYTE_BITS 10u

#define DEAF_FROM 2000000000ull /* of the TSC: a second of guest, or so */

uint8_t __real_uart_read(enum uart_register which);
uint8_t __wrap_uart_read(enum uart_register which);
void __real_uart_write(enum uart_register which, uint8_t value);
void __wrap_uart_write(enum uart_register which, uint8_t value);

static uint64_t byte_ns;  /* A byte takes so long; 0: the port is left as it is */
static uint64_t empty_at; /* the TSC when the last byte will have left */
static uint64_t deaf_until;
static bool hurried;
static uint32_t bytes, lost;

void slow_choose(const char *line)
{
    int64_t baud = words_value(line, "baud");

    if (!baud)
        return;
    log_print("fault test: the port is slow: %ld baud\n", baud);
    byte_ns = BYTE_BITS * 1000000000ull / (uint64_t)baud;
    hurried = words_value(line, "hurried");
    deaf_until = DEAF_FROM + (uint64_t)words_value(line, "deaf") * 1000000u;
}

void slow_end(void)
{
    if (byte_ns)
        log_print("fault test: the port took %u bytes and lost %u\n", bytes, lost);
    if (hurried)
        byte_ns = empty_at = 0;
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
    if (now > DEAF_FROM && now < deaf_until)
        empty_at = deaf_until;
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
