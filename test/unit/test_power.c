/* sources: hv/platform/power.c */
/* flags: -include test/unit/fake_cpu.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/smp.h"
#include "log/log.h"
#include "log/serial.h"
#include "platform/power.h"
#include "platform/reference/reference.h"

/*
 * A machine that notes what is written where, in order, and what is said. It goes off or resets at one write,
 * the one at `ends_at`, by a jump out of the driver; whatever it does, the driver must come to an end.
 */
#define WAITED_MOST_US 20000000u

static struct machine machine;
static char story[1024];
static uint32_t port_values[0x10000];
static uint8_t memory[4096] __attribute__((aligned(8)));
static uint64_t waited_us, enabled_after_us;
static bool enable_asked, panicked;
static const char *ends_at;
static jmp_buf off;

enum { OFF = 1, HALTED };

static void tell(const char *text)
{
    strncat(story, text, sizeof(story) - strlen(story) - 1);
    if (ends_at && strstr(story, ends_at))
        longjmp(off, OFF);
}

static void wrote(unsigned bits, uint16_t port, uint32_t value)
{
    char line[40];

    if (port == 0xf4) { /* QEMU's way out */
        tell(value == 0x10 ? "[emulator] " : "[emulator fails] ");
        return;
    }
    snprintf(line, sizeof(line), "%u:%x=%x ", bits, port, value);
    if (port != 0xcfc || bits != 32)
        port_values[port] = value;
    enable_asked |= port == machine.power.smi_port && value == machine.power.enable_value;
    tell(line);
}

uint8_t inb(uint16_t port)
{
    return (uint8_t)port_values[port];
}

uint16_t inw(uint16_t port)
{
    bool enabled = enable_asked && waited_us >= enabled_after_us && port == machine.power.pm1_control[0];

    return (uint16_t)(port_values[port] | enabled);
}

void outb(uint16_t port, uint8_t value)
{
    wrote(8, port, value);
}

void outw(uint16_t port, uint16_t value)
{
    wrote(16, port, value);
}

void outl(uint16_t port, uint32_t value)
{
    wrote(32, port, value);
}

volatile void *map_mmio(uint64_t phys, size_t size)
{
    return phys + size <= sizeof(memory) ? memory + phys : NULL;
}

void reference_wait_us(uint32_t us)
{
    waited_us += us;
    assert_true(waited_us <= WAITED_MOST_US);
}

void log_print(const char *format, ...)
{
    char line[200];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    tell(line);
}

void log_panic_mode(void)
{
    panicked = true;
}

void serial_flush(void)
{
}

void smp_finish(void (*last)(void))
{
    tell("[others stop] ");
    last();
}

void smp_triple_fault(void)
{
    tell("[triple fault] ");
    longjmp(off, OFF);
}

void cpu_halt_for_ever(void)
{
    longjmp(off, HALTED);
}

/* What a PC of ACPI 1.0 has. */
static struct acpi_power plain(void)
{
    return (struct acpi_power){.can_sleep = true,
                               .sleep_type = {5, 3},
                               .pm1_control = {0x604},
                               .pm1_event = {0x600},
                               .event_bytes = 4};
}

/* How it ended: 0, OFF or HALTED. */
static int run(void (*act)(void), struct acpi_power power, const char *until)
{
    machine.power = power;
    story[0] = 0;
    waited_us = 0;
    enable_asked = panicked = false;
    ends_at = NULL;
    power_init(&machine);
    ends_at = until;
    int how = setjmp(off);
    if (how == 0)
        act();
    return how;
}

static int clean(void **state)
{
    (void)state;
    memset(port_values, 0, sizeof(port_values));
    memset(memory, 0, sizeof(memory));
    enabled_after_us = 0;
    return 0;
}

static void off_by_pm1(void **state)
{
    (void)state;
    port_values[0x604] = 0x3c03; /* SCI_EN, bus master reload, and another kind of sleep */
    assert_int_equal(run(power_off, plain(), "16:604=3403 "), OFF);
    assert_string_equal(story, "[others stop] power: switching off by ACPI\n"
                               "16:602=0 16:600=c731 16:604=1403 16:604=3403 ");
}

static void off_by_both_blocks(void **state)
{
    struct acpi_power power = plain();

    (void)state;
    power.pm1_control[1] = 0x704;
    power.pm1_event[1] = 0x700;
    port_values[0x604] = port_values[0x704] = 1;
    assert_int_equal(run(power_off, power, "16:704=2c01 "), OFF);
    assert_string_equal(strchr(story, '\n'), "\n16:602=0 16:600=c731 16:702=0 16:700=c731 "
                                             "16:604=1401 16:704=c01 16:604=3401 16:704=2c01 ");
}

