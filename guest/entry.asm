; Where Xen's ABI enters the guest: its start, VCPUs that come up, event upcalls, exceptions. Every way back
; is HYPERVISOR_iret: an IRETQ in ring 3 faults under SMAP on some emulators, and could not unmask events.

bits 64
default rel

extern guest_main, vcpu_main, events_upcall, trap_report, failsafe_report, vcpu_stacks

STACK_SIZE          equ 16384       ; as in vcpu.h
HYPERVISOR_IRET     equ 23

; ---- Notes, read by the domain builder (elfnote.h) -----------------------------------------------------

%macro note 2+                      ; type, descriptor
        align 4
        dd 4, %%end - %%begin, %1
        db "Xen", 0
%%begin: %2
%%end:
%endmacro

section .note.xen note alloc noexec nowrite align=4
        note 6, db "meridian-guest", 0          ; GUEST_OS
        note 5, db "xen-3.0", 0                 ; XEN_VERSION
        note 8, db "generic", 0                 ; LOADER
        note 9, db "yes", 0                     ; PAE_MODE
        note 1, dq guest_start                  ; ENTRY
        note 2, dq hypercall_page               ; HYPERCALL_PAGE
        note 3, dq 0xffffffff80000000           ; VIRT_BASE
        align 4

; ---- The hypercall page: filled in by the builder ------------------------------------------------------

section .text.hypercall_page progbits alloc exec nowrite align=4096
global hypercall_page:data hidden
hypercall_page:
        times 4096 db 0xcc

; ---- Starts --------------------------------------------------------------------------------------------

section .text progbits alloc exec nowrite align=16

global guest_start:function hidden
guest_start:                        ; rsi = start_info
        cld
        lea rsp, [vcpu_stacks + STACK_SIZE]
        xor ebp, ebp
        mov rdi, rsi
        call guest_main
        ud2

global vcpu_start:function hidden
vcpu_start:                         ; rsp = the top of its own stack, set by VCPUOP_initialise
        cld
        xor ebp, ebp
        call vcpu_main
        ud2

; ---- Event upcalls -------------------------------------------------------------------------------------

%macro push_registers 0
        push rax
        push rdx
        push rbx
        push rbp
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push r12
        push r13
        push r14
        push r15
%endmacro

; The frame is rcx, r11, rip, cs (saved mask above it), rflags, rsp, ss; upcalls are masked until the iret.
global upcall_entry:function hidden
upcall_entry:
        push_registers
        cld
        mov rbp, rsp
        and rsp, -16
        call events_upcall
        mov rsp, rbp
        pop r15
        pop r14
        pop r13
        pop r12
        pop r10
        pop r9
        pop r8
        pop rdi
        pop rsi
        pop rbp
        pop rbx
        pop rdx
        pop rax
        pop rcx
        pop r11
        push 0                      ; not back into a SYSCALL
        jmp hypercall_page + HYPERVISOR_IRET * 32   ; pushes rcx, r11, rax itself: struct iret_context

; ---- Exceptions: all are reported, none is returned from -------------------------------------------------

; Their frame has the error code between r11 and rip for those vectors that have one.
%assign vector 0
%rep 32
trap_%[vector]:
        pop rcx
        pop r11
%if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21
        push 0
%endif
        push vector
        jmp trap_common
%assign vector vector + 1
%endrep

trap_common:                        ; vector, error code, rip, cs, rflags, rsp, ss
        mov rdi, rsp
        and rsp, -16
        cld
        xor ebp, ebp
        call trap_report
        ud2

; A segment register or a return frame could not be loaded. Nothing here does that on purpose.
global failsafe_entry:function hidden
failsafe_entry:
        and rsp, -16
        cld
        call failsafe_report
        ud2

section .rodata progbits alloc noexec nowrite align=8
global trap_entries:data hidden
trap_entries:
%assign vector 0
%rep 32
        dq trap_%[vector]
%assign vector vector + 1
%endrep

section .note.GNU-stack noalloc noexec nowrite progbits
