/* The steps of a boot that main tells in one line each. All run on the boot CPU, once. */
#ifndef BOOT_H
#define BOOT_H

#include "platform/firmware/acpi.h"
#include "platform/loader/bootinfo.h"
#include "platform/loader/options.h"

#define MIB (1ul << 20)

/* Panics, with what is wrong, when the loader's information makes no sense. */
void boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
/* Frames from the memory map, less what is in use; then the hypervisor's own page tables. */
void boot_take_memory(const struct boot_info *boot);
void boot_take_options(const struct boot_info *boot, struct options *options);
/* CPUs and timers from ACPI; without it, this CPU alone. */
void boot_find_machine(const struct boot_info *boot, const struct options *options, struct machine *machine);
void boot_wake_cpus(const struct boot_info *boot, const struct machine *machine,
                    const struct options *options, void (*entry)(void));
/* Once system time runs: what CPUID says of the TSC's rate beside what was measured, if it says anything. */
void boot_compare_rates(void);
/* Whether all of [start, end) is in one piece of usable memory, as the map has it. */
bool boot_in_memory(uint64_t start, uint64_t end);
/*
 * The module becomes the guest (boot_guest.c). Bad input ends the run here, in one line and a failing
 * outcome; Meridian stays up, and the time it keeps goes on.
 */
void boot_build_guest(const struct boot_info *boot, const struct options *options);

#endif
