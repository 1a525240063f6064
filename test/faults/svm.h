/*
 * A layer below the hypervisor: each CPU that asks for it goes on, where it is and as it is, as a guest of
 * SVM whose TSC is a function (warp.h) of the real one. All else is untouched: no nested paging, no intercept
 * but those named in svm.c.
 */
#ifndef TEST_FAULTS_SVM_H
#define TEST_FAULTS_SVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warp.h"

#define SVM_CPUS 16u

/*
 * Puts the layer below the calling CPU, which is at CPL 0. `number` tells CPUs apart. Returns NULL, or why
 * this cannot be done. `warp` must last.
 */
const char *svm_enter(unsigned number, const struct warp *warp);

/* AMD64 vol. 2, appendix B: the layout of the virtual machine control block. */
struct svm_segment {
    uint16_t selector, attributes;
    uint32_t limit;
    uint64_t base;
};

struct svm_block {
    uint8_t intercepts_of_registers[0x0c];
    uint32_t intercepts, intercepts_of_svm; /* 0x0c, 0x10 */
    uint8_t reserved_14[0x50 - 0x14];
    uint64_t tsc_offset; /* 0x50 */
    uint32_t asid;       /* 0x58 */
    uint8_t reserved_5c[0x70 - 0x5c];
    uint64_t exit_code; /* 0x70 */
    uint8_t reserved_78[0x400 - 0x78];
    struct svm_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr; /* 0x400 */
    uint8_t reserved_4a0[0x4cb - 0x4a0];
    uint8_t cpl; /* 0x4cb */
    uint8_t reserved_4cc[0x4d0 - 0x4cc];
    uint64_t efer; /* 0x4d0 */
    uint8_t reserved_4d8[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip; /* 0x548 */
    uint8_t reserved_580[0x5d8 - 0x580];
    uint64_t rsp; /* 0x5d8 */
    uint8_t reserved_5e0[0x5f8 - 0x5e0];
    uint64_t rax; /* 0x5f8 */
    uint8_t reserved_600[0x640 - 0x600];
    uint64_t cr2; /* 0x640 */
    uint8_t reserved_648[0x668 - 0x648];
    uint64_t pat; /* 0x668 */
    uint8_t reserved_670[0x1000 - 0x670];
};
_Static_assert(sizeof(struct svm_block) == 4096, "one page");
_Static_assert(offsetof(struct svm_block, tsc_offset) == 0x50 && offsetof(struct svm_block, cs) == 0x410 &&
                   offsetof(struct svm_block, rip) == 0x578 && offsetof(struct svm_block, pat) == 0x668,
               "appendix B");

/* What VMRUN leaves to software, as svm_enter.asm pushes it; RAX and RSP are in the block. */
struct svm_registers {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx;
};

/* Just above svm_registers on the layer's own stack. */
struct svm_top {
    _Alignas(16) struct svm_block *block; /* for the stack's sake: calls want it so */
    const struct warp *warp;
    uint64_t piece; /* of the warp, in force when the TSC was last read */
};

/* svm_enter.asm: fills RIP, RSP and RFLAGS, and returns as the guest; only #VMEXIT runs on `top` again. */
void svm_run(uint64_t block_phys, struct svm_block *block, struct svm_top *top);
void svm_exit(struct svm_registers *registers, struct svm_top *top);

#endif
