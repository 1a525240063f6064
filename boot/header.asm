; What boot loaders look for: the multiboot2 header (GRUB) and the PVH note (QEMU's -kernel).

extern boot_pvh

MB2_MAGIC       equ 0xe85250d6  ; Multiboot2 specification 3.1.1
MB2_ARCH_I386   equ 0
MB2_TAG_END     equ 0
MB2_TAG_FRAMEBUFFER equ 5
MB2_TAG_ALIGN   equ 6           ; modules on page boundaries
MB2_OPTIONAL    equ 1
NOTE_PHYS32     equ 18          ; XEN_ELFNOTE_PHYS32_ENTRY, xen/elfnote.h

section .boot.header progbits alloc noexec nowrite align=8
header:
        dd MB2_MAGIC
        dd MB2_ARCH_I386
        dd header_end - header
        dd 0x100000000 - (MB2_MAGIC + MB2_ARCH_I386 + (header_end - header))
        dw MB2_TAG_ALIGN, 0
        dd 8
        dw MB2_TAG_FRAMEBUFFER, MB2_OPTIONAL
        dd 20
        dd 0, 0, 0              ; any width, height and depth
        align 8, db 0
        dw MB2_TAG_END, 0
        dd 8
header_end:

section .note.Xen note alloc noexec nowrite align=4
        dd name_end - name
        dd entry_end - entry
        dd NOTE_PHYS32
name:   db "Xen", 0
name_end:
entry:  dq boot_pvh             ; eight bytes: QEMU reads a size_t of the ELF's class
entry_end:
