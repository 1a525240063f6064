/*
 * Control registers and MSRs, the same on every CPU, written whole: nothing of the firmware's choice remains.
 */
#include "cpu/cpu_start.h"
#include "cpu/identify.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/traps.h"

#define MSR_SYSENTER_CS 0x174u
#define MSR_PAT         0x277u
#define MSR_EFER        0xc0000080u
#define MSR_STAR        0xc0000081u
#define MSR_LSTAR       0xc0000082u
#define MSR_CSTAR       0xc0000083u
#define MSR_FMASK       0xc0000084u

#define EFER_SCE (1u << 0)
#define EFER_NXE (1u << 11)

#define CR0_BITS       0x80050033u /* PG AM WP NE ET MP PE */
#define CR4_PAE        (1u << 5)
#define CR4_MCE        (1u << 6)
#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP       (1u << 11)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

/* TF IF DF IOPL NT RF AC: SYSCALL clears these (SDM vol. 3, 5.8.8). */
#define FMASK_BITS 0x57700u

/* Xen's: WB WT UC- UC, WC WP UC UC. Guests were told so by their ABI. */
#define PAT_VALUE 0x0000050100070406ull

#define MSR_DE_CFG              0xc0011029u
#define DE_CFG_LFENCE_SERIALISE (1u << 1)
#define LFENCE_ALWAYS           (1u << 2)

extern char syscall_entry[], syscall_entry_compat[];

static bool smap_off;

void traps_without_smap(void)
{
    smap_off = true;
}

static uint32_t cr4_bits(void)
{
    uint32_t bits = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    struct cpuid_result r = {0};

    if (cpuid(0, 0).eax >= 7)
        r = cpuid(7, 0);
    if (r.ebx & 1u << 7)
        bits |= CR4_SMEP;
    if ((r.ebx & 1u << 20) && !smap_off)
        bits |= CR4_SMAP;
    if (r.ecx & 1u << 2)
        bits |= CR4_UMIP;
    return bits;
}

/* A guest's SYSCALL from its 32-bit code goes by CSTAR on AMD: left at 0, it would run address 0 at CPL 0. */
static void syscall_init(void)
{
    wrmsr(MSR_STAR, (uint64_t)SEL_USER_CODE32 << 48 | (uint64_t)SEL_KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_CSTAR, (uint64_t)syscall_entry_compat);
    wrmsr(MSR_FMASK, FMASK_BITS);
    wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER gives #GP */
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
}

static void fpu_init(void)
{
    uint32_t mxcsr = MXCSR_DEFAULT;

    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
}

static bool always_serialises(void)
{
    return cpuid(0x80000000u, 0).eax >= 0x80000021u && (cpuid(0x80000021u, 0).eax & LFENCE_ALWAYS);
}

/*
 * A clock's reader keeps RDTSC behind its earlier loads by LFENCE. Intel's waits for them by architecture
 * (SDM vol. 2, LFENCE); AMD's does if bit 1 of MSR C001_1029h is set, or where CPUID 80000021h says that it
 * always does (AMD64 APM vol. 3, LFENCE). Families before 10h and 11h have no such MSR and always wait.
 * Under a hypervisor the MSR is its business: it may not even be there.
 */
static void lfence_init(void)
{
    unsigned family = cpuid_family(cpuid);

    if (!cpuid_is_amd(cpuid) || family < 0x10 || family == 0x11)
        return;
    if (always_serialises() || cpu_has_hypervisor())
        return;
    wrmsr(MSR_DE_CFG, rdmsr(MSR_DE_CFG) | DE_CFG_LFENCE_SERIALISE);
}

void control_init_cpu(void)
{
    write_cr0(CR0_BITS);
    write_cr4(cr4_bits());
    if (cpu_has_pat())
        wrmsr(MSR_PAT, PAT_VALUE); /* on every CPU before it touches what is mapped by it (paging.h) */
    syscall_init();
    fpu_init();
    lfence_init();
    __asm__ volatile("movq %0, %%db7" : : "r"(0x400ull)); /* no breakpoint of the firmware's */
}
