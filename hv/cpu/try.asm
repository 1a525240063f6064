; An MSR that may not be there. traps.c knows the two places: a #GP at the first goes on at the second.

global rdmsr_try, rdmsr_try_at, rdmsr_try_refused

section .text progbits alloc exec nowrite align=16
bits 64

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
