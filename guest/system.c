#include "system.h"

#include <xen/sched.h>

#include "hypercall.h"
#include "log/format.h"

#define CONSOLEIO_WRITE 0 /* CONSOLEIO_write: older headers do not name it */
#define LINE_SIZE       400
#define PAGE_SIZE       4096
#define PTE_PRESENT     (1ull << 0)
#define PTE_WRITE       (1ull << 1)
#define PTE_USER        (1ull << 2) /* the guest's kernel runs at CPL 3 */
#define PTE_NX          (1ull << 63)
#define MAX_FRAME       (1ull << 40) /* 52 bits of physical address */
#define VIRT_BASE       0xffffffff80000000ull

void print(const char *text, ...)
{
    char line[LINE_SIZE];
    va_list args;

    va_start(args, text);
    int length = format_va(line, sizeof line, text, args);
    va_end(args);
    if (length >= LINE_SIZE) {
        length = LINE_SIZE - 1;
        line[LINE_SIZE - 2] = '\n';
    }
    hypercall(__HYPERVISOR_console_io, CONSOLEIO_WRITE, (uint64_t)length, address_of(line), 0);
}

static _Noreturn void shut_down(unsigned reason)
{
    struct sched_shutdown argument = {.reason = reason};

    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, address_of(&argument), 0, 0);
}

void power_off(void)
{
    shut_down(SHUTDOWN_poweroff);
}

void power_crash(const char *why)
{
    print("guest: %s: stopping\n", why);
    shut_down(SHUTDOWN_crash);
}

/* A page of the image. The hypervisor's page is mapped in its place. */
struct shared_info shared_info __attribute__((aligned(PAGE_SIZE), section(".bss.shared_info")));
static uint8_t rest_of_page[PAGE_SIZE - sizeof(struct shared_info) % PAGE_SIZE]
    __attribute__((section(".bss.shared_info"), used));

long memory_map(void *page, uint64_t mfn, bool writable)
{
    uint64_t pte = mfn << 12 | PTE_PRESENT | PTE_USER | PTE_NX | (writable ? PTE_WRITE : 0);

    if (mfn >= MAX_FRAME)
        return -1;
    return hypercall(__HYPERVISOR_update_va_mapping, address_of(page), pte, UVMF_INVLPG | UVMF_ALL, 0);
}

long memory_unmap(void *page)
{
    return hypercall(__HYPERVISOR_update_va_mapping, address_of(page), 0, UVMF_INVLPG | UVMF_ALL, 0);
}

void memory_init(const struct start_info *start)
{
    if (memory_map(&shared_info, start->shared_info >> 12, true))
        power_crash("shared_info cannot be mapped");
}

uint64_t memory_frame(const struct start_info *start, const void *page)
{
    const uint64_t *mfn_list = (const uint64_t *)start->mfn_list;

    return mfn_list[(address_of(page) - VIRT_BASE) >> 12];
}

uint64_t memory_cr3(const struct start_info *start)
{
    return xen_pfn_to_cr3(memory_frame(start, (const void *)start->pt_base));
}
