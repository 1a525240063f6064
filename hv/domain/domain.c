#include "domain/domain.h"

#include <stddef.h>

#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "domain/build/builder.h"
#include "domain/vcpu/end.h"
#include "domain/guest.h"
#include "domain/guest_exit.h"
#include "domain/run.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu_timers.h"

static struct domain *the_domain; /* NULL before there is one; complete before it is seen */

static void *take(uint64_t bytes)
{
    return memory_try_take((bytes + GUEST_PAGE - 1) / GUEST_PAGE);
}

/* The CPUs whose TSC could be measured, in order: VCPU n gets the nth. False: there are too few. */
static bool place_vcpus(struct domain *domain)
{
    unsigned vcpu = 0;

    for (unsigned cpu = 0; cpu < cpu_count() && vcpu < domain->vcpu_count; cpu++)
        if (keeper_cpu_measured(cpu))
            domain->vcpus[vcpu++].cpu = cpu;
    return vcpu == domain->vcpu_count;
}

/* Slot 0 is common, slot n + 1 is VCPU n's; 64 to a page. */
static volatile struct meridian_record *time_slot(const struct domain *domain, unsigned slot)
{
    return (volatile struct meridian_record *)phys_to_virt(domain->time_pages) + slot;
}

static void init_vcpu(struct domain *domain, unsigned id)
{
    struct vcpu *vcpu = &domain->vcpus[id];

    vcpu->domain = domain;
    vcpu->id = id;
    vcpu->stopped_for = id == 0 ? 0 : VCPU_DOWN;
    vcpu->initialised = id == 0;
    vcpu->info = &domain->shared->vcpu_info[id];
    vcpu->runstate_lock = (struct lock)LOCK_INIT("runstate");
    vcpu->runstate.state = RUNSTATE_offline;
    vcpu->runstate.state_entry_time = keeper_now_ns();
    vcpu_timers_init(vcpu);
    domain->time_vcpus[id] = (struct time_vcpu){
        .cpu = vcpu->cpu, .xen = &domain->shared->vcpu_info[id].time, .slot = time_slot(domain, id + 1)};
}

static bool take_pages(struct domain *domain)
{
    uint64_t slots = domain->vcpu_count + 1;
    void *time_pages;

    domain->time_page_count = (slots + MERIDIAN_SLOTS_PER_PAGE - 1) / MERIDIAN_SLOTS_PER_PAGE;
    time_pages = memory_try_take(domain->time_page_count);
    domain->shared = memory_try_take(1);
    domain->vcpus = take(domain->vcpu_count * sizeof(struct vcpu));
    if (!time_pages || !domain->shared || !domain->vcpus)
        return false;
    domain->time_pages = virt_to_phys(time_pages);
    return true;
}

static void init_shared(struct domain *domain)
{
    struct shared_info *shared = domain->shared;

    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    domain->time = (struct time_domain){
        .vcpu_count = domain->vcpu_count,
        .vcpus = domain->time_vcpus,
        .common = time_slot(domain, 0),
        .wc_version = &shared->wc_version,
        .wc_sec = &shared->wc_sec,
        .wc_nsec = &shared->wc_nsec,
        .wc_sec_hi = &shared->wc_sec_hi,
    };
}

static const char *create(struct domain *domain, const struct domain_config *config)
{
    const char *why;

    domain->vcpu_count = config->vcpus;
    domain->privileged = true; /* the first domain is, as on Xen; there is no other */
    domain->lock = (struct lock)LOCK_INIT("domain");
    domain->event_lock = (struct lock)LOCK_INIT("event channels");
    domain->console_lock = (struct lock)LOCK_INIT("guest console");
    if (!take_pages(domain))
        return "finds no memory for its VCPUs";
    if (!place_vcpus(domain))
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

const char *domain_create(const struct domain_config *config)
{
    struct domain *domain;
    const char *why;

    if (config->vcpus == 0 || config->vcpus > MAX_VCPUS)
        return "must have 1 to 32 VCPUs: set vcpus=";
    domain = take(sizeof(*domain));
    if (!domain)
        return "finds no memory for its state";
    why = create(domain, config);
    if (why)
        return why;
    traps_set_guest(inject_from_trap);
    schedule_add(domain);
    __atomic_store_n(&the_domain, domain, __ATOMIC_RELEASE);
    return NULL;
}

void domain_stop(const char *why)
{
    struct domain *domain = __atomic_load_n(&the_domain, __ATOMIC_ACQUIRE);

    if (domain)
        end_domain(domain, DOMAIN_POWEROFF, why);
}

_Noreturn void domain_run_cpu(void)
{
    traps_set_return(run_next);
    run_next();
}
