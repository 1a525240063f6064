#include "domain/domain.h"

#include <stddef.h>

#include "cpu/paging.h"
#include "domain/build/builder.h"
#include "domain/guest_doors.h"
#include "domain/vcpu/end.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"

static void *take_cleared(uint64_t bytes)
{
    return memory_try_take((bytes + GUEST_PAGE - 1) / GUEST_PAGE);
}

/* Slot 0 is common to all VCPUs, slot n + 1 belongs to VCPU n; a page holds 64 (meridian/abi.h). */
static volatile struct meridian_record *time_slot(const struct domain *domain, unsigned slot)
{
    return (volatile struct meridian_record *)phys_to_virt(domain->frames.time_pages) + slot;
}

/* Behind the time pages. */
static volatile struct meridian_assumed *assumed_page(const struct domain *domain)
{
    return phys_to_virt(domain->frames.time_pages + domain->frames.time_page_count * GUEST_PAGE);
}

static void init_vcpu(struct domain *domain, unsigned id)
{
    struct vcpu *vcpu = &domain->vcpus[id];
    struct vcpu_info *info = &domain->events.shared->vcpu_info[id];

    vcpu->domain = domain;
    vcpu->id = id;
    vcpu->stopped_for = id == 0 ? 0 : VCPU_DOWN;
    vcpu->initialised = id == 0;
    vcpu->areas.runstate_lock = (struct lock)LOCK_INIT("runstate");
    vcpu->areas.runstate.state = RUNSTATE_offline;
    vcpu->areas.runstate.state_entry_time = keeper_now_ns();
    vcpu_timers_init(vcpu);
    domain->events.info[id] = info;
    domain->time_vcpus[id] =
        (struct time_vcpu){.cpu = vcpu->cpu, .xen = &info->time, .slot = time_slot(domain, id + 1)};
}

static bool take_pages(struct domain *domain)
{
    struct domain_frames *frames = &domain->frames;
    uint64_t slots = domain->vcpu_count + 1;
    void *time_pages;

    frames->time_page_count = (slots + MERIDIAN_SLOTS_PER_PAGE - 1) / MERIDIAN_SLOTS_PER_PAGE;
    time_pages = memory_try_take(frames->time_page_count + 1);
    domain->events.shared = memory_try_take(1);
    domain->vcpus = take_cleared(domain->vcpu_count * sizeof(struct vcpu));
    if (!time_pages || !domain->events.shared || !domain->vcpus)
        return false;
    frames->time_pages = virt_to_phys(time_pages);
    frames->shared = virt_to_phys(domain->events.shared);
    return true;
}

static void init_shared(struct domain *domain)
{
    struct shared_info *shared = domain->events.shared;

    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    domain->time = (struct time_domain){
        .vcpu_count = domain->vcpu_count,
        .vcpus = domain->time_vcpus,
        .common = time_slot(domain, 0),
        .assumed = assumed_page(domain),
        .wc_version = &shared->wc_version,
        .wc_sec = &shared->wc_sec,
        .wc_nsec = &shared->wc_nsec,
        .wc_sec_hi = &shared->wc_sec_hi,
    };
}

static const char *domain_fill(struct domain *domain, const struct domain_config *config)
{
    const char *why;

    domain->vcpu_count = config->vcpus;
    domain->privileged = config->privileged;
    domain->hooks = config->hooks;
    domain->lock = (struct lock)LOCK_INIT("domain");
    domain->events.lock = (struct lock)LOCK_INIT("event channels");
    domain->console_lock = (struct lock)LOCK_INIT("guest console");
    if (!take_pages(domain))
        return "finds no memory for its VCPUs";
    if (!schedule_place(domain))
        return "has more VCPUs than there are CPUs to run them: set vcpus= lower, or leave it out";
    init_shared(domain);
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        init_vcpu(domain, i);
    why = builder_build(domain, config, &domain->vcpus[0].frame);
    if (why)
        return why;
    keeper_add_domain(&domain->time);
    return NULL;
}

const char *domain_create(const struct domain_config *config, struct domain **created)
{
    struct domain *domain;
    const char *why;

    if (config->vcpus == 0 || config->vcpus > MAX_VCPUS)
        return "must have 1 to 32 VCPUs: set vcpus=";
    domain = take_cleared(sizeof *domain);
    if (!domain)
        return "finds no memory for its state";
    why = domain_fill(domain, config);
    if (why)
        return why;
    /*
     * The two doors between cpu/traps.c and a guest: in by guest_exit, out by run_next. They are pointers
     * because cpu/ lies below this room and knows nothing of it. Both are the same for every domain.
     */
    traps_set_guest(guest_exit);
    traps_set_return(run_next);
    schedule_add(domain);
    *created = domain;
    return NULL;
}

_Noreturn void domain_run_cpu(void)
{
    run_next();
}

bool domain_runs_here(void)
{
    const struct vcpu *vcpu = schedule_current();

    return vcpu && !domain_has_ended(vcpu->domain);
}
