/*
 * The records of domains are written in three steps: all that the news concern are marked odd, filled, and
 * marked even again. The caller holds the keeper's lock, and decides what happens between the steps.
 */
#include "keeper/publisher.h"

#include "keeper/clocks.h"

static volatile struct xen_time_record *xen_record(const struct time_vcpu *vcpu)
{
    return (volatile struct xen_time_record *)vcpu->xen;
}

/*
 * Xen's record of a VCPU holds no wall time: news of it leave that record alone, and do not hold up its
 * readers.
 */
static bool concerns_xen(const struct time_vcpu *vcpu, enum news news)
{
    return vcpu->xen && news & NEWS_LINE;
}

static void begin_vcpu(const struct time_vcpu *vcpu, enum news news)
{
    if (vcpu->slot)
        record_begin(vcpu->slot, vcpu->version);
    if (concerns_xen(vcpu, news))
        xen_record_begin(xen_record(vcpu), vcpu->version);
}

static void fill_vcpu(const struct time_vcpu *vcpu, enum news news, const struct published *data)
{
    if (vcpu->slot && news & NEWS_LINE)
        record_fill(vcpu->slot, data);
    else if (vcpu->slot)
        record_fill_wall(vcpu->slot, data->wall);
    if (concerns_xen(vcpu, news))
        xen_record_fill(xen_record(vcpu), data);
}

static void end_vcpu(struct time_vcpu *vcpu, enum news news)
{
    if (vcpu->slot)
        record_end(vcpu->slot, vcpu->version);
    if (concerns_xen(vcpu, news))
        xen_record_end(xen_record(vcpu), vcpu->version);
    if (vcpu->slot || concerns_xen(vcpu, news))
        vcpu->version += 2;
}

/*
 * Xen's wall clock is UTC when system time was 0 (xen.h, struct shared_info), under a version that is odd
 * while it is written.
 */
static void begin_wall(const struct time_domain *domain)
{
    RECORD_STORE(*domain->wc_version, domain->wall_version + 1);
}

static void fill_wall(const struct time_domain *domain)
{
    RECORD_STORE(*domain->wc_sec, (uint32_t)keeper.wall_base.s);
    RECORD_STORE(*domain->wc_sec_hi, (uint32_t)((uint64_t)keeper.wall_base.s >> 32));
    RECORD_STORE(*domain->wc_nsec, keeper.wall_base.ns);
}

static void end_wall(struct time_domain *domain)
{
    domain->wall_version += 2;
    RECORD_STORE(*domain->wc_version, domain->wall_version);
}

static void begin_records_of(const struct time_domain *domain, enum news news)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        begin_vcpu(&domain->vcpus[i], news);
    record_begin(domain->common, domain->common_version);
    if (news & NEWS_WALL)
        begin_wall(domain);
}

/* In per-CPU mode no VCPU reads the common record; it says what VCPUs on the boot CPU are told. */
static void fill_records_of(const struct time_domain *domain, enum news news, const struct published *data)
{
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        fill_vcpu(&domain->vcpus[i], news, data ? data : published_for(domain->vcpus[i].cpu));
    record_fill(domain->common, data ? data : published_for(0));
    if (news & NEWS_WALL)
        fill_wall(domain);
}

static void end_records_of(struct time_domain *domain, enum news news)
{
    if (news & NEWS_WALL)
        end_wall(domain);
    record_end(domain->common, domain->common_version);
    domain->common_version += 2;
    for (unsigned i = 0; i < domain->vcpu_count; i++)
        end_vcpu(&domain->vcpus[i], news);
}

void records_begin(enum news news)
{
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next)
        begin_records_of(domain, news);
}

void records_fill(enum news news, const struct published *data)
{
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next)
        fill_records_of(domain, news, data);
}

void records_end(enum news news)
{
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next)
        end_records_of(domain, news);
}

static void say_wall(struct published *said)
{
    said->wall = wallclock_at(keeper.wall_base, said->line.ns);
}

void records_say_wall(void)
{
    say_wall(&keeper.common.published);
    for (unsigned i = 0; i < keeper.cpus; i++)
        say_wall(&clock_of(i)->own.published);
}

void records_skip(void)
{
    for (struct time_domain *domain = keeper.domains; domain; domain = domain->next) {
        for (unsigned i = 0; i < domain->vcpu_count; i++)
            domain->vcpus[i].version += 2;
        domain->common_version += 2;
        domain->wall_version += 2;
    }
}

void records_write_vcpu(struct time_vcpu *vcpu, const struct published *data)
{
    begin_vcpu(vcpu, NEWS_LINE);
    fill_vcpu(vcpu, NEWS_LINE, data);
    end_vcpu(vcpu, NEWS_LINE);
}

void records_write_domain(struct time_domain *domain)
{
    begin_records_of(domain, NEWS_BOTH);
    fill_records_of(domain, NEWS_BOTH, NULL);
    end_records_of(domain, NEWS_BOTH);
}
