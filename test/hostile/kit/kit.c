#include "kit/kit.h"

struct start_info *start_info;
struct shared_info *shared;
struct vcpu_info *infos[KIT_CPUS];

static char shared_page[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
static struct trap_info traps[257]; /* the last one ends the list */

unsigned this_vcpu(void)
{
    u64 here;

    __asm__("movq %%rsp, %0" : "=r"(here));
    return (unsigned)((here - 1 - (u64)stacks) / STACK_BYTES);
}

u64 frame_of(const void *p)
{
    return ((const u64 *)start_info->mfn_list)[((u64)p - BASE) / PAGE_BYTES];
}

int64_t take_traps(unsigned flags)
{
    for (unsigned i = 0; i < 256; i++)
        traps[i] = (struct trap_info){(uint8_t)i, (uint8_t)flags, FLAT_KERNEL_CS, trap_entries[i]};
    return call(__HYPERVISOR_set_trap_table, (u64)traps, 0, 0);
}

struct vcpu_guest_context *context_for(unsigned vcpu)
{
    static struct vcpu_guest_context context;

    memset(&context, 0, sizeof context);
    context.flags = VGCF_in_kernel;
    context.user_regs.rip = (u64)begin_other;
    context.user_regs.rsp = (u64)stacks + (vcpu + 1) * STACK_BYTES - 8; /* as if it had been called */
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.ctrlreg[3] = xen_pfn_to_cr3(frame_of((void *)start_info->pt_base));
    context.event_callback_eip = (u64)event_entry;
    memcpy(context.trap_ctxt, traps, sizeof context.trap_ctxt);
    return &context;
}

static u64 tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (u64)high << 32 | low;
}

u64 now(void)
{
    const volatile struct vcpu_time_info *record = &infos[this_vcpu()]->time;

    for (;;) {
        uint32_t version = record->version;
        u64 ticks = tsc() - record->tsc_timestamp, ns;

        ticks = record->tsc_shift < 0 ? ticks >> -record->tsc_shift : ticks << record->tsc_shift;
        ns = record->system_time + (u64)((unsigned __int128)ticks * record->tsc_to_system_mul >> 32);
        if (!(version & 1) && version == record->version)
            return ns;
    }
}

const char *option(const char *key)
{
    const char *line = (const char *)start_info->cmd_line;
    unsigned length = 0;

    while (key[length])
        length++;
    for (unsigned i = 0; i < MAX_GUEST_CMDLINE && line[i]; i++)
        if (begins(line + i, key))
            return line + i + length;
    return NULL;
}

_Noreturn void leave(unsigned reason)
{
    struct sched_shutdown how = {reason};

    for (;;)
        call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (u64)&how, 0);
}

void kit_main(struct start_info *si)
{
    start_info = si;
    shared = (struct shared_info *)shared_page;
    call(__HYPERVISOR_update_va_mapping, (u64)shared_page, si->shared_info | PTE_RW, UVMF_INVLPG | UVMF_ALL);
    for (unsigned i = 0; i < KIT_CPUS; i++)
        infos[i] = &shared->vcpu_info[i];
    program();
    leave(SHUTDOWN_poweroff);
}
