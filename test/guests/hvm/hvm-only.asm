; Never run by a PV loader that is right: the 32-bit entry of a kernel for HVM and PVH.

bits 32
section .text progbits alloc exec nowrite align=16
global begin:function hidden
begin:  hlt
        jmp begin

section .note.GNU-stack noalloc noexec nowrite progbits
