; From the boot loader's 32-bit state to hv_main() in 64 bits. Both loaders give flat protected mode without
; paging and interrupts, and a pointer in EBX (Multiboot2 specification 3.3, xen/arch-x86/hvm/start_info.h).

global boot_multiboot2, boot_pvh, boot_tables
extern boot_tables_phys, boot_stack_top_phys, image_phys_end, boot_stack_top, hv_main

PVH_MAGIC       equ 0x336ec578
IMAGE_SLOT      equ 261         ; 0xffff82d000000000: PML4 index,
IMAGE_SLOT_L3   equ 320         ; and the index one level down

PTE_PW          equ 0x003       ; present, writable
PTE_PW_2M       equ 0x083       ; the same as a 2 MiB page
PTE_NX_HIGH     equ 0x80000000  ; bit 63, in the entry's upper half

; Tables in the order in which they lie.
TABLE_L4        equ 0x0000
TABLE_L3_LOW    equ 0x1000
TABLE_L3_IMAGE  equ 0x2000
TABLE_L2        equ 0x3000      ; four of them: 4 GiB
TABLES_BYTES    equ 0x7000

PROBE           equ 0xfffffffe

CR0_BITS        equ 0x80010033  ; PG WP NE ET MP PE
CR4_PAE         equ 0x20
MSR_EFER        equ 0xc0000080
EFER_LME_NXE    equ 0x900

%include "boot/complain.inc"

section .boot.text progbits alloc exec nowrite align=16
bits 32

boot_pvh:
        mov eax, PVH_MAGIC
boot_multiboot2:
        cli
        cld
        mov ebp, text_no_memory ; is there any where our stack and data will be?
        mov edx, PROBE
.probe: mov [image_phys_end - 4], edx
        cmp [image_phys_end - 4], edx
        jne complain
        inc edx
        jnz .probe              ; twice: one value may float there
        mov dword [image_phys_end - 4], 0
        mov esp, boot_stack_top_phys
        mov edi, eax            ; hv_main's two arguments wait here
        mov esi, ebx
        call check_cpu
        call build_tables

        mov eax, CR4_PAE
        mov cr4, eax
        mov eax, boot_tables_phys + TABLE_L4
        mov cr3, eax
        mov ecx, MSR_EFER
        rdmsr
        or eax, EFER_LME_NXE
        wrmsr
        mov eax, CR0_BITS
        mov cr0, eax
        lgdt [gdt_pointer]
        jmp GDT_CODE:in_long_mode

; Complains and halts unless the CPU has what everything after this relies on.
check_cpu:
        pushfd                  ; CPUID itself: can EFLAGS.ID be changed? (SDM vol. 1, 20.1)
        pop eax
        mov ecx, eax
        xor eax, 1 << 21
        push eax
        popfd
        pushfd
        pop eax
        cmp eax, ecx
        mov ebp, text_no_long_mode
        je complain

        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000001
        jb complain
        mov eax, 0x80000001
        cpuid
        bt edx, 29              ; long mode
        jnc complain
        mov ebp, text_no_nx
        bt edx, 20              ; NX
        jnc complain
        mov eax, 1
        cpuid
        mov ebp, text_no_apic
        bt edx, 9               ; local APIC
        jnc complain
        ret

; Identity map of the low 4 GiB in 2 MiB pages; the first of its four tables is the image's as well, since
; IMAGE_BASE plus a physical address below 1 GiB is that page's virtual address.
build_tables:
        push edi
        mov edi, boot_tables_phys
        mov ecx, TABLES_BYTES / 4
        xor eax, eax
        rep stosd
        mov edi, boot_tables_phys
        lea eax, [edi + TABLE_L3_LOW + PTE_PW]
        mov [edi + TABLE_L4], eax
        lea eax, [edi + TABLE_L3_IMAGE + PTE_PW]
        mov [edi + TABLE_L4 + IMAGE_SLOT * 8], eax
        lea eax, [edi + TABLE_L2 + PTE_PW]
        mov [edi + TABLE_L3_IMAGE + IMAGE_SLOT_L3 * 8], eax

        mov [edi + TABLE_L3_LOW], eax
        mov ecx, 1              ; above the first GiB there is nothing of ours: data only
.l3:    add eax, 0x1000
        mov [edi + TABLE_L3_LOW + ecx * 8], eax
        mov dword [edi + TABLE_L3_LOW + ecx * 8 + 4], PTE_NX_HIGH
        inc ecx
        cmp ecx, 4
        jb .l3

        xor ecx, ecx
        mov eax, PTE_PW_2M
.l2:    mov [edi + TABLE_L2 + ecx * 8], eax
        add eax, 0x200000
        inc ecx
        cmp ecx, 4 * 512
        jb .l2
        pop edi
        ret

GDT_CODE        equ 8
align 8
gdt:            dq 0
                dq 0x00af9b000000ffff   ; 64-bit code, accessed already: the table is never written
gdt_pointer:    dw $ - gdt - 1
                dd gdt

bits 64
in_long_mode:
        mov rax, in_image
        jmp rax

section .text progbits alloc exec nowrite align=16
bits 64
; From here on nothing depends on the identity map but what hv_main() reads through it. SS is null, which long
; mode allows at CPL 0. The GDT is used again only from the image's own tables (hv/cpu/cpu_area.c).
in_image:
        lgdt [rel image_gdt_pointer]
        xor eax, eax
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov rsp, boot_stack_top
        xor ebp, ebp            ; ends back traces
        call hv_main
.halt:  cli
        hlt
        jmp .halt

section .rodata progbits alloc noexec nowrite align=8
image_gdt:      dq 0
                dq 0x00af9b000000ffff
image_gdt_pointer: dw $ - image_gdt - 1
                dq image_gdt

section .bss.boot_stack nobits alloc noexec write align=4096
                resb 0x4000
section .bss.boot_tables nobits alloc noexec write align=4096
boot_tables:    resb TABLES_BYTES
