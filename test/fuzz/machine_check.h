/* What must hold of a machine, for fuzz_acpi.c, fuzz_acpi_tables.c and fuzz_mptable.c. */
#ifndef TEST_MACHINE_CHECK_H
#define TEST_MACHINE_CHECK_H

#include "fuzz.h"
#include "platform/acpi.h"

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
    MUST(machine->century_register == 0 ||
         (machine->century_register >= 14 && machine->century_register < 128));
}

#endif
