/* The hypervisor's address space: PML4 entries 256..271, the range Xen's ABI gives a hypervisor. */
#ifndef CPU_PAGING_H
#define CPU_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/frames.h"

#define PTE_P       (1ull << 0)
#define PTE_W       (1ull << 1)
#define PTE_U       (1ull << 2)
#define PTE_PWT     (1ull << 3)
#define PTE_PCD     (1ull << 4)
#define PTE_A       (1ull << 5)
#define PTE_D       (1ull << 6)
#define PTE_PS      (1ull << 7)
#define PTE_PAT     (1ull << 7) /* of a 4 KiB page: the PAT's upper half, of which 0 is write-combining */
#define PTE_NX      (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

#define HV_ENTRY_FIRST   256u
#define HV_ENTRY_LAST    271u
#define DIRECT_MAP_BASE  0xffff830000000000ull /* entries 262..271: 5 TiB of physical memory */
#define DIRECT_MAP_BYTES (10ull << 39)
#define IMAGE_BASE       0xffff82d000000000ull /* entry 261: the image, this much above where it is loaded */
#define IMAGE_PHYS       0x200000ull           /* linker/meridian.lds */
/* entry 260: firmware tables, each at its physical address above this */
#define FIRMWARE_BASE  0xffff820000000000ull
#define FIRMWARE_BYTES (1ull << 39)
#define MMIO_BASE      0xffff81c000000000ull /* entry 259 */
#define MMIO_BYTES     (1ull << 38)
#define CPU_AREAS_BASE 0xffff814000000000ull /* entry 258: an area a CPU: stacks with guard pages, GDT */
#define M2P_BASE       0xffff800000000000ull /* entry 256: machine_to_phys, read-only in the guest */

/*
 * Before paging_init physical memory is read at its own address, through the boot tables' identity map of
 * the low 4 GiB: a phys_view for the parsers of boot information. Returns NULL beyond it, for page 0's first
 * byte, and once paging_init has run.
 */
const void *boot_view(uint64_t phys, size_t size);
/* Returns what the image takes, BSS included: to be reserved before paging_init. */
struct frame_range image_range(void);

/*
 * Builds the final tables (W^X, NX): image as linked, direct map of `ram` (read-write, the image
 * itself read-only there), and switches to them. The boot tables' identity map is gone afterwards.
 * Needs frames below 4 GiB (frames_init first); panics without. RAM that the direct map cannot hold is taken
 * out of the frames, so whatever frames_take gives afterwards can be reached by phys_to_virt.
 */
void paging_init(const struct frame_range *ram, unsigned count);
/* On every further CPU. */
void paging_load(void);

/* Returns the physical address of the hypervisor's PML4. Entries 256..271 are shared by all. */
uint64_t paging_root(void);

static inline void *phys_to_virt(uint64_t phys)
{
    return (void *)(DIRECT_MAP_BASE + phys);
}
static inline uint64_t virt_to_phys(const void *direct)
{
    return (uint64_t)direct - DIRECT_MAP_BASE;
}

/* Takes `count` cleared frames, in the direct map; panics, and names `what`, if there are none. */
void *memory_take(uint64_t count, const char *what);
void *memory_take_bytes(uint64_t bytes, const char *what);
/* The same, but returns NULL if there are none: for what a guest or a module asks. */
void *memory_try_take(uint64_t count);

/* Maps device registers, uncached, read-write, at any alignment, for good. Returns NULL without room. */
volatile void *map_mmio(uint64_t phys, size_t size);
/* The same for a framebuffer, write-combining: writes may be joined and come late. Uncached without PAT. */
volatile void *map_framebuffer(uint64_t phys, size_t size);
/* Maps any physical range, RAM or not, read-only, for good: firmware's tables. Returns NULL if absurd. */
const void *map_firmware(uint64_t phys, size_t size);
/* Maps one 4 KiB page at an address of the caller's own region; panics without memory for tables. */
void map_page(uint64_t virt, uint64_t phys, uint64_t flags);
/* Maps the trampoline's page at its own address, read-execute, or takes that away again. */
void map_trampoline(uint64_t phys, bool present);

/* The rest is for this room. */

/* Returns one past the highest physical address that this CPU can form. */
uint64_t physical_limit(void);

/* Returns true if pages may be given the types of the PAT (SDM vol. 3, 11.12). */
bool cpu_has_pat(void);

/* The same as frames_take (frames.h), for when other CPUs run as well. */
uint64_t frames_take_locked(uint64_t count, uint64_t align_bytes, uint64_t limit);

/* Maps many pages, all aligned; returns false if memory for tables is used up. */
bool map_pages_try(uint64_t virt, uint64_t phys, uint64_t bytes, uint64_t flags);

#endif
