/*
 * The final page tables: the image with rights by section, RAM at DIRECT_MAP_BASE, and whatever is mapped
 * later. Tables are only ever added to, and a mapping once made stays (the trampoline's alone goes): so no
 * CPU needs to be told, and a guest's root that copied our sixteen entries never goes stale.
 */
#include "cpu/paging.h"

#include "cpu/instructions.h"
#include "cpu/lock.h"
#include "log/log.h"
#include "log/panic.h"

#define TABLE_ENTRIES   512u
#define BOOT_VIEW_LIMIT (1ull << 32) /* boot/entry.asm maps the low 4 GiB at their own addresses */
#define PAGE_4K         (1ull << 12)
#define PAGE_2M         (1ull << 21)
#define PAGE_1G         (1ull << 30)
#define NO_ROOM         "no memory for page tables: give the machine more"

/* linker/meridian.lds */
extern char image_start[], image_text_end[], image_rodata_end[], image_end[], boot_stack_guard[];

static uint64_t root;
static uint64_t view_base; /* where physical 0 is seen: the boot tables' identity map, then the direct map */
static struct lock tables_lock = LOCK_INIT("page tables");

static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)(view_base + (entry & PTE_ADDRESS));
}

/*
 * Returns a cleared table; 0 if memory is used up. The first ones, and the root that woken CPUs load in
 * 16-bit code, lie low.
 */
static uint64_t new_table(void)
{
    uint64_t phys = frames_take_locked(1, FRAME_SIZE, view_base ? 0 : BOOT_VIEW_LIMIT);
    uint64_t *table = table_at(phys);

    for (unsigned i = 0; phys && i < TABLE_ENTRIES; i++)
        table[i] = 0;
    return phys;
}

static unsigned index_at(uint64_t virt, unsigned level)
{
    return virt >> (12 + 9 * (level - 1)) & (TABLE_ENTRIES - 1);
}

/*
 * Returns the entry for `virt` at `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB); NULL if there is no memory for a
 * table, or a large page is in the way.
 */
static uint64_t *entry_for(uint64_t virt, unsigned level, uint64_t flags)
{
    uint64_t *table = table_at(root);

    for (unsigned at = 4; at > level; at--) {
        uint64_t *entry = &table[index_at(virt, at)];

        if (!(*entry & PTE_P)) {
            uint64_t phys = new_table();

            if (!phys)
                return NULL;
            *entry = phys | PTE_P | PTE_W;
        }
        if (*entry & PTE_PS)
            return NULL;
        *entry |= flags & PTE_U; /* a page is the user's only if all levels say so */
        table = table_at(*entry);
    }
    return &table[index_at(virt, level)];
}

static bool map_one(uint64_t virt, uint64_t phys, unsigned level, uint64_t flags)
{
    uint64_t *entry = entry_for(virt, level, flags);

    if (!entry)
        return false;
    *entry = phys | flags | (level > 1 ? PTE_PS : 0);
    return true;
}

static void map_or_panic(uint64_t virt, uint64_t phys, unsigned level, uint64_t flags)
{
    if (!map_one(virt, phys, level, flags))
        panic(NO_ROOM);
}

void map_page(uint64_t virt, uint64_t phys, uint64_t flags)
{
    bool were_on = lock_take(&tables_lock);

    map_or_panic(virt, phys, 1, flags);
    invlpg(virt);
    lock_release(&tables_lock, were_on);
}

bool map_pages_try(uint64_t virt, uint64_t phys, uint64_t bytes, uint64_t flags)
{
    bool were_on = lock_take(&tables_lock), good = true;

    for (uint64_t done = 0; good && done < bytes; done += PAGE_4K)
        good = map_one(virt + done, phys + done, 1, flags);
    lock_release(&tables_lock, were_on);
    return good;
}

void map_trampoline(uint64_t phys, bool present)
{
    bool were_on = lock_take(&tables_lock);

    map_or_panic(phys, present ? phys : 0, 1, present ? PTE_P : 0); /* neither writable nor NX */
    invlpg(phys);
    lock_release(&tables_lock, were_on);
}

