; Where a woken CPU begins: real mode, CS:IP = page:0 (SDM vol. 3, 9.4.4). hv/cpu/smp.c copies this to a page
; below 1 MiB, fills in the parameters, and keeps the page for ever: a CPU may come very late.

global trampoline_start, trampoline_parameters, trampoline_gdt, trampoline_long_mode, trampoline_end

CR0_CACHE_OFF   equ 0x60000000  ; CD, NW: set by INIT
CR0_BITS        equ 0x80010033  ; PG WP NE ET MP PE
CR4_PAE         equ 0x20
MSR_EFER        equ 0xc0000080
EFER_LME_NXE    equ 0x900
%define AT(label) (label - trampoline_start)

section .rodata progbits alloc noexec nowrite align=16
bits 16
trampoline_start:
        cli
        cld
        mov eax, cr0            ; caches on first: with NW set the locked count below need not be coherent
        and eax, ~CR0_CACHE_OFF
        mov cr0, eax
        mov ax, cs
        mov ds, ax

        ; The roll: a CPU that comes after it was closed gets a number beyond the limit, and has no stack.
        mov ebx, 1
        lock xadd [AT(taken)], ebx
        cmp ebx, [AT(limit)]
        jae .park

        ; Straight to long mode: PE and PG together, with LME set (AMD64 vol. 2, 14.6; SDM vol. 3, 9.8.5).
        o32 lgdt [AT(gdt_limit)]
        mov eax, CR4_PAE
        mov cr4, eax
        mov eax, [AT(cr3_value)]
        mov cr3, eax
        mov ecx, MSR_EFER
        rdmsr
        or eax, EFER_LME_NXE
        wrmsr
        mov eax, CR0_BITS
        mov cr0, eax
        jmp far dword [AT(far_offset)]

.park:  cli
        hlt                     ; an NMI or SMI wakes it: back to sleep
        jmp .park

bits 64
trampoline_long_mode:
        xor eax, eax
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov edi, ebx            ; the number is that of its area, and smp_woken's argument
        imul rbx, [rel stack_stride]
        add rbx, [rel first_stack_top]
        mov rsp, rbx
        xor ebp, ebp
        call [rel entry]        ; never returns

align 8
trampoline_gdt: dq 0
                dq 0x00af9b000000ffff   ; 64-bit code, accessed

; struct trampoline_parameters in hv/cpu/smp.c.
align 8
trampoline_parameters:
taken:          dd 0
limit:          dd 0
cr3_value:      dd 0
far_offset:     dd 0
far_selector:   dw 8
gdt_limit:      dw 15
gdt_base:       dd 0
first_stack_top: dq 0
stack_stride:   dq 0
entry:          dq 0
trampoline_end:
