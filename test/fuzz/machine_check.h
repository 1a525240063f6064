/* What must hold of a machine, for fuzz_acpi.c, fuzz_acpi_tables.c and fuzz_mptable.c. */
#ifndef TEST_MACHINE_CHECK_H
#define TEST_MACHINE_CHECK_H

#include "fuzz.h"
#include "platform/firmware/acpi.h"

static inline void check_register(struct acpi_register reg)
{
    MUST(reg.address == 0 || reg.space <= ACPI_PCI);
    MUST(reg.space != ACPI_IO || reg.address <= 0xfffc);
    MUST(reg.space != ACPI_MEMORY || reg.address <= (1ull << 52) - 4096);
}

static inline void check_power(const struct acpi_power *power)
{
    check_register(power->reset);
    check_register(power->sleep);
    for (unsigned i = 0; i < 2; i++) {
        MUST(power->pm1_control[i] <= 0xfffc && power->pm1_event[i] <= 0xfffc);
        MUST(power->sleep_type[i] <= 7);
    }
    MUST(!power->can_sleep || (power->reduced ? power->sleep.address : power->pm1_control[0]));
}

static inline void check_console(const struct acpi_console *console)
{
    const struct uart_place *place = &console->place;

    if (!console->table || console->wrong)
        return;
    MUST(place->address != 0 && place->stride >= place->width);
    MUST(place->width == 1 || place->width == 2 || place->width == 4);
    MUST(place->stride <= 8 && place->stride % place->width == 0 && place->address % place->width == 0);
    if (place->space == UART_PORTS)
        MUST(place->address >= 0x100 && place->address <= 0xfff8 && place->stride == 1);
    else
        MUST(place->address <= PHYS_END - 4096);
    MUST(!console->pci.named || (console->pci.slot < 32 && console->pci.function < 8));
}

static inline void check_machine(const struct machine *machine)
{
    MUST(machine->source && machine->cpu_count <= MACHINE_MAX_CPUS);
    for (unsigned a = 0; a < machine->cpu_count; a++) {
        MUST(machine->cpus[a].apic_id != 0xffffffff);
        for (unsigned b = 0; b < a; b++)
            MUST(machine->cpus[a].apic_id != machine->cpus[b].apic_id);
    }
    MUST(machine->hpet_base % 8 == 0 && machine->hpet_base <= (1ull << 52) - 0x400);
    MUST(machine->pmtimer_port <= 0xfffc);
    check_power(&machine->power);
    check_console(&machine->console);
    MUST(machine->century_register == 0 ||
         (machine->century_register >= 14 && machine->century_register < 128));
}

#endif
