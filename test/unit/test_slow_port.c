/* sources: keeper hv/drain.c hv/log/log.c hv/log/queue.c hv/log/serial.c hv/log/uart.c */
/* flags: -include test/sim/sim_cpu.h -include test/unit/fake_interrupts.h -DMAX_CPUS=256 */
/*
 * A port at 9600 baud, 255 CPUs and much to say: no look is later than where there is no port at all. Log,
 * drain and keeper are the real ones; each CPU has its own time, as no emulator's CPUs have.
 */
#define MACHINE_CPUS 255u
#define MACHINE_LOG
#include "seed_machine.h"

#include "drain.h"
#include "keeper/alarm.h"
#include "log/serial.h"
#include "log/uart.h"
#include "log/uart_access.h"

#define HZ        1000000000ull /* a tick is a ns */
#define ACCESS_NS 1000u         /* to the port, as on a PC */
/* 9600 baud by a crystal of its own. By one that were exact 15 FIFOs took a period, and so each alike. */
#define BYTE_NS  (10 * SECOND / 9530)
#define PRINT_NS 20000u /* a line takes so long to be made and put in */
#define LENGTH_S 30u
/* What is the same work one instruction later or earlier. */
#define SAME_NS 500u

/* ---- The port ---- */

static struct {
    bool there, loop;
    uint8_t looped;
    uint64_t empty_ns; /* when the last byte will have left */
    unsigned bytes, lost;
} uart;

uint8_t uart_in(uint16_t port)
{
    unsigned which = port - 0x3f8u;

    spend(ACCESS_NS);
    if (!uart.there)
        return 0xff;
    if (which == UART_FCR)
        return IIR_FIFO;
    if (which == UART_DATA)
        return uart.looped;
    if (uart.loop || machine.now_ns >= uart.empty_ns)
        return LSR_DATA | LSR_THRE | LSR_TEMT;
    /* The last byte is in the shift register: the FIFO takes more. */
    return uart.empty_ns - machine.now_ns > BYTE_NS ? 0 : LSR_THRE;
}

void uart_out(uint16_t port, uint8_t value)
{
    unsigned which = port - 0x3f8u;

    spend(ACCESS_NS);
    if (which == UART_MCR)
        uart.loop = value & MCR_LOOP & ~MCR_DTR_RTS_OUT2;
    if (which != UART_DATA)
        return;
    uart.looped = value;
    if (uart.loop)
        return;
    if (uart.empty_ns > machine.now_ns + UART_FIFO_BYTES * BYTE_NS + BYTE_NS)
        uart.lost++;
    uart.empty_ns = (uart.empty_ns > machine.now_ns ? uart.empty_ns : machine.now_ns) + BYTE_NS;
    uart.bytes++;
}

/* It is behind ports. */
uint32_t uart_load(const volatile void *at, unsigned width)
{
    (void)at;
    (void)width;
    return 0xff;
}

void uart_store(volatile void *at, unsigned width, uint32_t value)
{
    (void)at;
    (void)width;
    (void)value;
}

uint64_t fake_ticks;

/* ---- Who prints: the check's timer does, as often, on CPU 0; and each CPU a line a second ---- */

#define STEP_NS    50000000u
#define STEP_AT_NS 12500000u

static struct timer steps, seconds[MACHINE_CPUS];
static unsigned said;

static void say(void)
{
    spend(PRINT_NS);
    log_print(
        "@sample n=%u cpu=%u what-stands-here-is-to-make-it-as-long-as-a-sample-line-of-the-check"
        "-so-that-each-takes-a-fifth-of-a-second-to-leave-by-a-port-at-9600-baud-and-they-come-sooner\n",
        said++, machine.cpu);
}

static void step(struct timer *timer, uint64_t now_ns)
{
    say();
    keeper_timer_arm(timer, (now_ns / STEP_NS + 1) * STEP_NS + STEP_AT_NS);
}

