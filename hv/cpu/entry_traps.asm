; Every way into the hypervisor from a running CPU, and the one way back to the guest.
;
; A trap from CPL 3 is saved in place at cpu->guest_frame: TSS.rsp0 points just past it, and SYSCALL does the
; same by hand. Its handler then runs on the CPU's empty stack. A trap from CPL 0 is saved on the stack it
; interrupted.

global trap_stubs, trap_stub_nmi, trap_stub_double_fault, trap_stub_machine_check
global rdmsr_try, rdmsr_try_at, rdmsr_try_refused
global syscall_entry, syscall_entry_compat, guest_resume
extern traps_from_guest, traps_from_hypervisor, traps_own_stack, traps_return

; struct cpu (hv/cpu/percpu.h)
CPU_STACK_TOP   equ 8
CPU_GUEST_FRAME equ 16
CPU_SCRATCH     equ 24
CPU_TSS         equ 40
TSS_RSP0        equ 4

; struct trap_frame (hv/cpu/traps.h)
FRAME_BYTES     equ 176
FRAME_CS        equ 144
FRAME_RFLAGS    equ 152
FRAME_SS        equ 168

TRAP_SYSCALL    equ 0x100
VECTOR_UD       equ 6
VECTOR_TIMER    equ 0xf0
VECTOR_WAKE     equ 0xf1
VECTOR_SPURIOUS equ 0xff
SEL_USER_CODE32 equ 0xe023
SEL_USER_DATA   equ 0xe02b
SEL_USER_CODE64 equ 0xe033
MSR_GS_BASE     equ 0xc0000101
; What a guest's RFLAGS must have and must not have: IF on; IOPL, NT, VM, VIF, VIP off.
FLAGS_SET       equ 0x202
FLAGS_CLEAR     equ 0x1a7000

section .text progbits alloc exec nowrite align=16
bits 64

%macro push_registers 0
        push rdi
        push rsi
        push rdx
        push rcx
        push rax
        push r8
        push r9
        push r10
        push r11
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
%endmacro

%macro pop_registers 0
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        pop r11
        pop r10
        pop r9
        pop r8
        pop rax
        pop rcx
        pop rdx
        pop rsi
        pop rdi
%endmacro

; Vectors for which the CPU itself pushes an error code (SDM vol. 3, table 6-1; AMD64 vol. 2, 8.2).
%define HAS_ERROR(n) ((n) = 8 || ((n) >= 10 && (n) <= 14) || (n) = 17 || (n) = 21 || (n) = 29 || (n) = 30)

; One of the CPU's own, or an interrupt's: %1 is its vector.
%macro trap_stub 1
%%begin:
%if !HAS_ERROR(%1)
        push 0
%endif
        push dword %1
        jmp near trap_common
        times 12 - ($ - %%begin) nop            ; idt.c's STUB_BYTES
%endmacro

; In idt.c's order: the exceptions, our own two interrupts, and one for all those that nobody asked for.
trap_stubs:
%assign n 0
%rep 32
        trap_stub n
%assign n n + 1
%endrep
        trap_stub VECTOR_TIMER
        trap_stub VECTOR_WAKE
        trap_stub VECTOR_SPURIOUS

trap_common:
        test byte [rsp + FRAME_CS - 120], 3     ; 120: the registers are not pushed yet
        jz trap_from_hypervisor
        swapgs
        push_registers
        mov rdi, rsp
into_handler:                                   ; nothing is pushed below the frame: it lies in a structure
        mov rsp, [gs:CPU_STACK_TOP]
        push 2                                  ; DF and AC (which switches SMAP off) may still be the guest's
        popfq
        xor ebp, ebp
        call traps_from_guest
        mov rsp, [gs:CPU_STACK_TOP]
        xor ebp, ebp
        call traps_return                       ; does not come back
        ud2

trap_from_hypervisor:
        push rax
        lea rax, [rel guest_iretq]
        cmp [rsp + 24], rax                     ; RIP; below it error code, vector and RAX
        je iretq_faulted
        pop rax
        cld
        push_registers
        mov rdi, rsp
        call traps_from_hypervisor
        pop_registers
        add rsp, 16
        iretq

