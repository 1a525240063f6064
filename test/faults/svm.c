#include "svm.h"

#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/traps.h"
#include "judge.h"
#include "log/log.h"
#include "platform/power.h"

#define CPUID_SVM     (1u << 2) /* in ECX of leaf 80000001h */
#define MSR_EFER      0xc0000080u
#define EFER_SVME     (1u << 12)
#define MSR_PAT       0x277u
#define MSR_HSAVE     0xc0010117u
#define EXIT_RDTSC    0x6eu
#define RDTSC_BYTES   2u /* 0f 31; nothing here executes RDTSCP, which is longer */
#define CATCH_RDTSC   (1u << 14)
#define CATCH_VMRUN   (1u << 0) /* VMRUN refuses a guest that could (AMD64 vol. 2, 15.5.1) */
#define STACK_BYTES   8192u
#define FLAT_CODE     0xa9bu /* present, code, 64 bits, CPL 0 */
#define FLAT_DATA     0xc93u
#define WHOLE_SEGMENT 0xffffffffu

static struct {
    struct svm_block block, host_save;
    uint8_t stack[STACK_BYTES];
} room[SVM_CPUS] __attribute__((aligned(4096)));

/* Of an address in the image. */
static uint64_t phys_of(const void *address)
{
    return (uint64_t)address - IMAGE_BASE;
}

static void save_tables(struct svm_block *block)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdt, idt;

    __asm__ volatile("sgdt %0\n\tsidt %1" : "=m"(gdt), "=m"(idt));
    block->gdtr = (struct svm_segment){.limit = gdt.limit, .base = gdt.base};
    block->idtr = (struct svm_segment){.limit = idt.limit, .base = idt.base};
}

/* FS, GS, LDTR, TR and the MSRs of SYSCALL are not switched by VMRUN: they stay what they are. */
static void save_state(struct svm_block *block)
{
    block->cs = (struct svm_segment){SEL_KERNEL_CODE, FLAT_CODE, WHOLE_SEGMENT, 0};
    block->ss = (struct svm_segment){0, FLAT_DATA, WHOLE_SEGMENT, 0};
    save_tables(block);
    block->efer = rdmsr(MSR_EFER);
    block->pat = rdmsr(MSR_PAT);
    block->cr0 = read_cr0();
    block->cr2 = read_cr2();
    block->cr3 = read_cr3();
    block->cr4 = read_cr4();
    __asm__ volatile("movq %%db6, %0\n\tmovq %%db7, %1" : "=r"(block->dr6), "=r"(block->dr7));
}

const char *svm_enter(unsigned number, const struct warp *warp)
{
    struct svm_block *block;
    struct svm_top *top;
    int64_t offset;

    if (number >= SVM_CPUS)
        return "there is no room for so many CPUs";
    block = &room[number].block;
    top = (void *)(room[number].stack + STACK_BYTES - sizeof *top);
    if (!(cpuid(0x80000001u, 0).ecx & CPUID_SVM))
        return "this CPU has no SVM";
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_HSAVE, phys_of(&room[number].host_save));
    save_state(block);
    block->intercepts_of_svm = CATCH_VMRUN;
    block->asid = 1;
    if (warp_is_offset(warp, &offset))
        block->tsc_offset = (uint64_t)offset;
    else
        block->intercepts = CATCH_RDTSC;
    *top = (struct svm_top){block, warp, 0};
    svm_run(phys_of(block), block, top);
    return NULL;
}

/* The real TSC is read here, so what the layer costs passes before the value that the guest gets. */
void svm_exit(struct svm_registers *registers, struct svm_top *top)
{
    struct svm_block *block = top->block;

    if (block->exit_code != EXIT_RDTSC) {
        log_panic_mode();
        log_print("fault test: SVM exit 0x%lx at 0x%lx\n", block->exit_code, block->rip);
        power_emulator_exit(false);
        cpu_halt_for_ever();
    }
    uint64_t real = rdtsc_ordered(), tsc = warp_tsc(top->warp, real);

    if (warp_piece_at(top->warp, real) != top->piece) {
        top->piece = warp_piece_at(top->warp, real);
        judge_changed();
    }
    block->rax = (uint32_t)tsc;
    registers->rdx = tsc >> 32;
    block->rip += RDTSC_BYTES;
}
