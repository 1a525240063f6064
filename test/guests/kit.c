#include "kit.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

unsigned char stacks[CPUS][STACK_SIZE] __attribute__((aligned(8192)));
union shared_page shared __attribute__((aligned(4096)));
struct start_info *start;
bool (*on_trap)(struct frame *frame);
struct frame caught;

static char text[160];
static unsigned used, checks, failed;
static struct {
    unsigned vector, length;
    bool waiting;
} expected;

void guest_main(struct start_info *info);
void trapped(struct frame *frame);

long call(unsigned number, u64 a, u64 b, u64 c, u64 d)
{
    register u64 r10 __asm__("r10") = d;
    register u64 rcx __asm__("rcx"), r11 __asm__("r11");
    void *target = hypercalls + number * 32;
    long result;

    __asm__ volatile("call *%[target]"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "=r"(rcx), "=r"(r11)
                     : [target] "0"(target)
                     : "r8", "r9", "memory");
    return result;
}

/* ---- Text ---- */

void say(const char *what)
{
    while (*what && used < sizeof text - 1)
        text[used++] = *what++;
}

void say_number(long number)
{
    char digits[22];
    unsigned at = sizeof digits - 1;
    u64 left = number < 0 ? -(u64)number : (u64)number;

    digits[at] = 0;
    do
        digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        digits[--at] = '-';
    say(digits + at);
}

void say_end(void)
{
    text[used++] = '\n';
    call(__HYPERVISOR_console_io, CONSOLEIO_write, used, (u64)text, 0);
    used = 0;
}

void tell(const char *what, long got)
{
    say("= ");
    say(what);
    say(": ");
    say_number(got);
    say_end();
}

void check(const char *what, long got, long want)
{
    checks++;
    failed += got != want;
    say(got == want ? "+ " : "- ");
    say(what);
    say(": ");
    say_number(got);
    if (got != want) {
        say(" instead of ");
        say_number(want);
    }
    say_end();
}

_Noreturn void leave(unsigned reason)
{
    struct sched_shutdown how = {reason};

    for (;;)
        call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (u64)&how, 0, 0);
}

/* A poweroff either way: what was wrong stands in the lines. */
_Noreturn void finish(void)
{
    say("checks: ");
    say_number(checks);
    say(" failed: ");
    say_number(failed);
    say_end();
    leave(SHUTDOWN_poweroff);
}

/* ---- Traps ---- */

void expect(unsigned vector, unsigned length)
{
    caught.vector = ~0ul;
    expected.vector = vector;
    expected.length = length;
    expected.waiting = true;
}

bool was_caught(void)
{
    bool came = !expected.waiting;

    expected.waiting = false;
    return came;
}

void trapped(struct frame *frame)
{
    if (on_trap && on_trap(frame))
        return;
    if (expected.waiting && frame->vector == expected.vector) {
        expected.waiting = false;
        caught = *frame;
        frame->rip += expected.length;
        return;
    }
    used = 0;
    say("- a trap that nobody expected: vector ");
    say_number((long)frame->vector);
    say(" at ");
    say_number((long)frame->rip);
    say_end();
    leave(SHUTDOWN_crash);
}

/* ---- Memory ---- */

u64 mfn_of(const void *address)
{
    return ((u64 *)start->mfn_list)[((u64)address - virt_base) / PAGE];
}

u64 entry_of(const void *address, u64 bits)
{
    return mfn_of(address) << 12 | bits;
}

long map(const void *address, u64 entry, u64 flags)
{
    return call(__HYPERVISOR_update_va_mapping, (u64)address, entry, flags, 0);
}

/* ---- Time and VCPUs ---- */

u64 now_ns(unsigned cpu)
{
    const volatile struct vcpu_time_info *t = &shared.s.vcpu_info[cpu].time;
    uint32_t version, low, high;
    u64 ticks, ns;

    do {
        version = t->version & ~1u;
        __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
        ticks = ((u64)high << 32 | low) - t->tsc_timestamp;
        ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
        ns = t->system_time + (u64)((unsigned __int128)ticks * t->tsc_to_system_mul >> 32);
    } while (version != t->version);
    return ns;
}

unsigned here(void)
{
    u64 at = (u64)__builtin_frame_address(0) - (u64)stacks;

    return (unsigned)(at / STACK_SIZE);
}

unsigned count_vcpus(void)
{
    unsigned count = 1;

    while (count < CPUS && call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, count, 0, 0) >= 0)
        count++;
    return count;
}

long vcpu_up(unsigned cpu, u64 gdt_mfn)
{
    static struct vcpu_guest_context context;
    long result;

    context.flags = VGCF_in_kernel;
    context.gdt_frames[0] = gdt_mfn;
    context.gdt_ents = gdt_mfn ? 512 : 0;
    context.user_regs.rip = (u64)second;
    context.user_regs.rdi = cpu;
    context.user_regs.rsp = (u64)stacks[cpu] + STACK_SIZE;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = context.user_regs.rsp;
    context.event_callback_eip = (u64)trap_entries + TRAP_EVENT * 16;
    context.failsafe_callback_eip = (u64)trap_entries;
    context.ctrlreg[3] = xen_pfn_to_cr3(mfn_of((void *)start->pt_base));
    for (unsigned i = 0; i < 20; i++)
        context.trap_ctxt[i] = (struct trap_info){(uint8_t)i, 0, FLAT_KERNEL_CS, (u64)trap_entries + i * 16};
    result = call(__HYPERVISOR_vcpu_op, VCPUOP_initialise, cpu, (u64)&context, 0);
    return result ? result : call(__HYPERVISOR_vcpu_op, VCPUOP_up, cpu, 0, 0);
}

void guest_main(struct start_info *info)
{
    start = info;
    run();
    finish();
}
