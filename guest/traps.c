#include "traps.h"

#include <stdint.h>

#include "hypercall.h"
#include "system.h"
#include "vcpu.h"

#define VECTORS   32
#define VECTOR_PF 14

extern const uint64_t trap_entries[VECTORS];

struct trap_frame {
    uint64_t vector, error_code, rip, cs, rflags, rsp, ss;
};

void trap_report(const struct trap_frame *frame);
void failsafe_report(void);

static struct trap_info entry(unsigned vector)
{
    /* 4: events are masked. Privilege 3 is for the two that a program may raise itself, INT3 and INTO. */
    uint8_t flags = 4 | (vector == 3 || vector == 4 ? 3 : 0);

    return (struct trap_info){(uint8_t)vector, flags, FLAT_KERNEL_CS, trap_entries[vector]};
}

void traps_init(void)
{
    struct trap_info table[VECTORS + 1] = {0}; /* a zero address ends it */

    for (unsigned vector = 0; vector < VECTORS; vector++)
        table[vector] = entry(vector);
    if (hypercall(__HYPERVISOR_set_trap_table, address_of(table), 0, 0, 0))
        power_crash("set_trap_table was refused");
}

void traps_fill(struct trap_info table[256])
{
    for (unsigned vector = 0; vector < VECTORS; vector++)
        table[vector] = entry(vector);
}

void trap_report(const struct trap_frame *frame)
{
    uint32_t id = vcpu_self()->id;

    print("guest: VCPU %u: exception %lu, error code %lx, rip %lx, rsp %lx, rflags %lx, cr2 %lx\n", id,
          frame->vector, frame->error_code, frame->rip, frame->rsp, frame->rflags,
          frame->vector == VECTOR_PF ? shared_info.vcpu_info[id].arch.cr2 : 0);
    power_crash("an exception");
}

void failsafe_report(void)
{
    power_crash("the failsafe callback");
}
