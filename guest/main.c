/*
 * The tiny guest: a paravirtual kernel that reads time on all its VCPUs, and proves that it never went back.
 * It runs on Meridian, and unchanged as the first domain of Xen.
 */
#include <stdint.h>
#include <xen/xen.h>

#include "clock.h"
#include "events.h"
#include "hypercall.h"
#include "meridian/lines.h"
#include "options.h"
#include "outside.h"
#include "report.h"
#include "resume.h"
#include "smp.h"
#include "system.h"
#include "traps.h"
#include "vcpu.h"
#include "wall.h"
#include "wall_witness.h"

void guest_main(const struct start_info *start);

static void set_wall_clock(uint64_t utc_s)
{
    long refusal = wall_set((int64_t)utc_s, 0);

    if (refusal)
        print("guest: the wall clock was not set (%ld)\n", refusal);
}

/* `independent_wallclock` wins over `disciplined`: no UTC leaves it. UTC is set before the first sync. */
static void start_wall_clock(const struct options *options)
{
    enum wall_kind kind = options->independent_wallclock ? WALL_INDEPENDENT
                          : options->disciplined         ? WALL_DISCIPLINED
                                                         : WALL_FOLLOWS;
    struct meridian_counts counts = {0};

    wall_init(kind, options->steer_ppb);
    wall_report("start");
    if (options->settime)
        set_wall_clock(options->settime);
    if (kind == WALL_DISCIPLINED)
        sync_start(&sync, clock_raw_ns(&counts), options->sync_s);
}

void guest_main(const struct start_info *start)
{
    static struct options options;
    struct vcpu *self = vcpu_self();

    traps_init();
    memory_init(start);
    events_init();
    clock_init();
    options = options_parse((const char *)start->cmd_line);

    uint32_t count = smp_count(options.vcpus);
    print("@guest lines=%u vcpus=%u\n", MERIDIAN_LINES, count); /* the first of its @ lines */
    if (options.bad) {
        report_refused("bad-option");
        power_off();
    }
    start_wall_clock(&options);

    print("guest: %s, %u VCPUs, %lu MiB\n", (const char *)start->magic, count, start->nr_pages / 256);
    wall_print();

    if (options.fault)
        options.fault();
    witness_init(count);
    wall_witness_init(count, options.setters);
    if (options.mailbox)
        mailbox_open(start, count);
    report_start(count, &options);
    if (events_bind(0) || tick_start())
        power_crash("VCPU 0 gets no timer");
    timeouts_start();
    smp_start(count, start);
    events_enable();
    resume_init(count, options.down_ms);
    smp_go(count);
    witness_run(&self->witness, report_poll);
    smp_join(count);
    wall_print();
    report_end();
    power_off();
}
