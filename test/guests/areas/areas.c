/*
 * Places in its own memory that a guest may ask to be told of: time and runstate areas at awkward addresses,
 * vcpu_info moved. Three VCPUs: 0 works, 1 and 2 only run.
 */
#include "../kit.h"

#include <xen/vcpu.h>

#define PATIENCE_NS 5000000000ul
#define UNTOUCHED   0xaa

static page areas[8]; /* what is mapped in a row of addresses is in a row of these */
static page infos[2];
static volatile u64 spins[CPUS];

static long register_time(unsigned cpu, u64 address)
{
    struct vcpu_register_time_memory_area area = {.addr.p = address};

    return call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, cpu, (u64)&area, 0);
}

static long register_info(unsigned cpu, u64 mfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = {.mfn = mfn, .offset = offset};

    return call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, cpu, (u64)&info, 0);
}

static void wipe(void)
{
    for (u64 i = 0; i < sizeof areas; i++)
        ((volatile unsigned char *)areas)[i] = UNTOUCHED;
}

static void pass(void)
{
    call(__HYPERVISOR_xen_version, 0, 0, 0, 0);
    __asm__ volatile("pause");
}

/* Returns 1 if, in time, a whole record stands there that agrees with the VCPU's own to a second. */
static long comes(unsigned cpu, const unsigned char *at)
{
    const volatile struct vcpu_time_info *area = (const void *)at;

    for (u64 end = now_ns(0) + PATIENCE_NS; now_ns(0) < end; pass()) {
        u64 ns = area->system_time, own = shared.s.vcpu_info[cpu].time.system_time;

        if (!(area->version & 1) && area->tsc_to_system_mul && ns + 1000000000 > own && own + 1000000000 > ns)
            return 1;
    }
    return 0;
}

static void wait_ns(u64 ns)
{
    for (u64 end = now_ns(0) + ns; now_ns(0) < end;)
        pass();
}

static long touched(const unsigned char *at, unsigned bytes)
{
    long count = 0;

    for (unsigned i = 0; i < bytes; i++)
        count += at[i] != UNTOUCHED;
    return count;
}

static void at_awkward_addresses(void)
{
    wipe();
    check("time area: plain", register_time(0, (u64)areas[0]), 0);
    check("it comes", comes(0, areas[0]), 1);
    check("time area: unaligned", register_time(0, (u64)areas[1] + 1), 0);
    check("it comes", comes(0, areas[1] + 1), 1);
    check("nothing is written before it", touched(areas[1], 1), 0);
    check("nor behind it", touched(areas[1] + 33, 64), 0);
    check("time area: across a page's end", register_time(0, (u64)areas[3] - 13), 0);
    check("it comes", comes(0, areas[3] - 13), 1);
    check("time area: none", register_time(0, 0), 0);
    wipe();
    wait_ns(1200000000);
    check("none is written", touched(areas[0], sizeof areas), 0);
    check("time area: the hypervisor's", register_time(0, 0xffff830000000000), -XEN_EFAULT);
    check("time area: its table that may be read", register_time(0, MACH2PHYS_VIRT_START), -XEN_EFAULT);
    check("time area: another's VCPU", register_time(1, (u64)areas[4] + 100), 0);
    check("it comes", comes(1, areas[4] + 100), 1);
    check("time area: no such VCPU", register_time(CPUS - 1, (u64)areas[4]), -XEN_ENOENT);
}