static void map_image_part(const char *start, const char *end, uint64_t flags)
{
    for (uint64_t virt = (uint64_t)start; virt < (uint64_t)end; virt += PAGE_4K)
        if (virt != (uint64_t)boot_stack_guard)
            map_or_panic(virt, virt - IMAGE_BASE, 1, PTE_P | flags);
}

static bool overlaps_image(uint64_t start, uint64_t bytes)
{
    struct frame_range image = image_range();

    return start < image.end && start + bytes > image.start;
}

/*
 * Returns the level of the largest page that fits at `phys`. Near the image pages are small, so that its own
 * can be read-only.
 */
static unsigned level_at(uint64_t phys, uint64_t end, bool large_1g)
{
    if (large_1g && phys % PAGE_1G == 0 && end - phys >= PAGE_1G && !overlaps_image(phys, PAGE_1G))
        return 3;
    if (phys % PAGE_2M == 0 && end - phys >= PAGE_2M && !overlaps_image(phys, PAGE_2M))
        return 2;
    return 1;
}

static void map_ram(uint64_t phys, uint64_t end, bool large_1g)
{
    while (phys < end) {
        unsigned level = level_at(phys, end, large_1g);
        uint64_t flags = PTE_P | PTE_NX | (overlaps_image(phys, PAGE_4K) ? 0 : PTE_W);

        map_or_panic(DIRECT_MAP_BASE + phys, phys, level, flags);
        phys += PAGE_4K << 9 * (level - 1);
    }
}

/*
 * Each of our entries has its table from the start, as guests' roots copy the entries. Entry 256 is the one
 * the guest reads from: its entry says so from the start as well.
 */
static void fill_root(void)
{
    for (unsigned entry = HV_ENTRY_FIRST; entry <= HV_ENTRY_LAST; entry++) {
        uint64_t phys = new_table();

        if (!phys)
            panic(NO_ROOM);
        table_at(root)[entry] = phys | PTE_P | PTE_W | (entry == HV_ENTRY_FIRST ? PTE_U : 0);
    }
}

/* RAM beyond the direct map's end, or the CPU's reach, is left unused. */
static void map_all_ram(const struct frame_range *ram, unsigned count)
{
    bool large_1g = cpuid(0x80000001u, 0).edx & 1u << 26;
    uint64_t reach = physical_limit() < DIRECT_MAP_BYTES ? physical_limit() : DIRECT_MAP_BYTES;
    bool beyond = false;

    for (unsigned i = 0; i < count; i++) {
        uint64_t start = ram[i].start + (PAGE_4K - 1), end = ram[i].end & ~(PAGE_4K - 1);

        if (start < ram[i].start)
            continue;
        beyond |= end > reach;
        map_ram(start & ~(PAGE_4K - 1), end < reach ? end : reach, large_1g);
    }
    if (beyond)
        log_print("memory: what lies above %lu GiB is not used\n", reach >> 30);
    frames_reserve(reach, UINT64_MAX);
}

void paging_init(const struct frame_range *ram, unsigned count)
{
    root = new_table();
    if (!root)
        panic(NO_ROOM);
    fill_root();
    map_image_part(image_start, image_text_end, 0);
    map_image_part(image_text_end, image_rodata_end, PTE_NX);
    map_image_part(image_rodata_end, image_end, PTE_W | PTE_NX);
    map_all_ram(ram, count);
    write_cr3(root);
    view_base = DIRECT_MAP_BASE;
}

void paging_load(void)
{
    write_cr3(root);
}

uint64_t paging_root(void)
{
    return root;
}

struct frame_range image_range(void)
{
    return (struct frame_range){IMAGE_PHYS, (uint64_t)image_end - IMAGE_BASE};
}

const void *boot_view(uint64_t phys, size_t size)
{
    if (view_base || !phys || phys >= BOOT_VIEW_LIMIT || size > BOOT_VIEW_LIMIT - phys)
        return NULL;
    return (const void *)phys;
}
