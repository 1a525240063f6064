/* The steps of a boot, of which main.c has a line each. All run on the boot CPU, once. */
#ifndef BOOT_H
#define BOOT_H

#include "platform/firmware/acpi.h"
#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"

#define MIB (1ul << 20)

/* Panics, with what is wrong, when the loader's information makes no sense. */
void boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
/* Takes all frames of the memory map but those in use; then builds the hypervisor's own page tables. */
void boot_take_memory(const struct boot_info *boot);
/* Reads the command line; complains of each bad word. */
void boot_take_options(const struct boot_info *boot, struct options *options);
/* Finds CPUs and timers: by ACPI, else CPUs by the MP table, else this CPU alone. */
void boot_find_machine(const struct boot_info *boot, const struct options *options, struct machine *machine);
/* Wakes the other CPUs, as far as the command line lets it; each ends in `entry`, which never returns. */
void boot_wake_cpus(const struct boot_info *boot, const struct machine *machine,
                    const struct options *options, void (*entry)(void));
/* Returns how many CPUs firmware calls ready for use, this one among them; 0: no table of its names any. */
unsigned boot_cpus_named(const struct machine *machine);
/* Once system time runs: prints what CPUID says of the TSC's rate, if anything, beside what was measured. */
void boot_compare_rates(void);
/* Returns true if all of [start, end) is in one piece of usable memory, as the map has it. */
bool boot_in_memory(uint64_t start, uint64_t end);
/*
 * The module becomes the guest (boot_guest.c). Bad input ends the run here, in one line and a failing
 * outcome; Meridian stays up, and the time it keeps goes on.
 */
void boot_build_guest(const struct boot_info *boot, const struct options *options);

#endif
