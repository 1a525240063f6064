/* The story of a boot. */
#include "boot.h"
#include "check/check.h"
#include "check/stolen.h"
#include "choose_port.h"
#include "cpu/apic.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "domain/domain.h"
#include "drain.h"
#include "keeper.h"
#include "keeper/take_over.h"
#include "log/log.h"
#include "log/panic.h"
#include "log/serial.h"
#include "meridian/lines.h"
#include "outcome.h"
#include "platform/firmware/acpi.h"
#include "platform/power.h"
#include "platform/reference/reference.h"
#include "screen/painter.h"
#include "screen/screen.h"

_Noreturn void hv_main(uint32_t magic, uint32_t info);

static void other_cpu(void)
{
    stolen_watch_cpu();
    keeper_cpu_start();
    drain_start_cpu();
    screen_start_cpu();
    check_start_cpu();
    domain_run_cpu();
}

/* TSCs are held against one another, and that is all. */
static _Noreturn void check_without_time(const struct options *options, const char *command_line,
                                         unsigned named)
{
    log_print(
        "clock: no timer can be used, so no time is kept: enable HPET, the ACPI PM timer or the PIT in the "
        "firmware\n");
    keeper_timeless(options);
    check_timeless(command_line, named);
    outcome_timeless();
}

void hv_main(uint32_t magic, uint32_t info)
{
    static struct boot_info boot;
    static struct options options;
    static struct machine machine;
    bool timed;

    serial_init();
    smp_init_boot_cpu();
    log_print("Meridian: a hypervisor that keeps time\n");
    log_print("@meridian lines=%u version=%s\n", MERIDIAN_LINES, MERIDIAN_VERSION);
    panic_set_end(outcome_panic);
    boot_read(magic, info, &boot);
    boot_take_options(&boot, &options);
    choose_port_early(&options);
    screen_init(&boot, &options);
    boot_take_memory(&boot);
    traps_init_cpu();
    screen_map();
    boot_find_machine(&boot, &options, &machine);
    screen_rotate_for(&boot, &options);
    choose_port(&boot, &options, &machine);
    power_init(&machine);
    if (!apic_init(machine.lapic_base))
        panic("this CPU has no local APIC: switch it on in the firmware, or use another machine");
    apic_init_cpu();
    timed = reference_find(&machine, options.source) > 0;
    if (timed)
        stolen_prepare(options.stolen_s);
    boot_wake_cpus(&boot, &machine, &options, other_cpu);
    if (!timed)
        check_without_time(&options, boot.cmdline, boot_cpus_named(&machine));
    stolen_watch();
    log_defer(); /* time waits for no port */
    keeper_start(&options, machine.century_register);
    take_over_start();
    drain_start_cpu();
    boot_compare_rates();
    screen_start(domain_runs_here);
    check_start(boot.cmdline, boot_cpus_named(&machine));
    painter_start();
    check_start_cpu();
    outcome_start(&options);
    boot_build_guest(&boot, &options);
    domain_run_cpu();
}
