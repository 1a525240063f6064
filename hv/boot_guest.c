/* The last step of a boot: the loader's module becomes a guest. Or the run ends and says what is wrong. */
#include "boot.h"

#include "check/check.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "domain/domain.h"
#include "domain/guest_abi.h"
#include "keeper.h"
#include "log/format.h"
#include "log/log.h"
#include "outcome.h"

/* One VCPU for each measured CPU, but not more than shared_info has room for. */
static unsigned choose_vcpus(const struct options *options)
{
    unsigned count = 0, wanted = options->vcpus;

    for (unsigned cpu = 0; cpu < cpu_count() && count < MAX_VCPUS; cpu++)
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

static void refuse_option(const struct option_refused *bad)
{
    char why[160];

    format(why, sizeof why, "option \"%.*s\" %s: correct it or leave it out", option_shown(bad->length),
           bad->word, bad->why);
    outcome_refused(why, "bad-option");
}

/* A run must be what was asked for, so a bad word ends it, as a bad guest does. */
static bool refuse_command_line(const struct boot_info *boot, const struct options *options)
{
    if (boot->cmdline_cut)
        outcome_refused("the command line is longer than 1023 bytes: shorten it", "command-line-too-long");
    else if (boot->module_cmdline_cut)
        outcome_refused("its command line is longer than 1023 bytes: shorten it", "command-line-too-long");
    else if (options->bad.why)
        refuse_option(&options->bad);
    else
        return false;
    return true;
}
_Static_assert(BOOT_MAX_CMDLINE == 1024, "the texts above say so");

static bool refuse_module(const struct boot_info *boot)
{
    if (!boot->module_present)
        outcome_refused(
            "there is no module: give the guest's ELF as a multiboot2 module (module2) or -initrd",
            "no-module");
    else if (boot->module_start == boot->module_end)
        outcome_refused("the module is empty: give the guest's ELF file", "guest-refused");
    else if (!boot_in_memory(boot->module_start, boot->module_end))
        outcome_refused("the module is not in usable memory: use another boot loader", "guest-refused");
    else
        return false;
    return true;
}

void boot_build_guest(const struct boot_info *boot, const struct options *options)
{
    struct domain_config config = {
        .cmdline = guest_cmdline(boot),
        .memory_bytes = options->guest_mib * MIB,
        .privileged = true, /* the first domain is, as on Xen */
        .hooks = {.ended = outcome_domain_ended, .before_verdict = check_end},
    };
    struct domain *domain;
    const char *wrong;
    char why[256];

    if (refuse_command_line(boot, options) || refuse_module(boot))
        return;
    config.vcpus = choose_vcpus(options);
    config.image = phys_to_virt(boot->module_start);
    config.image_size = boot->module_end - boot->module_start;
    wrong = domain_create(&config, &domain);
    if (!wrong) {
        outcome_follow(domain);
        return;
    }
    format(why, sizeof why, "it %s", wrong);
    outcome_refused(why, "guest-refused");
}
