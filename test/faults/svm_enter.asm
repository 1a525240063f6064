; VMRUN into the state we are in, and what stands round every #VMEXIT (test/faults/svm.c). Offsets: svm.h.

global svm_run
extern svm_exit

BLOCK_RFLAGS    equ 0x570
BLOCK_RIP       equ 0x578
BLOCK_RSP       equ 0x5d8

section .text progbits alloc exec nowrite align=16
bits 64

; void svm_run(uint64_t block_phys, struct svm_block *block, struct svm_top *top)
; All general registers but RAX and RSP pass through VMRUN as they are.
svm_run:
        pushfq
        pop qword [rsi + BLOCK_RFLAGS]
        lea rax, [rel .guest]
        mov [rsi + BLOCK_RIP], rax
        mov [rsi + BLOCK_RSP], rsp
        mov rsp, rdx
        mov rax, rdi
.again:
        vmrun                           ; block at RAX
        ; Here with GIF 0, RAX and RSP as they were at VMRUN. FS and GS are still the guest's: not to be used.
        push rbx
        push rcx
        push rdx
        push rsi
        push rdi
        push rbp
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        push r14
        push r15
        mov r12, rax
        mov rdi, rsp
        lea rsi, [rsp + 14 * 8]         ; struct svm_top
        cld
        call svm_exit
        mov rax, r12
        pop r15
        pop r14
        pop r13
        pop r12
        pop r11
        pop r10
        pop r9
        pop r8
        pop rbp
        pop rdi
        pop rsi
        pop rdx
        pop rcx
        pop rbx
        jmp .again
.guest:
        ret
