/* The keeper's side of a domain: where its records are. */
#include "keeper/state.h"

#include "cpu/lock.h"

static void write_whole(struct time_vcpu *vcpu)
{
    const struct published *data = published_for(vcpu->cpu);

    if (vcpu->slot) {
        record_begin(vcpu->slot, vcpu->version);
        record_fill(vcpu->slot, data);
        record_end(vcpu->slot, vcpu->version);
    }
    if (vcpu->xen) {
        volatile struct xen_time_record *record = (volatile struct xen_time_record *)vcpu->xen;

        xen_record_begin(record, vcpu->version);
        xen_record_fill(record, data);
        xen_record_end(record, vcpu->version);
    }
    vcpu->version += 2;
}

/* Xen's wall clock is UTC when system time was 0 (xen.h, struct shared_info), by the same odd and even. */
static void begin_wall(const struct time_domain *domain)
{
    *domain->wc_version = domain->wall_version + 1;
}

static void fill_wall(const struct time_domain *domain)
{
    *domain->wc_sec = (uint32_t)keeper.wall_base.s;
    *domain->wc_sec_hi = (uint32_t)((uint64_t)keeper.wall_base.s >> 32);
    *domain->wc_nsec = keeper.wall_base.ns;
}

static void end_wall(struct time_domain *domain)
{
    domain->wall_version += 2;
    *domain->wc_version = domain->wall_version;
}

bool keeper_cpu_measured(unsigned cpu)
{
    return cpu < keeper.cpus && clock_of(cpu)->measured;
}

bool keeper_cpu_stopped(unsigned cpu)
{
    return cpu < keeper.cpus && __atomic_load_n(&clock_of(cpu)->silent, __ATOMIC_RELAXED) >= STOPPED_PERIODS;
}

void keeper_add_domain(struct time_domain *domain)
{
    bool were_on = lock_take(&keeper.lock);

    for (unsigned i = 0; i < domain->vcpu_count; i++)
        write_whole(&domain->vcpus[i]);
    record_begin(domain->common, domain->common_version);
    record_fill(domain->common, published_for(0));
    record_end(domain->common, domain->common_version);
    domain->common_version += 2;
    begin_wall(domain);
    fill_wall(domain);
    end_wall(domain);
    domain->next = keeper.domains;
    keeper.domains = domain;
    lock_release(&keeper.lock, were_on);
}

void keeper_place_vcpu(struct time_domain *domain, uint32_t vcpu, uint32_t cpu,
                       volatile struct vcpu_time_info *xen)
{
    bool were_on = lock_take(&keeper.lock);

    domain->vcpus[vcpu].cpu = cpu;
    domain->vcpus[vcpu].xen = xen;
    write_whole(&domain->vcpus[vcpu]);
    lock_release(&keeper.lock, were_on);
}

static void say_wall(struct published *said)
{
    said->wall = wallclock_at(keeper.wall_base, said->line.ns);
}

/* Xen's records of the VCPUs hold no wall time: they are left alone, and so are their readers. */
static void begin_all_walls(const struct time_domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if (domain->vcpus[i].slot)
            record_begin(domain->vcpus[i].slot, domain->vcpus[i].version);
    record_begin(domain->common, domain->common_version);
    begin_wall(domain);
}

/* Each record's own line, and UTC where it begins. In per-CPU mode the common record is nobody's line. */
static void fill_all_walls(const struct time_domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if (domain->vcpus[i].slot)
            record_fill_wall(domain->vcpus[i].slot, published_for(domain->vcpus[i].cpu)->wall);
    record_fill(domain->common, published_for(0));
    fill_wall(domain);
}

static void end_all_walls(struct time_domain *domain)
{
    end_wall(domain);
    record_end(domain->common, domain->common_version);
    domain->common_version += 2;
    for (unsigned i = 0; i < domain->vcpu_count; i++) {
        if (!domain->vcpus[i].slot)
            continue;
        record_end(domain->vcpus[i].slot, domain->vcpus[i].version);
        domain->vcpus[i].version += 2;
    }
}

/*
 * One act for all CPUs and all records. All are odd before the first is even again, and x86 makes stores
 * visible in their order (SDM vol. 3, 8.2.2): who has seen the new wall time anywhere finds it everywhere, or
 * a record to wait for. The lines stay as they are, so system time notices nothing. Two sets at once: the
 * lock's second one wins, whole.
 */
void keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns)
{
    bool were_on = lock_take(&keeper.lock);
    struct time_domain *domain;

    if (wallclock_base((struct utc){utc_s, utc_ns}, system_ns, &keeper.wall_base)) {
        say_wall(&keeper.published);
        for (unsigned i = 0; i < keeper.cpus; i++)
            say_wall(&clock_of(i)->published);
        /* step V1: all records odd */
        for (domain = keeper.domains; domain; domain = domain->next)
            begin_all_walls(domain);
        /* step V2: the new wall time in all */
        for (domain = keeper.domains; domain; domain = domain->next)
            fill_all_walls(domain);
        /* step V3: all records even */
        for (domain = keeper.domains; domain; domain = domain->next)
            end_all_walls(domain);
    }
    lock_release(&keeper.lock, were_on);
}
