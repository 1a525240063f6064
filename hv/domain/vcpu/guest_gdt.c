#include "domain/vcpu/guest_gdt.h"

#include <stddef.h>
#include <xen/errno.h>

#include "cpu/paging.h"
#include "domain/memory/ownership.h"
#include "domain/vcpu/descriptor.h"
#include "domain/vcpu/vcpu.h"
#include "log/string.h"

#define SELECTOR_TI 4u /* a local table's; there is none */

/* Returns true if some VCPU's descriptors lie in the frame: then the guest must not get it writable. */
static bool holds_descriptors(const struct domain *domain, uint64_t phys)
{
    for (unsigned vcpu = 0; vcpu < domain->vcpu_count; vcpu++)
        for (unsigned i = 0; i < GUEST_GDT_PAGES && domain->vcpus[vcpu].gdt.frames[i]; i++)
            if (domain->vcpus[vcpu].gdt.frames[i] / GUEST_PAGE == phys / GUEST_PAGE)
                return true;
    return false;
}

enum frame_kind domain_frame_kind(const struct domain *domain, uint64_t phys)
{
    enum frame_kind kind = frame_kind_of(&domain->frames, phys);

    return kind == FRAME_OWN && holds_descriptors(domain, phys) ? FRAME_DESCRIPTORS : kind;
}

static bool frames_ok(const struct domain *domain, const uint64_t *mfns, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        enum frame_kind kind;

        if (mfns[i] > PTE_ADDRESS / GUEST_PAGE)
            return false;
        kind = domain_frame_kind(domain, mfns[i] * GUEST_PAGE);
        if (kind != FRAME_OWN && kind != FRAME_DESCRIPTORS)
            return false;
        if (tables_map_writable(&domain->space, mfns[i] * GUEST_PAGE))
            return false;
    }
    return true;
}

/* Reads each entry of the guest's frame once, for another VCPU may still be writing to it. */
static bool page_check(const volatile uint64_t *from)
{
    for (unsigned i = 0; i < GUEST_GDT_PER_PAGE; i++) {
        uint64_t given = from[i], loaded;

        if (!descriptor_check(&given, &loaded))
            return false;
    }
    return true;
}

/* An entry that became bad since page_check is left empty. The guest's own entries are corrected. */
static void page_copy(volatile uint64_t *from, uint64_t *to)
{
    for (unsigned i = 0; i < GUEST_GDT_PER_PAGE; i++) {
        uint64_t read = from[i], given = read;

        if (!descriptor_check(&given, &to[i]))
            to[i] = 0;
        else if (given != read)
            from[i] = given;
    }
}

static bool copies_take(struct guest_gdt *gdt, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        void *page = gdt->copies[i] ? NULL : memory_try_take(1);

        if (page)
            gdt->copies[i] = virt_to_phys(page);
        if (!gdt->copies[i])
            return false;
    }
    return true;
}

int64_t guest_gdt_set(struct vcpu *target, const uint64_t *mfns, uint64_t entries)
{
    struct guest_gdt *gdt = &target->gdt;
    unsigned count = guest_gdt_pages(entries);

    if (entries > GUEST_GDT_ENTRIES || !frames_ok(target->domain, mfns, count))
        return -XEN_EINVAL;
    for (unsigned i = 0; i < count; i++)
        if (!page_check(phys_to_virt(mfns[i] * GUEST_PAGE)))
            return -XEN_EINVAL;
    if (!copies_take(gdt, count))
        return -XEN_ENOMEM;
    memset(gdt->frames, 0, sizeof gdt->frames);
    for (unsigned i = 0; i < count; i++) {
        gdt->frames[i] = mfns[i] * GUEST_PAGE;
        page_copy(phys_to_virt(gdt->frames[i]), phys_to_virt(gdt->copies[i]));
    }
    return 0;
}

void guest_gdt_load(struct vcpu *vcpu)
{
    for (unsigned i = 0; i < GUEST_GDT_PAGES; i++)
        traps_gdt_page(i, vcpu->gdt.frames[i] ? vcpu->gdt.copies[i] : 0);
}

/* Returns 0 where there is none; nothing can run on that. */
static uint64_t descriptor_of(const struct vcpu *vcpu, uint64_t selector)
{
    uint64_t index = (selector & 0xffff) >> 3;

    if ((selector & SELECTOR_TI) || index >= GUEST_GDT_ENTRIES ||
        !vcpu->gdt.frames[index / GUEST_GDT_PER_PAGE])
        return 0;
    return ((const uint64_t *)phys_to_virt(
        vcpu->gdt.copies[index / GUEST_GDT_PER_PAGE]))[index % GUEST_GDT_PER_PAGE];
}

bool guest_gdt_code_ok(const struct vcpu *vcpu, uint64_t selector, uint64_t rip)
{
    uint64_t own = descriptor_of(vcpu, selector);

    selector = (selector & 0xffff) | 3;
    if (selector == SEL_USER_CODE64 || descriptor_is_code64(own))
        return address_canonical(rip);
    return (selector == SEL_USER_CODE32 || descriptor_is_code(own)) && rip <= UINT32_MAX;
}

bool guest_gdt_stack_ok(const struct vcpu *vcpu, uint64_t selector)
{
    selector = (selector & 0xffff) | 3;
    return selector == SEL_USER_DATA || descriptor_is_stack(descriptor_of(vcpu, selector));
}

uint64_t guest_gdt_base(const struct vcpu *vcpu, uint64_t selector)
{
    return descriptor_base(descriptor_of(vcpu, selector));
}
