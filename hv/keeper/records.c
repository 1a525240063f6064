/* The records of a domain, written in three steps: all are marked odd, filled, and marked even again. */
#include "keeper/publisher.h"

#include "keeper/clocks.h"

static volatile struct xen_time_record *xen_record(const struct time_vcpu *vcpu)
{
    return (volatile struct xen_time_record *)vcpu->xen;
}

void begin_vcpu(const struct time_vcpu *vcpu)
{
    if (vcpu->slot)
        record_begin(vcpu->slot, vcpu->version);
    if (vcpu->xen)
        xen_record_begin(xen_record(vcpu), vcpu->version);
}

void fill_vcpu(const struct time_vcpu *vcpu, const struct published *data)
{
    if (vcpu->slot)
        record_fill(vcpu->slot, data);
    if (vcpu->xen)
        xen_record_fill(xen_record(vcpu), data);
}

void end_vcpu(struct time_vcpu *vcpu)
{
    if (vcpu->slot)
        record_end(vcpu->slot, vcpu->version);
    if (vcpu->xen)
        xen_record_end(xen_record(vcpu), vcpu->version);
    vcpu->version += 2;
}

void begin_all(struct time_domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        begin_vcpu(&domain->vcpus[i]);
    record_begin(domain->common, domain->common_version);
}

void fill_all(struct time_domain *domain, const struct published *data)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        fill_vcpu(&domain->vcpus[i], data);
    record_fill(domain->common, data);
}

void end_all(struct time_domain *domain)
{
    record_end(domain->common, domain->common_version);
    domain->common_version += 2;
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        end_vcpu(&domain->vcpus[i]);
}

void write_whole(struct time_vcpu *vcpu)
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
void begin_wall(const struct time_domain *domain)
{
    *domain->wc_version = domain->wall_version + 1;
}

void fill_wall(const struct time_domain *domain)
{
    *domain->wc_sec = (uint32_t)keeper.wall_base.s;
    *domain->wc_sec_hi = (uint32_t)((uint64_t)keeper.wall_base.s >> 32);
    *domain->wc_nsec = keeper.wall_base.ns;
}

void end_wall(struct time_domain *domain)
{
    domain->wall_version += 2;
    *domain->wc_version = domain->wall_version;
}

/* Xen's records of the VCPUs hold no wall time: they are left alone, and so are their readers. */
void begin_all_walls(const struct time_domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if (domain->vcpus[i].slot)
            record_begin(domain->vcpus[i].slot, domain->vcpus[i].version);
    record_begin(domain->common, domain->common_version);
    begin_wall(domain);
}

/* Each record's own line, and UTC where it begins. In per-CPU mode the common record is nobody's line. */
void fill_all_walls(const struct time_domain *domain)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        if (domain->vcpus[i].slot)
            record_fill_wall(domain->vcpus[i].slot, published_for(domain->vcpus[i].cpu)->wall);
    record_fill(domain->common, published_for(0));
    fill_wall(domain);
}

void end_all_walls(struct time_domain *domain)
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
