/*
 * Each CPU's area: stacks with guard pages, descriptors, TSS. The selectors are those of Xen's ABI (traps.h),
 * far up in the table.
 */
#include "cpu/cpu_area.h"
#include "cpu/traps.h"
#include "log/panic.h"

#define GDT_FIRST  ((uint64_t)AREA_GDT_PAGE * FRAME_SIZE) /* 0xe000: the offset of page 14 in the table */
#define GDT_LIMIT  (SEL_TSS + 16u - 1u)                   /* the TSS itself lies beyond it */
#define TSS_OFFSET 0x100u                                 /* in page 14 */

/* SDM vol. 3, 3.4.5; all marked accessed. */
#define CODE64        0x00af9b000000ffffull
#define DATA          0x00cf93000000ffffull
#define CODE32        0x00cf9b000000ffffull
#define DPL3          (3ull << 45)
#define TSS_AVAILABLE 0x0000890000000000ull

_Static_assert(GDT_LIMIT < GDT_FIRST + TSS_OFFSET, "the TSS is no descriptor");

static uint64_t zero_frame;  /* physical */
static unsigned areas_built; /* areas below this are there */

extern char boot_stack_bottom[], boot_stack_top[];

/* Bytes up to page `page` of an area. */
static uint64_t page_offset(unsigned page)
{
    return (uint64_t)page * FRAME_SIZE;
}

static void map_new_pages(uint64_t virt, unsigned pages)
{
    char *memory = memory_take(pages, "a CPU's stack");

    for (unsigned i = 0; i < pages; i++)
        map_page(virt + page_offset(i), virt_to_phys(memory) + page_offset(i), PTE_P | PTE_W | PTE_NX);
}

/*
 * The stack of an NMI and its like keeps the CPU's own pointer at its top: such a trap may come between
 * SYSCALL and SWAPGS, when GS is still the guest's.
 */
static uint64_t ist_stack(struct cpu *cpu, uint64_t base, unsigned page)
{
    uint64_t top = base + page_offset(page + AREA_IST_PAGES) - 16;

    map_new_pages(base + page_offset(page), AREA_IST_PAGES);
    *(struct cpu **)top = cpu;
    return top;
}

static void set_descriptor(uint64_t base, unsigned selector, uint64_t descriptor)
{
    *(uint64_t *)(base + (selector & ~7u)) = descriptor;
}

static void fill_gdt(uint64_t base, uint64_t tss)
{
    set_descriptor(base, SEL_KERNEL_CODE, CODE64);
    set_descriptor(base, SEL_KERNEL_DATA, DATA);
    set_descriptor(base, SEL_USER_CODE32, CODE32 | DPL3);
    set_descriptor(base, SEL_USER_DATA, DATA | DPL3);
    set_descriptor(base, SEL_USER_CODE64, CODE64 | DPL3);
    set_descriptor(base, SEL_TSS,
                   TSS_AVAILABLE | (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 |
                       (tss >> 24 & 0xff) << 56);
    set_descriptor(base, SEL_TSS + 8, tss >> 32);
}

void cpu_area_build(struct cpu *cpu, unsigned area)
{
    uint64_t base = cpu_area_base(area);

    if (!zero_frame)
        zero_frame = virt_to_phys(memory_take(1, "the empty descriptors"));
    for (unsigned page = 0; page < AREA_GDT_PAGE; page++)
        map_page(base + page_offset(page), zero_frame, PTE_P | PTE_NX);
    map_new_pages(base + GDT_FIRST, 1);
    map_new_pages(base + page_offset(AREA_STACK_PAGE), AREA_STACK_PAGES);

    cpu->stack_top = cpu_area_stack_top(area);
    cpu->tss = (struct tss *)(base + GDT_FIRST + TSS_OFFSET);
    cpu->tss->iomap = sizeof(struct tss); /* beyond the limit: no port is open to CPL 3 */
    cpu->tss->rsp[0] = cpu->stack_top;
    cpu->tss->ist[IST_NMI - 1] = ist_stack(cpu, base, AREA_NMI_PAGE);
    cpu->tss->ist[IST_DOUBLE_FAULT - 1] = ist_stack(cpu, base, AREA_DOUBLE_FAULT_PAGE);
    cpu->tss->ist[IST_MACHINE_CHECK - 1] = ist_stack(cpu, base, AREA_MACHINE_CHECK_PAGE);
    fill_gdt(base, (uint64_t)cpu->tss);
    if (area >= areas_built)
        areas_built = area + 1;
}

void gdt_load(struct cpu *cpu)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {GDT_LIMIT, cpu_area_base(cpu->area)};

    /* The far return loads CS; the data segments are null, as nothing in 64-bit mode looks at them. */
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\txorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%fs\n\t"
                     "lldt %%ax\n\t"
                     "movw %2, %%ax\n\t"
                     "ltr %%ax"
                     :
                     : "m"(pointer), "i"(SEL_KERNEL_CODE), "i"(SEL_TSS)
                     : "rax", "memory");
}

void traps_gdt_page(unsigned page, uint64_t phys)
{
    if (page < AREA_GDT_PAGE)
        map_page(cpu_area_base(cpu_this()->area) + page_offset(page), phys ? phys : zero_frame,
                 PTE_P | PTE_NX);
}

static bool lies_in_pages(uint64_t offset, unsigned page, unsigned pages)
{
    return offset >= page_offset(page) && offset < page_offset(page + pages);
}

static bool is_stack_byte(uint64_t address)
{
    uint64_t offset = (address - CPU_AREAS_BASE) % AREA_BYTES;

    if (address >= (uint64_t)boot_stack_bottom && address < (uint64_t)boot_stack_top)
        return true;
    if (address < CPU_AREAS_BASE || address >= cpu_area_base(areas_built))
        return false;
    return lies_in_pages(offset, AREA_STACK_PAGE, AREA_STACK_PAGES) ||
           lies_in_pages(offset, AREA_NMI_PAGE, AREA_IST_PAGES) ||
           lies_in_pages(offset, AREA_DOUBLE_FAULT_PAGE, AREA_IST_PAGES) ||
           lies_in_pages(offset, AREA_MACHINE_CHECK_PAGE, AREA_IST_PAGES);
}

bool cpu_area_on_stack(uint64_t address, uint64_t size)
{
    return is_stack_byte(address) && is_stack_byte(address + size - 1);
}

int cpu_area_guard_hit(uint64_t address)
{
    uint64_t offset = (address - CPU_AREAS_BASE) % AREA_BYTES;

    if (address - ((uint64_t)boot_stack_bottom - FRAME_SIZE) < FRAME_SIZE)
        return 0;
    if (address < CPU_AREAS_BASE || address >= cpu_area_base(areas_built))
        return -1;
    if (lies_in_pages(offset, AREA_STACK_PAGE - 1, 1) || lies_in_pages(offset, AREA_NMI_PAGE - 1, 1) ||
        lies_in_pages(offset, AREA_DOUBLE_FAULT_PAGE - 1, 1) ||
        lies_in_pages(offset, AREA_MACHINE_CHECK_PAGE - 1, 1))
        return (int)((address - CPU_AREAS_BASE) / AREA_BYTES);
    return -1;
}
