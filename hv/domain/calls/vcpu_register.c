#include "domain/calls/vcpu_register.h"

#include <stddef.h>
#include <xen/errno.h>
#include <xen/vcpu.h>

#include "cpu/paging.h"
#include "domain/vcpu/guest_gdt.h"
#include "domain/vcpu/schedule.h"
#include "domain/vcpu/vcpu.h"

_Static_assert(sizeof(struct vcpu_info) == 64, "xen.h");

/* Under the domain's lock. */
static void info_move(struct vcpu *target, struct vcpu_info *to)
{
    struct domain *domain = target->domain;

    target->info_registered = true;
    schedule_notify(domain, events_move_info(&domain->events, target->id, to));
    keeper_place_vcpu(&domain->time, target->id, target->cpu, &to->time);
}

/* A VCPU can be registered once: by itself, or by another one while it is down. */
int64_t vcpu_register_info(struct vcpu *vcpu, struct vcpu *target, uint64_t address)
{
    struct domain *domain = vcpu->domain;
    struct vcpu_register_vcpu_info wish;
    int64_t result = -XEN_EINVAL;
    bool were_on;

    if (!guest_read(vcpu_space(vcpu), &wish, address, sizeof wish))
        return -XEN_EFAULT;
    if (wish.offset > GUEST_PAGE - sizeof(struct vcpu_info) || wish.offset % sizeof(uint64_t))
        return -XEN_ENXIO;
    if (wish.mfn > PTE_ADDRESS / GUEST_PAGE || domain_frame_kind(domain, wish.mfn * GUEST_PAGE) != FRAME_OWN)
        return -XEN_EINVAL;
    were_on = lock_take(&domain->lock);
    if (!target->info_registered && (target == vcpu || schedule_is_down(target))) {
        info_move(target, (struct vcpu_info *)((char *)phys_to_virt(wish.mfn * GUEST_PAGE) + wish.offset));
        result = 0;
    }
    lock_release(&domain->lock, were_on);
    return result;
}

_Static_assert(sizeof(struct vcpu_register_time_memory_area) == sizeof(uint64_t) &&
                   sizeof(struct vcpu_register_runstate_memory_area) == sizeof(uint64_t),
               "an address");

/* Reads the address of an area of `size` bytes; 0 is none. Returns 0 or -EFAULT. */
static int64_t area_read(struct vcpu *vcpu, uint64_t address, uint64_t size, uint64_t *area)
{
    if (!guest_read(vcpu_space(vcpu), area, address, sizeof *area))
        return -XEN_EFAULT;
    if (*area && (*area + size <= *area || !guest_range_ok(*area, *area + size)))
        return -XEN_EFAULT;
    return 0;
}

/* The area is written when `target` next goes back to its guest, and whenever its record has changed. */
int64_t vcpu_register_time_area(struct vcpu *vcpu, struct vcpu *target, uint64_t address)
{
    uint64_t area;
    int64_t result = area_read(vcpu, address, sizeof(struct vcpu_time_info), &area);

    if (result)
        return result;
    __atomic_store_n(&target->areas.time_area, area, __ATOMIC_RELAXED);
    /* odd: no record has that version, so the area will be written */
    __atomic_store_n(&target->areas.time_area_version, 1, __ATOMIC_RELEASE);
    schedule_nudge(target);
    return 0;
}

int64_t vcpu_register_runstate_area(struct vcpu *vcpu, struct vcpu *target, uint64_t address)
{
    uint64_t area;
    int64_t result = area_read(vcpu, address, sizeof(struct vcpu_runstate_info), &area);

    if (result)
        return result;
    __atomic_store_n(&target->areas.runstate_area, area, __ATOMIC_RELAXED);
    __atomic_store_n(&target->areas.runstate_area_old, true, __ATOMIC_RELEASE);
    schedule_nudge(target);
    return 0;
}
