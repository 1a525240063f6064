/*
 * One small guest, linked at several addresses: whether all lies where the start of day says, wherever that
 * is.
 */
#include "../kit.h"

static const char one[] = "one", two[] = "two";
static const char *const words[] = {one, two}; /* addresses in data: relocated, in a program of type DYN */
static const u64 *const m2p = (const u64 *)MACH2PHYS_VIRT_START;

static void check_words(void)
{
    const char *const volatile *from = words;

    check("an address in its data", from[0] == one && from[1] == two, 1);
}

/* Kernel, list, start_info, tables, stack: in this order, on 4 MiB in the end, with 512 KiB to spare. */
static void check_order(void)
{
    u64 stack = start->pt_base + start->nr_pt_frames * PAGE, end = (stack + PAGE + (512 << 10));

    check("it runs where it was linked", (u64)hypercalls >= virt_base, 1);
    check("list behind the kernel", start->mfn_list > (u64)&shared, 1);
    check("start_info behind the list", (u64)start >= start->mfn_list + start->nr_pages * 8, 1);
    check("page tables behind start_info", start->pt_base >= (u64)start + PAGE, 1);
    end = (end + (4ul << 20) - 1) & ~((4ul << 20) - 1);
    for (u64 at = virt_base; at < end; at += PAGE)
        *(volatile unsigned char *)at;
    check("all of the region is mapped", 1, 1);
}

static void check_frames(void)
{
    long wrong = 0;

    for (u64 pfn = 0; pfn < 1024; pfn++)
        wrong += m2p[((u64 *)start->mfn_list)[pfn]] != pfn;
    check("machine-to-phys undoes phys-to-machine", wrong, 0);
    check("magic", start->magic[0] == 'x' && start->magic[4] == '3', 1);
    check("tables are not writable",
          map((void *)start->pt_base, entry_of((void *)start->pt_base, PTE_RW), 0) != 0, 1);
    check("shared_info", map(&shared, start->shared_info | PTE_RW, UVMF_INVLPG), 0);
    check("time goes", now_ns(0) < now_ns(0) + 1, 1);
}

void run(void)
{
    check_words();
    check_order();
    check_frames();
}

void other_cpu(u64 cpu)
{
    (void)cpu;
}
