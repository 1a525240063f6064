; Where Xen's ABI enters a test guest: its start, its VCPUs, exceptions, events, system calls of a user mode.
; Every trap becomes a `struct frame` (kit.h) and ends in HYPERVISOR_iret, by a SYSCALL of our own.

bits 64
default rel

extern rela_start, rela_end, slide
extern guest_main, other_cpu, trapped, stacks

STACK_SIZE      equ 8192        ; kit.h
HYPERVISOR_IRET equ 23
USER_CODE       equ 0xe033      ; FLAT_RING3_CS64, FLAT_RING3_SS64 (xen-x86_64.h)
USER_STACK      equ 0xe02b
%define HAS_ERROR(n) ((n) = 8 || ((n) >= 10 && (n) <= 14) || (n) = 17)

section .text.hypercalls progbits alloc exec nowrite align=4096
global hypercalls:data hidden
hypercalls:
        times 4096 db 0xcc

section .text progbits alloc exec nowrite align=16

global begin:function hidden
begin:                          ; rsi = start_info
        cld
        lea rsp, [stacks + STACK_SIZE]
        mov rdi, rsi
        ; A program that may be moved (ET_DYN) does by itself what nobody did for it: relocation.
        mov r8, [slide]
        lea rbx, [rela_start]
        lea rdx, [rela_end]
.next:  cmp rbx, rdx
        jae .done
        mov rcx, [rbx]          ; struct Elf64_Rela: where, type, what
        mov rax, [rbx + 16]
        add rax, r8
        mov [rcx + r8], rax
        add rbx, 24
        jmp .next
.done:
        call guest_main
        ud2

global second:function hidden
second: cld                     ; rdi = its number; rsp was set by VCPUOP_initialise
        call other_cpu
        ud2

; Each 16 bytes: what is on the stack is rcx, r11, an error code perhaps, rip, cs, rflags, rsp, ss.
global trap_entries:function hidden
align 16
trap_entries:
%assign n 0
%rep 34                         ; 0..31 exceptions, 32 an event, 33 a system call
        align 16
        pop rcx
        pop r11
%if !HAS_ERROR(n)
        push 0
%endif
        push n
        jmp near joined
%assign n n + 1
%endrep

joined: push rax
        push rcx
        push rdx
        push rbx
        push rbp
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        push r14
        push r15
        cld
        mov rdi, rsp
        mov rbx, rsp
        and rsp, ~15
        call trapped
        mov rsp, rbx
        pop r15
        pop r14
        pop r13
        pop r12
        pop r11
        pop r10
        pop r9
        pop r8
        pop rdi
        pop rsi
        pop rbp
        pop rbx
        pop rdx
        pop rcx
        pop rax
        add rsp, 16
iret:   push 0                  ; struct iret_context: rax r11 rcx flags rip cs rflags rsp ss
        push rcx
        push r11
        push rax
        mov eax, HYPERVISOR_IRET
        syscall
        ud2

; u64 enter_user(rip, rsp): comes back where leave_user is gone to, with rax.
global enter_user:function hidden, leave_user:function hidden
enter_user:
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        mov [kernel_rsp], rsp
        push USER_STACK
        push rsi
        push 0x202
        push USER_CODE
        push rdi
        jmp iret
leave_user:                     ; in kernel mode again
        mov rsp, [kernel_rsp]
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        ret

section .bss nobits alloc noexec write align=8
kernel_rsp: resq 1

section .note.GNU-stack noalloc noexec nowrite progbits
