/*
 * Switching off by ACPI, resetting by what a PC has. No AML is run: a firmware's _PTS method is left out.
 * All of it runs on the boot CPU while the others are stopped: firmware may hang if another CPU asks
 * (smp_finish).
 */
#include "platform/power.h"

#include <stddef.h>
#include <stdint.h>

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/smp.h"
#include "log/log.h"
#include "log/serial.h"
#include "platform/reference/reference.h"

/* ACPI 6.4, 4.8.3.2.1: PM1 control. */
#define SCI_EN  (1u << 0)
#define SLP_TYP (7u << 10)
#define SLP_EN  (1u << 13)
/* 4.8.3.7: the sleep control register of reduced hardware, a byte. */
#define SLEEP_ENABLE (1u << 5)
/* 4.8.3.1.1: all bits of PM1 status; ones clear them. */
#define PM1_STATUS 0xc731u

#define PCI_ADDRESS     0xcf8
#define PCI_DATA        0xcfc
#define CHIPSET_RESET   0xcf9
#define KEYBOARD_STATUS 0x64
#define KEYBOARD_BUSY   0x02
#define KEYBOARD_RESET  0xfe

#define ISA_DEBUG_EXIT 0xf4 /* no device of a PC answers there */
#define DEBUG_CONSOLE  0xe9 /* Bochs's reads as its own number, a PC's empty bus as 0xff */
#define BOCHS_SHUTDOWN 0x8900

#define STEP_US    10000u
#define LONG_STEPS 300u /* 3 s: what firmware may take to switch ACPI mode on, or the machine off */
#define LATE_STEPS 20u  /* for a reset to show */

/* A register: a port, or memory; there is none if it is neither. */
struct power_register {
    uint16_t port;
    volatile uint8_t *memory;
};

static struct acpi_power power;
static struct power_register sleep, reset;

static struct power_register register_of(struct acpi_register named)
{
    struct power_register reg = {0};

    if (named.space == ACPI_IO)
        reg.port = (uint16_t)named.address;
    else if (named.space == ACPI_MEMORY && named.address)
        reg.memory = map_mmio(named.address, 1);
    return reg;
}

static void write_byte(struct power_register reg, uint8_t value)
{
    if (reg.port)
        outb(reg.port, value);
    else if (reg.memory)
        *reg.memory = value;
}

void power_init(const struct machine *machine)
{
    power = machine->power;
    sleep = register_of(power.sleep);
    reset = register_of(power.reset);
}

static bool can_sleep(void)
{
    return power.can_sleep && (!power.reduced || sleep.port || sleep.memory);
}

static bool in_acpi_mode(void)
{
    return inw(power.pm1_control[0]) & SCI_EN;
}

/* 4.8.2.5: the PM1 registers obey once SCI_EN is set, which firmware does when it is asked. */
static void enter_acpi_mode(void)
{
    if (!power.smi_port || !power.enable_value || in_acpi_mode())
        return;
    outb(power.smi_port, power.enable_value);
    for (unsigned i = 0; i < LONG_STEPS && !in_acpi_mode(); i++)
        reference_wait_us(STEP_US);
}

/* 16.1: nothing that happened before may wake it again at once. */
static void forget_events(uint16_t port)
{
    if (!port || power.event_bytes < 4)
        return;
    outw((uint16_t)(port + power.event_bytes / 2), 0);
    outw(port, PM1_STATUS);
}

/* Of PM1a (0) or PM1b (1), if it is there: the kind of sleep is S5, and `order` is 0 or SLP_EN. */
static void write_pm1_control(unsigned which, uint16_t order)
{
    uint16_t port = power.pm1_control[which];

    if (port)
        outw(port, (uint16_t)((inw(port) & ~(SLP_TYP | SLP_EN)) | power.sleep_type[which] << 10 | order));
}

/* 16.1.6: the kind of sleep first in both, then the same with the order to go. */
static void sleep_by_pm1(void)
{
    enter_acpi_mode();
    for (unsigned i = 0; i < 2; i++)
        forget_events(power.pm1_event[i]);
    for (unsigned i = 0; i < 2; i++)
        write_pm1_control(i, 0);
    for (unsigned i = 0; i < 2; i++)
        write_pm1_control(i, SLP_EN);
}

static void wait_steps(unsigned steps)
{
    while (steps-- > 0)
        reference_wait_us(STEP_US);
}

/* A stopped CPU may hold the log's lock. */
static _Noreturn void stand_still(const char *advice)
{
    log_panic_mode();
    log_print("power: %s\n", advice);
    serial_flush();
    cpu_halt_for_ever();
}

/* QEMU's exit status becomes 2 * value + 1: 33 for ok, 35 for fail. */
void power_emulator_exit(bool ok)
{
    static const char word[] = "Shutdown";

    outb(ISA_DEBUG_EXIT, ok ? 0x10 : 0x11);
    /* On a PC a device may have been given port 0x8900: only Bochs gets its word. */
    if (inb(DEBUG_CONSOLE) != DEBUG_CONSOLE)
        return;
    for (size_t i = 0; word[i] != 0; i++)
        outb(BOCHS_SHUTDOWN, (uint8_t)word[i]);
}

static void switch_off(void)
{
    log_print("power: switching off by ACPI\n");
    serial_flush();
    if (power.reduced)
        write_byte(sleep, (uint8_t)(power.sleep_type[0] << 2 | SLEEP_ENABLE));
    else
        sleep_by_pm1();
    wait_steps(LONG_STEPS);
    power_emulator_exit(true);
    stand_still("it is still on: hold its button for some seconds, or pull its plug");
}

void power_off(void)
{
    if (can_sleep())
        smp_finish(switch_off);
    else
        log_print("power: ACPI names no way of switching this machine off\n");
}

static void reset_by_acpi(void)
{
    uint64_t address = power.reset.address;

    if (power.reset.space == ACPI_PCI) { /* bus 0, and in words: offset, function, device (5.2.3.2) */
        uint32_t device = (uint32_t)(address >> 32), function = address >> 16 & 7;
        outl(PCI_ADDRESS, 1u << 31 | device << 11 | function << 8 | (address & 0xfc));
        outb((uint16_t)(PCI_DATA + (address & 3)), power.reset_value);
    } else {
        write_byte(reset, power.reset_value);
    }
}

/* Intel's I/O hubs and what followed them: the kind of reset, then the order. */
static void reset_by_chipset(void)
{
    outb(CHIPSET_RESET, 0x02);
    outb(CHIPSET_RESET, 0x06);
}

static void reset_by_keyboard(void)
{
    for (unsigned i = 0; i < LATE_STEPS && (inb(KEYBOARD_STATUS) & KEYBOARD_BUSY); i++)
        reference_wait_us(STEP_US);
    outb(KEYBOARD_STATUS, KEYBOARD_RESET);
}

static const struct {
    const char *name;
    void (*go)(void);
} ways[] = {
    {"ACPI's register", reset_by_acpi},
    {"the chipset's port 0xcf9", reset_by_chipset},
    {"the keyboard controller", reset_by_keyboard},
    {"a triple fault", smp_triple_fault},
};

static void reset_all_ways(void)
{
    /* The first only where the machine has it. */
    for (unsigned i = power.reset.address ? 0 : 1; i < sizeof ways / sizeof ways[0]; i++) {
        log_print("power: reset by %s\n", ways[i].name);
        serial_flush();
        ways[i].go();
        wait_steps(LATE_STEPS);
    }
    stand_still("it did not reset: press its button, or pull its plug");
}

void power_reset(void)
{
    smp_finish(reset_all_ways);
    cpu_halt_for_ever();
}
