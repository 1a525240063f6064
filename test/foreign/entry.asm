; The foreign guest's entry points. It leaves every upcall by a raw SYSCALL of the iret call.

        bits 64
        default rel

        extern first_cpu, other_cpu, upcall, fatal, stacks

section .xennote progbits alloc noexec nowrite align=4
%macro xennote 2+
        dd 4, %%b - %%a, %1
        db 'Xen', 0
%%a:    %2
%%b:    align 4, db 0
%endmacro
        xennote 6, db 'foreign', 0
        xennote 8, db 'generic', 0
        xennote 5, db 'xen-3.0', 0
        xennote 3, dq 0x10000000    ; VIRT_BASE
        xennote 4, dq 0x10000000    ; PADDR_OFFSET
        xennote 1, dq begin
        xennote 2, dq hypercalls
        xennote 9, db 'yes', 0

section .text
        align 4096
        global hypercalls:data hidden
hypercalls:
        times 4096 db 0

        global begin:function hidden, second:function hidden
        global on_event:function hidden, on_fault:function hidden
begin:
        lea rsp, [stacks + 8192]
        mov rdi, rsi
        call first_cpu
        ud2

second: call other_cpu
        ud2

on_event:                           ; rcx r11 rip cs rflags rsp ss
        push rdi
        push rsi
        push rdx
        push rax
        push r8
        push r9
        push r10
        push rbx
        mov rbx, rsp
        and rsp, ~15
        call upcall
        mov rsp, rbx
        pop rbx
        pop r10
        pop r9
        pop r8
        pop rax
        pop rdx
        pop rsi
        pop rdi
        ; struct iret_context is rax r11 rcx flags rip ...: the frame has rcx before r11
        sub rsp, 16
        mov [rsp], rax
        mov rax, [rsp + 24]         ; r11
        mov rcx, [rsp + 16]         ; rcx
        mov [rsp + 8], rax
        mov [rsp + 16], rcx
        mov qword [rsp + 24], 0
        mov eax, 23
        syscall
        ud2

on_fault:
        and rsp, ~15
        call fatal
        ud2

section .note.GNU-stack noalloc noexec nowrite progbits