static void acpi_mode_is_entered_first(void **state)
{
    struct acpi_power power = plain();

    (void)state;
    power.smi_port = 0xb2;
    power.enable_value = 0xa0;
    enabled_after_us = 200000;
    assert_int_equal(run(power_off, power, "16:604=3401 "), OFF);
    assert_string_equal(strchr(story, '\n'), "\n8:b2=a0 16:602=0 16:600=c731 16:604=1401 16:604=3401 ");
    assert_int_equal(waited_us, 200000);

    clean(state);
    port_values[0x604] = 1; /* it is on already */
    run(power_off, power, "16:604=3401 ");
    assert_null(strstr(story, "8:b2="));

    clean(state);
    enabled_after_us = UINT64_MAX; /* firmware never does it: it is tried all the same */
    assert_int_equal(run(power_off, power, "16:604=3400 "), OFF);
    assert_in_range(waited_us, 1000000, 5000000);
}

static void reduced_hardware_sleeps_by_a_byte(void **state)
{
    struct acpi_power power = {
        .can_sleep = true, .reduced = true, .sleep_type = {5}, .sleep = {ACPI_IO, 0x620}};

    (void)state;
    assert_int_equal(run(power_off, power, "8:620=34 "), OFF);
    assert_string_equal(strchr(story, '\n'), "\n8:620=34 ");
    power.sleep = (struct acpi_register){ACPI_MEMORY, 0x10};
    assert_int_equal(run(power_off, power, "[emulator]"), OFF);
    assert_int_equal(memory[0x10], 0x34);
    assert_int_equal(memory[0x11], 0);
}

static void still_on(void **state)
{
    (void)state;
    assert_int_equal(run(power_off, plain(), NULL), HALTED);
    assert_in_range(waited_us, 2000000, 5000000);
    assert_non_null(strstr(story, "[emulator] power: it is still on: hold its button"));
    assert_true(panicked); /* so that it is drawn */
}

static void no_way_to_switch_off(void **state)
{
    struct acpi_power power = plain();

    (void)state;
    power.can_sleep = false;
    assert_int_equal(run(power_off, power, NULL), 0);
    assert_string_equal(story, "power: ACPI names no way of switching this machine off\n");
    power.can_sleep = power.reduced = true; /* its register cannot be mapped */
    power.sleep = (struct acpi_register){ACPI_MEMORY, 1u << 20};
    assert_int_equal(run(power_off, power, NULL), 0);
    assert_string_equal(story, "power: ACPI names no way of switching this machine off\n");
}

static void every_way_of_resetting_in_turn(void **state)
{
    struct acpi_power power = {.reset = {ACPI_IO, 0xcf9}, .reset_value = 0xf};

    (void)state;
    assert_int_equal(run(power_reset, power, "8:cf9=f "), OFF);
    assert_string_equal(story, "[others stop] power: reset by ACPI's register\n8:cf9=f ");
    assert_int_equal(run(power_reset, power, NULL), OFF);
    assert_string_equal(strchr(story, '\n'),
                        "\n8:cf9=f power: reset by the chipset's port 0xcf9\n8:cf9=2 8:cf9=6 "
                        "power: reset by the keyboard controller\n8:64=fe "
                        "power: reset by a triple fault\n[triple fault] ");
    assert_in_range(waited_us, 3 * 100000, 3 * 1000000);

    power.reset.address = 0;
    run(power_reset, power, "8:cf9=6 ");
    assert_string_equal(story, "[others stop] power: reset by the chipset's port 0xcf9\n8:cf9=2 8:cf9=6 ");
}

static void reset_by_memory_and_by_pci(void **state)
{
    struct acpi_power power = {.reset = {ACPI_MEMORY, 0x20}, .reset_value = 0x55};

    (void)state;
    run(power_reset, power, "0xcf9");
    assert_int_equal(memory[0x20], 0x55);
    assert_int_equal(memory[0x21], 0);
    /* Device 31, function 2, offset 0x47. */
    power.reset = (struct acpi_register){ACPI_PCI, 0x1f00020047ull};
    run(power_reset, power, "8:cff=55 ");
    assert_string_equal(strchr(story, '\n'), "\n32:cf8=8000fa44 8:cff=55 ");
}

static void a_busy_keyboard_controller_is_not_waited_for(void **state)
{
    (void)state;
    port_values[0x64] = 0xff;
    assert_int_equal(run(power_reset, (struct acpi_power){0}, NULL), OFF);
    assert_non_null(strstr(story, "8:64=fe "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(off_by_pm1, clean),
        cmocka_unit_test_setup(off_by_both_blocks, clean),
        cmocka_unit_test_setup(acpi_mode_is_entered_first, clean),
        cmocka_unit_test_setup(reduced_hardware_sleeps_by_a_byte, clean),
        cmocka_unit_test_setup(still_on, clean),
        cmocka_unit_test_setup(no_way_to_switch_off, clean),
        cmocka_unit_test_setup(every_way_of_resetting_in_turn, clean),
        cmocka_unit_test_setup(reset_by_memory_and_by_pci, clean),
        cmocka_unit_test_setup(a_busy_keyboard_controller_is_not_waited_for, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