static void where_it_cannot_be(void)
{
    u64 entry = entry_of(areas[5], PTE_RW);

    register_time(1, 0);
    wipe();
    check("unmap", map(areas[5], 0, UVMF_INVLPG | UVMF_ALL), 0);
    check("time area: not mapped", register_time(0, (u64)areas[5]), 0);
    wait_ns(1200000000);
    check("map again", map(areas[5], entry, UVMF_INVLPG | UVMF_ALL), 0);
    check("it comes then", comes(0, areas[5]), 1);
    wipe();
    check("read-only", map(areas[6], entry_of(areas[6], PTE_RO), UVMF_INVLPG | UVMF_ALL), 0);
    check("time area: read-only", register_time(0, (u64)areas[6]), 0);
    wait_ns(1200000000);
    check("nothing is written", touched(areas[6], 4096), 0);
    check("time area: its own page table", register_time(0, start->pt_base), 0);
    wait_ns(1200000000);
    check("unmap", map(areas[5], 0, UVMF_INVLPG | UVMF_ALL), 0);
    check("time area: its second half not mapped", register_time(0, (u64)areas[5] - 16), 0);
    wait_ns(1200000000);
    check("nothing before it is written", touched(areas[4], 4096 - 16), 0);
    check("time area: none", register_time(0, 0), 0);
    map(areas[5], entry, UVMF_INVLPG | UVMF_ALL);
    map(areas[6], entry_of(areas[6], PTE_RW), UVMF_INVLPG | UVMF_ALL);
}

static void runstate(void)
{
    struct vcpu_register_runstate_memory_area area;
    const volatile struct vcpu_runstate_info *info = (const void *)(areas[0] + 4096 - 20);

    wipe();
    area.addr.p = (u64)info;
    check("runstate area: across a page's end",
          call(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, (u64)&area, 0), 0);
    for (u64 end = now_ns(0) + PATIENCE_NS; now_ns(0) < end && info->state != RUNSTATE_running;)
        pass();
    check("it says that VCPU 0 runs", info->state, RUNSTATE_running);
    area.addr.p = 0;
    check("runstate area: none",
          call(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, (u64)&area, 0), 0);
}

static void info_of_others(void)
{
    u64 mfn = mfn_of(infos[1]);

    check("vcpu_info: across a page's end", register_info(1, mfn, 4096 - 56), -XEN_ENXIO);
    check("vcpu_info: unaligned", register_info(1, mfn, 4), -XEN_ENXIO);
    check("vcpu_info: a page table", register_info(1, mfn_of((void *)start->pt_base), 0), -XEN_EINVAL);
    check("vcpu_info: nobody's frame", register_info(1, 0x7ffffffffful, 0) < 0, 1);
    check("vcpu_info: no such VCPU", register_info(CPUS - 1, mfn, 0), -XEN_ENOENT);
    check("vcpu_info: of one that runs", register_info(2, mfn, 0), -XEN_EINVAL);
    check("vcpu_info: the page's very end", register_info(0, mfn, 4096 - 64), 0);
    check("vcpu_info: twice", register_info(0, mfn, 0), -XEN_EINVAL);
}

static void info_moved(void)
{
    const volatile struct vcpu_info *info = (const void *)(infos[1] + 4096 - 64);
    uint32_t old = shared.s.vcpu_info[0].time.version;
    u64 before = info->time.system_time;

    check("vcpu_info: it is to look at all its events", info->evtchn_upcall_pending, 1);
    check("and at each word of them", info->evtchn_pending_sel == ~0ul, 1);
    check("events are masked as they were", info->evtchn_upcall_mask, 1);
    for (u64 end = now_ns(1) + PATIENCE_NS; now_ns(1) < end && info->time.system_time == before;)
        pass();
    check("the time record goes on there", info->time.system_time > before, 1);
    check("and no more in shared_info", shared.s.vcpu_info[0].time.version == old, 1);
}

void run(void)
{
    check("shared_info", map(&shared, start->shared_info | PTE_RW, UVMF_INVLPG), 0);
    for (unsigned cpu = 1; cpu < 3; cpu++)
        check("a VCPU comes up", vcpu_up(cpu, 0), 0);
    while (!spins[1] || !spins[2])
        pass();
    at_awkward_addresses();
    where_it_cannot_be();
    runstate();
    info_of_others();
    info_moved();
}

void other_cpu(u64 cpu)
{
    for (;; pass())
        spins[cpu]++;
}
