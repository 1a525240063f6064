/* A trap, readable: registers, and where the code came from. Needs neither GS nor a lock. */
#include "cpu/apic.h"
#include "cpu/cpu_area.h"
#include "cpu/instructions.h"
#include "cpu/traps_entry.h"
#include "log/log.h"

#define MOST_CALLS 24u

#define CPUID_MCA       (1u << 14)
#define MSR_MCG_CAP     0x179u
#define MSR_MCG_STATUS  0x17au
#define MSR_BANK_STATUS 0x401u /* that of bank 0; four MSRs a bank */
#define MCG_CAP_BANKS   0xffu
#define STATUS_VALID    (1ull << 63)
#define STATUS_ADDRESS  (1ull << 58)

extern char image_start[], image_text_end[];

const char *trap_name(uint64_t vector)
{
    /* SDM vol. 3, table 6-1; AMD64 vol. 2, table 8-1. */
    static const char *const names[] = {
        "divide error (#DE)",
        "debug exception (#DB)",
        "NMI",
        "breakpoint (#BP)",
        "overflow (#OF)",
        "bound range exceeded (#BR)",
        "invalid opcode (#UD)",
        "device not available (#NM)",
        "double fault (#DF)",
        "vector 9",
        "invalid TSS (#TS)",
        "segment not present (#NP)",
        "stack segment fault (#SS)",
        "general protection fault (#GP)",
        "page fault (#PF)",
        "vector 15",
        "x87 error (#MF)",
        "alignment check (#AC)",
        "machine check (#MC)",
        "SIMD error (#XM)",
        "virtualization exception (#VE)",
        "control protection (#CP)",
    };

    if (vector < sizeof names / sizeof names[0])
        return names[vector];
    return vector == TRAP_SYSCALL ? "system call" : vector < 32 ? "exception" : "interrupt";
}

static bool in_text(uint64_t address)
{
    return address >= (uint64_t)image_start && address < (uint64_t)image_text_end;
}

/* Frames lie ever higher on the one stack (SysV ABI, frame pointers); anything else ends the walk. */
void backtrace_print(uint64_t rbp)
{
    log_print("called from (addr2line -e meridian.elf):");
    for (unsigned i = 0; i < MOST_CALLS && rbp % 8 == 0 && cpu_area_on_stack(rbp, 16); i++) {
        uint64_t next = ((const uint64_t *)rbp)[0], caller = ((const uint64_t *)rbp)[1];

        if (!in_text(caller))
            break;
        log_print("%s0x%016lx", i % 4 ? " " : "\n  ", caller);
        if (next <= rbp)
            break;
        rbp = next;
    }
    log_print("\n");
}

/* A function that needs no stack has no frame: its caller is seen where RSP points, if anywhere. */
static void leaf_caller_print(uint64_t rsp)
{
    if (rsp % 8 == 0 && cpu_area_on_stack(rsp, 8) && in_text(*(const uint64_t *)rsp))
        log_print("perhaps from 0x%016lx\n", *(const uint64_t *)rsp);
}

/* Found by APIC id, as GS may not be ours. (Before the APIC is up only the boot CPU runs.) */
static int own_number(void)
{
    uint32_t self = apic_id();

    for (unsigned id = 0; id < cpu_count(); id++)
        if (cpu_by_id(id)->apic_id == self)
            return (int)id;
    return -1;
}

static void print_bank(unsigned bank)
{
    uint32_t msr = MSR_BANK_STATUS + 4 * bank;
    uint64_t status = rdmsr(msr);

    if (!(status & STATUS_VALID))
        return;
    log_print("machine check: bank %u, status 0x%016lx", bank, status);
    if (status & STATUS_ADDRESS)
        log_print(", address 0x%016lx", rdmsr(msr + 1));
    log_print("\n");
}

/* Prints every bank of this CPU that holds an error, a line each (SDM vol. 3, 15.3). */
static void machine_check_print(void)
{
    if (!(cpuid(1, 0).edx & CPUID_MCA))
        return;
    log_print("machine check: global status 0x%lx\n", rdmsr(MSR_MCG_STATUS));
    for (unsigned bank = 0; bank < (rdmsr(MSR_MCG_CAP) & MCG_CAP_BANKS); bank++)
        print_bank(bank);
}

void traps_report(const struct trap_frame *frame)
{
    log_print("CPU%d CPL%u %s, error 0x%lx\n", own_number(), (unsigned)frame->cs & 3,
              trap_name(frame->vector), frame->error);
    log_print("rip 0x%016lx cs 0x%04lx rflags 0x%08lx rsp 0x%016lx ss 0x%04lx\n", frame->rip, frame->cs,
              frame->rflags, frame->rsp, frame->ss);
    log_print("rax 0x%016lx rbx 0x%016lx rcx 0x%016lx rdx 0x%016lx\n", frame->rax, frame->rbx, frame->rcx,
              frame->rdx);
    log_print("rsi 0x%016lx rdi 0x%016lx rbp 0x%016lx r8  0x%016lx\n", frame->rsi, frame->rdi, frame->rbp,
              frame->r8);
    log_print("r9  0x%016lx r10 0x%016lx r11 0x%016lx r12 0x%016lx\n", frame->r9, frame->r10, frame->r11,
              frame->r12);
    log_print("r13 0x%016lx r14 0x%016lx r15 0x%016lx cr2 0x%016lx\n", frame->r13, frame->r14, frame->r15,
              read_cr2());
    log_print("cr0 0x%08lx cr3 0x%016lx cr4 0x%08lx\n", read_cr0(), read_cr3(), read_cr4());
    if (frame->vector == VECTOR_MACHINE_CHECK)
        machine_check_print();
    if ((frame->cs & 3) == 0) {
        leaf_caller_print(frame->rsp);
        backtrace_print(frame->rbp);
    }
}
