/* The table of CPUs: one for each area, and the dense list of those that are online. */
#include "cpu/percpu.h"

#include <stddef.h>

_Static_assert(offsetof(struct cpu, stack_top) == 8, "entry_traps.asm");
_Static_assert(offsetof(struct cpu, guest_frame) == 16, "entry_traps.asm");
_Static_assert(offsetof(struct cpu, scratch) == 24, "entry_traps.asm");
_Static_assert(offsetof(struct cpu, tss) == 40, "entry_traps.asm");

static struct cpu cpus[MAX_CPUS];
static struct cpu *online[MAX_CPUS];
static unsigned online_count;

unsigned cpu_count(void)
{
    return __atomic_load_n(&online_count, __ATOMIC_ACQUIRE);
}

struct cpu *cpu_by_id(unsigned id)
{
    return id < cpu_count() ? online[id] : NULL;
}

struct cpu *cpu_by_area(unsigned area)
{
    return area < MAX_CPUS ? &cpus[area] : NULL;
}

void cpu_add_online(struct cpu *cpu)
{
    unsigned id = online_count;

    cpu->id = id;
    cpu->online = true;
    online[id] = cpu;
    __atomic_store_n(&online_count, id + 1, __ATOMIC_RELEASE); /* others index only below the count */
}
