#include "domain/vcpu/areas.h"

#include "cpu/instructions.h"
#include "domain/vcpu/vcpu.h"
#include "keeper.h"
#include "time/line.h"

#define SLOWED_MOST_BITS 20 /* by 1 ms a second at most */

/* In per-CPU mode another CPU's clock may be a little behind: no span is ever negative. */
static void count_to(struct vcpu_runstate_info *info, uint64_t now_ns)
{
    if (now_ns > info->state_entry_time)
        info->time[info->state] += now_ns - info->state_entry_time;
}

void runstate_change(struct vcpu *vcpu, int state)
{
    uint64_t now_ns = keeper_now_ns();
    bool were_on = lock_take(&vcpu->areas.runstate_lock);

    if (vcpu->areas.runstate.state != state) {
        count_to(&vcpu->areas.runstate, now_ns);
        vcpu->areas.runstate.state = state;
        if (now_ns > vcpu->areas.runstate.state_entry_time)
            vcpu->areas.runstate.state_entry_time = now_ns;
        vcpu->areas.runstate_area_old = true;
    }
    lock_release(&vcpu->areas.runstate_lock, were_on);
}

void runstate_read(struct vcpu *vcpu, struct vcpu_runstate_info *out)
{
    uint64_t now_ns = keeper_now_ns();
    bool were_on = lock_take(&vcpu->areas.runstate_lock);

    *out = vcpu->areas.runstate;
    lock_release(&vcpu->areas.runstate_lock, were_on);
    count_to(out, now_ns);
}

/* A publish takes some us. A record that is still being written then is read at the next return. */
#define RECORD_TRIES 64

/*
 * Copies the VCPU's slot in the time pages, where the guest cannot write. Returns false if the record is
 * being written.
 */
static bool record_read_whole(const struct vcpu *vcpu, struct meridian_record *out)
{
    const volatile struct meridian_record *slot = vcpu->domain->time_vcpus[vcpu->id].slot;

    for (unsigned i = 0; i < RECORD_TRIES; i++) {
        uint32_t version = __atomic_load_n(&slot->version1, __ATOMIC_ACQUIRE);

        out->tsc_timestamp = slot->tsc_timestamp;
        out->system_time = slot->system_time;
        out->tsc_to_system_mul = slot->tsc_to_system_mul;
        out->tsc_shift = slot->tsc_shift;
        out->flags = slot->flags;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        out->version1 = slot->version1;
        if (out->version1 == version && !(version & 1))
            return true;
        cpu_relax();
    }
    return false;
}

static uint64_t time_line_at(uint64_t tsc_timestamp, uint64_t system_time, uint32_t mul, int8_t shift,
                             uint64_t tsc)
{
    struct line line = {.tsc = tsc_timestamp, .ns = system_time, .scale = {mul, shift}};

    return line_read(&line, tsc);
}

/* A line that must begin `ahead_ns` above the record's is slower by as much a second, so that they meet. */
static uint32_t slowed(uint32_t mul, uint64_t ahead_ns)
{
    if (ahead_ns > 1u << SLOWED_MOST_BITS)
        ahead_ns = 1u << SLOWED_MOST_BITS;
    return mul - (uint32_t)(mul * ahead_ns >> 30);
}

/*
 * The area is only rewritten here, so the VCPU may have read the old line well past the joint of the new one.
 * The new line therefore starts no lower than what the old line says now, or said when the VCPU stopped
 * running (docs/promises.md, T1). That is some ns at most. It must not add up, for the record's bound holds
 * for the area too (T3).
 */
static void time_line_follow(struct vcpu_time_info *line, const struct meridian_record *record,
                             uint64_t left_tsc)
{
    uint64_t now = rdtsc_ordered(), old_ns = 0, new_ns;

    if (line->version)
        old_ns = time_line_at(line->tsc_timestamp, line->system_time, line->tsc_to_system_mul,
                              line->tsc_shift, left_tsc ? left_tsc : now);
    new_ns = time_line_at(record->tsc_timestamp, record->system_time, record->tsc_to_system_mul,
                          record->tsc_shift, now);
    line->tsc_timestamp = record->tsc_timestamp;
    line->system_time = record->system_time;
    line->tsc_to_system_mul = record->tsc_to_system_mul;
    if (new_ns < old_ns || now < record->tsc_timestamp) {
        line->tsc_timestamp = now;
        line->system_time = new_ns < old_ns ? old_ns : new_ns;
    }
    if (new_ns < old_ns)
        line->tsc_to_system_mul = slowed(record->tsc_to_system_mul, old_ns - new_ns);
    line->tsc_shift = record->tsc_shift;
    line->flags = record->flags;
}

/* The version is odd while the data change, for another VCPU may be reading them. */
static void time_area_write(struct vcpu *vcpu)
{
    const struct guest_space *space = vcpu_space(vcpu);
    struct vcpu_time_info *line = &vcpu->areas.time_line;

    line->version++;
    if (!guest_write(space, vcpu->areas.time_area, &line->version, sizeof line->version))
        return;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    guest_write(space, vcpu->areas.time_area + sizeof line->version, (char *)line + sizeof line->version,
                sizeof *line - sizeof line->version);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    line->version++;
    guest_write(space, vcpu->areas.time_area, &line->version, sizeof line->version);
}

static void time_area_update(struct vcpu *vcpu)
{
    uint64_t left_tsc = vcpu->areas.time_left_tsc;
    struct meridian_record record;

    vcpu->areas.time_left_tsc = 0; /* it runs, and reads on */
    if (vcpu->domain->time_vcpus[vcpu->id].slot->version1 == vcpu->areas.time_area_version ||
        !record_read_whole(vcpu, &record))
        return;
    time_line_follow(&vcpu->areas.time_line, &record, left_tsc);
    vcpu->areas.time_line.version &= ~1u; /* odd if the area was unmapped while it was written */
    time_area_write(vcpu);
    vcpu->areas.time_area_version = record.version1;
}

void areas_left(struct vcpu *vcpu)
{
    vcpu->areas.time_left_tsc = rdtsc_ordered();
}

void areas_refresh(struct vcpu *vcpu)
{
    if (vcpu->areas.time_area)
        time_area_update(vcpu);
    if (vcpu->areas.runstate_area && vcpu->areas.runstate_area_old) {
        struct vcpu_runstate_info now;

        vcpu->areas.runstate_area_old = false;
        runstate_read(vcpu, &now);
        guest_write(vcpu_space(vcpu), vcpu->areas.runstate_area, &now, sizeof now);
    }
}
