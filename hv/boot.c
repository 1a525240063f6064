#include "boot.h"

#include "cpu/apic.h"
#include "cpu/frames.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "domain/domain.h"
#include "keeper.h"
#include "log/log.h"
#include "log/panic.h"
#include "platform/memmap.h"
#include "platform/reference.h"
#include "verdict.h"

#define MIB             (1ull << 20)
#define GUEST_MAX_VCPUS 32u /* what shared_info has room for */

static struct memory_range usable[BOOT_MAX_RANGES];
static unsigned usable_count;

void boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    const char *wrong = "the boot loader is neither multiboot2's (GRUB) nor PVH's (QEMU -kernel)";

    if (magic == MULTIBOOT2_LOADER_MAGIC)
        wrong = multiboot2_parse(info, boot_view, boot);
    else if (magic == PVH_MAGIC)
        wrong = pvh_parse(info, boot_view, boot);
    if (wrong)
        panic("cannot start: %s", wrong);
    log_print("booted by %s, %s, command line \"%s\"\n", boot->loader, boot->efi ? "UEFI" : "BIOS",
              boot->cmdline);
    if (boot->cmdline_cut)
        log_print("the command line is longer than %d bytes: the rest is ignored\n", BOOT_MAX_CMDLINE - 1);
}

static void keep_out(uint64_t start, uint64_t end)
{
    if (start < end && !frames_reserve(start, end))
        panic("the memory map has too many holes to work with");
}

/* The first MiB is left to firmware and the trampoline. */
void boot_take_memory(const struct boot_info *boot)
{
    static struct frame_range ram[BOOT_MAX_RANGES];
    struct frame_range image = image_range();

    usable_count = memmap_usable(boot, usable, BOOT_MAX_RANGES);
    for (unsigned i = 0; i < usable_count; i++)
        ram[i] = (struct frame_range){usable[i].start, usable[i].end};
    frames_init(ram, usable_count);
    keep_out(0, MIB);
    keep_out(image.start, image.end);
    keep_out(boot->module_start, boot->module_end);
    keep_out(boot->info_start, boot->info_end);
    paging_init(ram, usable_count);
    log_print("memory: %llu MiB free in %u ranges\n", (unsigned long long)(frames_free_bytes() / MIB),
              usable_count);
}

static void complain(const char *word, size_t length, const char *why)
{
    log_print("option \"%.*s\": %s\n", (int)length, word, why);
}

void boot_take_options(const struct boot_info *boot, struct options *options)
{
    if (!options_parse(boot->cmdline, options, complain))
        log_print("the options above keep their defaults\n");
}

void boot_find_machine(const struct boot_info *boot, const struct options *options, struct machine *machine)
{
    if (options->acpi) {
        acpi_read(boot->rsdp, map_firmware, machine);
    } else {
        *machine = (struct machine){.source = "none"};
        log_print("acpi: off, as the command line asks\n");
    }
    if (machine->bad_tables)
        log_print("acpi: %u tables were refused (length, checksum or address)\n", machine->bad_tables);
    if (machine->cpu_count == 0)
        log_print("acpi: no table of CPUs: this one is used alone\n");
    else
        log_print("acpi: %u CPUs, %u entries left out\n", machine->cpu_count, machine->cpus_left_out);
}

/* The boot CPU is found by its own id, wherever the table has it. */
static unsigned others_of(const struct machine *machine, uint32_t *ids)
{
    unsigned count = 0;

    for (unsigned i = 0; i < machine->cpu_count && count < MAX_CPUS - 1; i++) {
        if (machine->cpus[i].apic_id != apic_id())
            ids[count++] = machine->cpus[i].apic_id;
    }
    return count;
}

void boot_wake_cpus(const struct boot_info *boot, const struct machine *machine, void (*entry)(void))
{
    static uint32_t ids[MAX_CPUS];
    const struct memory_range keep[] = {
        {boot->module_start, boot->module_end, MEMORY_USABLE},
        {boot->info_start, boot->info_end, MEMORY_USABLE},
    };
    unsigned count = others_of(machine, ids);
    uint64_t trampoline = memmap_low_page(usable, usable_count, keep, 2);

    if (count > 0 && !trampoline) {
        log_print("smp: no free page below 1 MiB to start CPUs from: this one is used alone\n");
        count = 0;
    }
    if (count > 0)
        smp_start(ids, count, trampoline, entry, reference_wait_us);
    log_print("smp: %u CPUs online\n", cpu_count());
}

/* One VCPU on each measured CPU, as far as shared_info has room. */
static unsigned choose_vcpus(const struct options *options)
{
    unsigned count = 0, wanted = options->vcpus;

    for (unsigned cpu = 0; cpu < cpu_count() && count < GUEST_MAX_VCPUS; cpu++)
        count += keeper_cpu_measured(cpu);
    if (wanted > count)
        log_print("vcpus=%u: one on each CPU for now, so %u\n", wanted, count);
    return wanted && wanted < count ? wanted : count;
}

static const char *guest_cmdline(const struct boot_info *boot)
{
    const char *line = boot->module_cmdline[0] ? NULL : options_guest_line(boot->cmdline);

    return line ? line : boot->module_cmdline;
}

void boot_build_guest(const struct boot_info *boot, const struct options *options)
{
    const char *refused =
        "there is no module: give the guest's ELF as a multiboot2 module (module2) or -initrd";
    struct domain_config config = {
        .cmdline = guest_cmdline(boot),
        .memory_bytes = options->guest_mib * MIB,
    };

    config.vcpus = choose_vcpus(options);
    domain_on_end(verdict_domain_ended);
    if (boot->module_present) {
        config.image = phys_to_virt(boot->module_start);
        config.image_size = boot->module_end - boot->module_start;
        refused = domain_create(&config);
    }
    if (refused)
        verdict_refused(refused);
}