; IRETQ refused the guest's frame, which Meridian should have seen before. RSP points into the structure the
; frame lies in, and GS is the guest's already: the report needs our own stack and our own GS.
iretq_faulted:
        swapgs
        mov rax, rsp
        mov rsp, [gs:CPU_STACK_TOP]
        push qword [rax + 56]                   ; SS
        push qword [rax + 48]                   ; RSP
        push qword [rax + 40]                   ; RFLAGS
        push qword [rax + 32]                   ; CS
        push qword [rax + 24]                   ; RIP
        push qword [rax + 16]                   ; error code
        push qword [rax + 8]                    ; vector
        mov rax, [rax]
        cld
        push_registers
        mov rdi, rsp
        call traps_from_hypervisor              ; a panic: does not come back
        ud2

; SYSCALL changes neither RSP nor GS: nothing may trap before both are ours. RCX is RIP, R11 is RFLAGS.
align 16
syscall_entry:
        swapgs
        mov [gs:CPU_SCRATCH], rsp
        mov rsp, [gs:CPU_GUEST_FRAME]
        add rsp, FRAME_BYTES
        push dword SEL_USER_DATA
        push qword [gs:CPU_SCRATCH]
        push r11
        push dword SEL_USER_CODE64
        push rcx
        push 0
        push dword TRAP_SYSCALL
        push_registers
        mov rdi, rsp
        jmp into_handler

; The same from 32-bit code, which the ABI does not have: an undefined instruction, as it is on Intel's.
align 16
syscall_entry_compat:
        swapgs
        mov [gs:CPU_SCRATCH], rsp
        mov rsp, [gs:CPU_GUEST_FRAME]
        add rsp, FRAME_BYTES
        push dword SEL_USER_DATA
        push qword [gs:CPU_SCRATCH]
        push r11
        push dword SEL_USER_CODE32
        sub rcx, 2                              ; back onto the SYSCALL
        push rcx
        push 0
        push dword VECTOR_UD
        push_registers
        mov rdi, rsp
        jmp into_handler

; Traps on stacks of their own. They may come anywhere, between SYSCALL and SWAPGS too, so GS says nothing:
; the CPU's pointer lies at the stack's top, just above the frame (gdt.c).
align 16
trap_stub_nmi:
        push 0
        push 2
        jmp own_stack
align 16
trap_stub_double_fault:
        push 8                                  ; the CPU pushed an error code
        jmp own_stack
align 16
trap_stub_machine_check:
        push 0
        push 18
own_stack:
        push_registers
        push 2
        popfq
        mov ecx, MSR_GS_BASE
        rdmsr
        mov ebx, eax                            ; kept over the call
        mov r12d, edx
        mov rsi, [rsp + FRAME_BYTES]
        mov eax, esi
        mov rdx, rsi
        shr rdx, 32
        wrmsr
        mov rdi, rsp
        call traps_own_stack
        mov ecx, MSR_GS_BASE
        mov eax, ebx
        mov edx, r12d
        wrmsr
        pop_registers
        add rsp, 16
        iretq

; void guest_resume(struct trap_frame *frame)
align 16
guest_resume:
        cli
        mov [gs:CPU_GUEST_FRAME], rdi
        lea rax, [rdi + FRAME_BYTES]
        mov rdx, [gs:CPU_TSS]
        mov [rdx + TSS_RSP0], rax
        ; Whatever the caller let through, this is a guest: CPL 3, interrupts on, no I/O privilege.
        or byte [rdi + FRAME_CS], 3
        or byte [rdi + FRAME_SS], 3
        and dword [rdi + FRAME_RFLAGS], ~FLAGS_CLEAR & 0xffffffff
        or dword [rdi + FRAME_RFLAGS], FLAGS_SET
        mov rsp, rdi
        pop_registers
        add rsp, 16
        swapgs
guest_iretq:
        iretq

; An MSR that may not be there. traps.c knows the two places: a #GP at the first goes on at the second.
; bool rdmsr_try(uint32_t msr, uint64_t *out)
align 16
rdmsr_try:
        mov ecx, edi
rdmsr_try_at:
        rdmsr
        shl rdx, 32
        or rax, rdx
        mov [rsi], rax
        mov eax, 1
        ret
rdmsr_try_refused:
        xor eax, eax
        ret
