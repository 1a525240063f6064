/* What a domain asks of the keeper: to write its records, and to set its wall clock. */
#include "keeper/clocks.h"

#include "cpu/lock.h"
#include "keeper/publisher.h"

void keeper_add_domain(struct time_domain *domain)
{
    bool were_on = lock_take(&keeper.lock);

    domain->next = keeper.domains;
    keeper.domains = domain;
    assumed_changed();
    assumed_refresh();
    records_write_domain(domain);
    lock_release(&keeper.lock, were_on);
}

void keeper_place_vcpu(struct time_domain *domain, uint32_t vcpu, uint32_t cpu,
                       volatile struct vcpu_time_info *xen)
{
    bool were_on = lock_take(&keeper.lock);

    domain->vcpus[vcpu].cpu = cpu;
    domain->vcpus[vcpu].xen = xen;
    records_write_vcpu(&domain->vcpus[vcpu], published_for(cpu));
    lock_release(&keeper.lock, were_on);
}

/*
 * The wall time changes for all CPUs at once. All records are odd before the first is even again, and x86
 * makes stores visible in their order (SDM vol. 3, 8.2.2). So a reader that has seen the new wall time in one
 * record finds it in every other, or finds that record odd and waits. The lines stay as they are: system time
 * notices nothing. Of two sets at the same time, the one that gets the lock last wins, whole.
 */
void keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns)
{
    bool were_on = lock_take(&keeper.lock);

    if (wallclock_base((struct utc){utc_s, utc_ns}, system_ns, &keeper.wall_base)) {
        records_say_wall();
        /* step V1: all records odd */
        records_begin(NEWS_WALL);
        /* step V2: the new wall time in all */
        records_fill(NEWS_WALL, NULL);
        /* step V3: all records even */
        records_end(NEWS_WALL);
    }
    lock_release(&keeper.lock, were_on);
}
