/* A step of a boot: what firmware says of this machine, its CPUs above all. */
#include "boot.h"
#include "cpu/apic.h"
#include "cpu/facts.h"
#include "cpu/paging.h"
#include "log/log.h"
#include "platform/firmware/mptable.h"
#include "platform/quirks.h"

/* Half of all machines have entries that are no CPUs: places for more, or the same CPU in both forms. */
static void say_cpus(const struct machine *machine)
{
    unsigned cpus = machine->cpu_count;

    if (machine->cpus_no)
        log_print("%s: %u CPUs; %u other entries only keep places, as is usual\n", machine->source, cpus,
                  machine->cpus_no);
    else
        log_print("%s: %u CPUs\n", machine->source, cpus);
    if (machine->cpus_beyond)
        log_print("cpu: %u more CPUs are beyond the %u that this build can use: left out\n",
                  machine->cpus_beyond, MACHINE_MAX_CPUS);
}

/* Where ACPI names no CPU, or must not be used, the older MP table may name some. */
static void find_cpus_without_acpi(struct machine *machine)
{
    unsigned bad_before = machine->bad_tables;

    log_print("acpi: no table of CPUs\n");
    if (mptable_read(map_firmware, machine))
        say_cpus(machine);
    else
        log_print("mptable: none that names a CPU: this one is used alone\n");
    if (machine->bad_tables > bad_before)
        log_print("mptable: it is damaged (length, checksum or an entry)\n");
}

void boot_find_machine(const struct boot_info *boot, const struct options *options, struct machine *machine)
{
    facts_init_cpu();
    machine_names_find(boot, map_firmware);
    log_print("cpu: %s\n", cpu_brand());
    if (options->acpi) {
        acpi_read(boot->rsdp, map_firmware, machine);
    } else {
        *machine = (struct machine){.source = "none"};
        log_print("acpi: off, as the command line asks\n");
    }
    if (machine->bad_tables)
        log_print("acpi: %u tables were refused (length, checksum or address)\n", machine->bad_tables);
    if (machine->cpu_count > 0)
        say_cpus(machine);
    else
        find_cpus_without_acpi(machine);
}

/* The boot CPU counts once, whether the table has it or not. */
unsigned boot_cpus_named(const struct machine *machine)
{
    unsigned others = machine->cpus_beyond;

    for (unsigned i = 0; i < machine->cpu_count; i++)
        others += machine->cpus[i].apic_id != apic_id();
    return machine->cpu_count ? 1 + others : 0;
}
