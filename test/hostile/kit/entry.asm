; Where Xen enters a guest of this kit: its start, further VCPUs, events, and a handler for each of the 256
; traps. All frames are Xen's: rcx, r11, (error code,) rip, cs, rflags, rsp, ss.

        bits 64
        default rel

        extern kit_main, other_cpu, on_event, on_trap

HYPERVISOR_IRET equ 23
STACK_BYTES     equ 16384
CPUS            equ 4

section .xennote progbits alloc noexec nowrite align=4
%macro xennote 2+
        dd 4, %%b - %%a, %1
        db 'Xen', 0
%%a:    %2
%%b:    align 4, db 0
%endmacro
        xennote 6, db 'hostile', 0
        xennote 8, db 'generic', 0
        xennote 5, db 'xen-3.0', 0
        xennote 3, dq 0xffffffff80000000        ; VIRT_BASE
        xennote 15, dq 0x8000000000             ; INIT_P2M: the list lies apart from the image
        xennote 1, dq begin
        xennote 2, dq hypercall_page

section .text
        align 4096
        global hypercall_page:data hidden
hypercall_page:
        times 4096 db 0xcc

        global begin:function hidden, begin_other:function hidden, event_entry:function hidden
begin:
        cld
        mov rdi, rsi
        lea rsp, [stacks + STACK_BYTES]
        call kit_main
        ud2

begin_other:                                    ; on the stack that it was given
        cld
        call other_cpu
        ud2

%macro push_scratch 0
        push rax
        push rdx
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push rbp
%endmacro

%macro pop_scratch 0
        pop rbp
        pop r10
        pop r9
        pop r8
        pop rdi
        pop rsi
        pop rdx
        pop rax
%endmacro

; The stack holds rcx, r11, then what HYPERVISOR_iret wants above its `flags`, rcx, r11 and rax.
%macro return_by_iret 0
        mov rcx, [rsp]
        mov r11, [rsp + 8]
        mov qword [rsp + 8], 0                  ; flags: not by SYSRET; rcx is below it already
        push r11
        push rax
        mov eax, HYPERVISOR_IRET
        syscall
        ud2
%endmacro

event_entry:
        push_scratch
        cld
        lea rdi, [rsp + 64]
        mov rbp, rsp
        and rsp, -16
        call on_event
        mov rsp, rbp
        pop_scratch
        return_by_iret

; Vectors whose frame has an error code (SDM vol. 3, table 6-1); the others get a 0 for one, so that all
; are alike. Xen gives the guest the same ones.
%define HAS_ERROR(n) ((n) = 8 || ((n) >= 10 && (n) <= 14) || (n) = 17 || (n) = 21 || (n) = 29 || (n) = 30)

%assign n 0
%rep 256
        align 16
trap_%[n]:
%if !HAS_ERROR(n)
        push qword [rsp]                        ; rcx one down
        push rax
        mov rax, [rsp + 24]                     ; r11 one down
        mov [rsp + 16], rax
        mov qword [rsp + 24], 0
        pop rax
%endif
        push qword n
        jmp trap_common
%assign n n + 1
%endrep

trap_common:                                    ; vector, rcx, r11, error, rip ...
        push_scratch
        cld
        lea rdi, [rsp + 64]
        mov rbp, rsp
        and rsp, -16
        call on_trap
        mov rsp, rbp
        pop_scratch
        add rsp, 8                              ; the vector
        mov rcx, [rsp]
        mov r11, [rsp + 8]
        mov qword [rsp + 16], 0                 ; the error code's place is that of `flags`
        mov [rsp + 8], rcx
        mov [rsp], r11
        push rax
        mov eax, HYPERVISOR_IRET
        syscall
        ud2

section .rodata
        global trap_entries:data hidden
trap_entries:
%assign n 0
%rep 256
        dq trap_%[n]
%assign n n + 1
%endrep

section .bss nobits alloc write noexec
alignb 4096
        global stacks:data hidden
stacks: resb STACK_BYTES * CPUS

section .note.GNU-stack noalloc noexec nowrite progbits