static void second(struct timer *timer, uint64_t now_ns)
{
    say();
    keeper_timer_arm(timer, (now_ns / SECOND + 1) * SECOND + STEP_AT_NS);
}

static void start_cpu(unsigned cpu)
{
    machine.cpu = cpu;
    drain_start_cpu();
    seconds[cpu].expired = second;
    keeper_timer_arm(&seconds[cpu], 2 * SECOND + STEP_AT_NS);
}

/* ---- Two runs ---- */

static struct run {
    uint64_t late_ns[MACHINE_CPUS];
    unsigned lines;
    struct log_cost cost;
} without, with;

static void run(struct run *out, unsigned cpus, uint64_t length_s)
{
    memset(&uart, 0, sizeof uart);
    uart.there = out == &with;
    serial_init();
    assert_true(serial_in_use() || !uart.there);
    serial_flush(); /* what is said again on a port that is found */
    machine_new(cpus, HZ);
    machine.parallel = true;
    machine.no_rtc = true; /* a glance at it before a look is luck, with and without a port */
    uart.bytes = uart.lost = 0;
    uart.empty_ns = 0;
    memset(&steps, 0, sizeof steps);
    memset(seconds, 0, sizeof seconds);
    said = 0;
    log_defer();
    machine_boot(CLOCKMODE_AUTO);
    for (unsigned cpu = 0; cpu < machine.cpus; cpu++)
        start_cpu(cpu);
    machine.cpu = 0;
    steps.expired = step;
    keeper_timer_arm(&steps, SECOND + STEP_AT_NS);
    machine_run(length_s * SECOND);
    for (unsigned cpu = 0; cpu < machine.cpus; cpu++)
        out->late_ns[cpu] = clock_of(cpu)->alarm.late_ns;
    out->lines = said;
    out->cost = log_cost();
}

static int both(void **state)
{
    (void)state;
    run(&without, MACHINE_CPUS, LENGTH_S);
    run(&with, MACHINE_CPUS, LENGTH_S);
    return 0;
}

static void no_look_is_late_by_it(void **state)
{
    (void)state;
    for (unsigned cpu = 0; cpu < machine.cpus; cpu++) {
        if (with.late_ns[cpu] > without.late_ns[cpu] + SAME_NS)
            fail_msg("CPU %u: a look was %lu ns late, and %lu ns without a port", cpu, with.late_ns[cpu],
                     without.late_ns[cpu]);
    }
}

/* It is the drainer's own looks that a slice could hold up, and they are as punctual as the others'. */
static void looks_are_punctual(void **state)
{
    (void)state;
    for (unsigned cpu = 0; cpu < MACHINE_CPUS; cpu++)
        assert_in_range(with.late_ns[cpu], 0, 10000);
}

/* The port was at work all the time, and the ring full: else this showed nothing. */
static void the_port_was_busy_all_the_time(void **state)
{
    (void)state;
    assert_int_equal(uart.lost, 0);
    assert_in_range(uart.bytes, LENGTH_S * 900, LENGTH_S * 961);
    assert_in_range(with.lines, LENGTH_S * MACHINE_CPUS * 9 / 10, LENGTH_S * (MACHINE_CPUS + 30));
    assert_int_equal(with.lines, without.lines);
    assert_in_range(with.cost.waiting_most, 250000, 262144);
    assert_true(with.cost.dropped > 1000);
}

/* One slice in 17 ms of some 35 us: that one comes just before a look takes long to happen. */
static void nor_in_the_long_run(void **state)
{
    run(&without, 2, 1000);
    run(&with, 2, 1000);
    no_look_is_late_by_it(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_look_is_late_by_it),
        cmocka_unit_test(looks_are_punctual),
        cmocka_unit_test(the_port_was_busy_all_the_time),
        cmocka_unit_test(nor_in_the_long_run),
    };
    return cmocka_run_group_tests(tests, both, NULL);
}
