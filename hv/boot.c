/* The steps of a boot up to the guest (boot_guest.c): loader, memory, CPUs. The machine: boot_machine.c. */
#include "boot.h"

#include "cpu/apic.h"
#include "cpu/facts.h"
#include "cpu/frames.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "keeper.h"
#include "log/log.h"
#include "log/panic.h"
#include "platform/loader/memmap.h"
#include "platform/quirks.h"
#include "platform/reference/reference.h"
#include "screen/screen.h"

static struct memory_range usable[BOOT_MAX_RANGES];
static unsigned usable_count;

static void leave_smap_off(void)
{
    const struct quirk *quirk = quirk_here(QUIRK_NO_SMAP);

    if (!quirk)
        return;
    traps_without_smap();
    log_print("cpu: this is %s: %s; it stays off\n", quirk->name, quirk->reason);
}

void boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    const char *wrong = "the boot loader is neither multiboot2's (GRUB) nor PVH's (QEMU -kernel)";

    if (magic == MULTIBOOT2_LOADER_MAGIC)
        wrong = multiboot2_parse(info, boot_view, boot);
    else if (magic == PVH_MAGIC)
        wrong = pvh_parse(info, boot_view, boot);
    if (wrong) {
        screen_init(NULL, NULL); /* a loader that makes no sense most likely left a PC in text mode */
        panic("cannot start: %s", wrong);
    }
    log_print("booted by %s, %s, command line \"%s\"\n", boot->loader, boot->efi ? "UEFI" : "BIOS",
              boot->cmdline);
    leave_smap_off();
}

static void keep_out(uint64_t start, uint64_t end)
{
    if (start < end && !frames_reserve(start, end))
        panic("the memory map has too many holes to work with: update the firmware");
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
    log_print("memory: %lu MiB free in %u ranges\n", frames_free_bytes() / MIB, usable_count);
}

static void complain(const char *word, size_t length, const char *why)
{
    log_print("option \"%.*s\" %s\n", option_shown(length), word, why);
}

bool boot_in_memory(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < usable_count; i++)
        if (usable[i].start <= start && start < end && end <= usable[i].end)
            return true;
    return false;
}

void boot_take_options(const struct boot_info *boot, struct options *options)
{
    options_parse(boot->cmdline, options, complain); /* boot_guest.c ends the run if one is bad */
}

/* The boot CPU is found by its own id, wherever the table has it. */
static unsigned others_of(const struct machine *machine, uint32_t ids[MACHINE_MAX_CPUS])
{
    unsigned count = 0;

    for (unsigned i = 0; i < machine->cpu_count; i++) {
        if (machine->cpus[i].apic_id != apic_id())
            ids[count++] = machine->cpus[i].apic_id;
    }
    return count;
}

void boot_wake_cpus(const struct boot_info *boot, const struct machine *machine,
                    const struct options *options, void (*entry)(void))
{
    static uint32_t ids[MACHINE_MAX_CPUS];
    const struct memory_range keep[] = {
        {boot->module_start, boot->module_end, MEMORY_USABLE},
        {boot->info_start, boot->info_end, MEMORY_USABLE},
    };
    const struct quirk *quirk = quirk_here(QUIRK_ONE_CPU);
    unsigned count = others_of(machine, ids);
    uint64_t trampoline = memmap_low_page(usable, usable_count, keep, 2);

    if (quirk && !options->max_cpus && count > 0) {
        log_print("smp: this is %s: %s; the boot CPU is used alone (maxcpus=%u uses all)\n", quirk->name,
                  quirk->reason, count + 1);
        count = 0;
    }
    if (options->max_cpus && count >= options->max_cpus) {
        log_print("smp: %u CPUs left out, as the command line asks\n", count - (options->max_cpus - 1));
        count = options->max_cpus - 1;
    }
    if (count > 0 && !trampoline) {
        log_print("smp: no free page below 1 MiB to start CPUs from: this one is used alone\n");
        count = 0;
    }
    if (count > 0)
        smp_start(ids, count, trampoline, entry, reference_wait_us);
    log_print("smp: %u CPUs online\n", cpu_count());
    facts_report();
}

/* 0 Hz: CPUID says nothing. Rates are below 2^42 Hz, so the product is below 2^62. */
static void compare_rate(const char *leaf, uint64_t says_hz, const struct keeper_summary *measured)
{
    int64_t off_hz = (int64_t)(says_hz - measured->hz);

    if (!says_hz || says_hz >> 42)
        return;
    log_print(
        "cpuid: leaf %s says %lu kHz: shown only, the %s is believed\n@cpuid leaf=%s hz=%lu off_ppb=%ld\n",
        leaf, says_hz / 1000, measured->source, leaf, says_hz,
        off_hz * 1000000 / (int64_t)(measured->hz / 1000 + 1));
}

void boot_compare_rates(void)
{
    struct cpuid_rates says = cpuid_rates();
    struct keeper_summary measured;

    keeper_summary(&measured);
    if (says.art_numerator)
        log_print("cpuid: ART: TSC = crystal x %u/%u: shown only\n"
                  "@art numerator=%u denominator=%u crystal_hz=%u\n",
                  says.art_numerator, says.art_denominator, says.art_numerator, says.art_denominator,
                  says.crystal_hz);
    compare_rate("15h", says.leaf_15h, &measured);
    compare_rate("16h", says.leaf_16h, &measured);
}
