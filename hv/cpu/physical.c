/* Physical memory for everybody: cleared frames, device registers, firmware tables. */
#include "cpu/instructions.h"
#include "cpu/lock.h"
#include "cpu/paging.h"
#include "log/panic.h"
#include "log/string.h"

#define MOST_MMIO_BYTES     (1ull << 30)
#define MOST_FIRMWARE_BYTES (16ull << 20) /* no firmware table is larger, whatever its length field says */

static struct lock frames_lock = LOCK_INIT("frames");
static struct lock mmio_lock = LOCK_INIT("mmio");
static uint64_t mmio_used;

uint64_t physical_limit(void)
{
    unsigned bits = 36;

    if (cpuid(0x80000000u, 0).eax >= 0x80000008u)
        bits = cpuid(0x80000008u, 0).eax & 0xff;
    return 1ull << (bits < 32 ? 32 : bits > 52 ? 52 : bits);
}

bool cpu_has_pat(void)
{
    return cpuid(1, 0).edx & 1u << 16;
}

uint64_t frames_take_locked(uint64_t count, uint64_t align_bytes, uint64_t limit)
{
    bool were_on = lock_take(&frames_lock);
    uint64_t phys = frames_take(count, align_bytes, limit);

    lock_release(&frames_lock, were_on);
    return phys;
}

void *memory_try_take(uint64_t count)
{
    uint64_t phys = frames_take_locked(count, FRAME_SIZE, 0);

    return phys ? memset(phys_to_virt(phys), 0, count * FRAME_SIZE) : NULL;
}

void *memory_take(uint64_t count, const char *what)
{
    void *memory = memory_try_take(count);

    if (!memory)
        panic("no memory for %s: %lu KiB in a row wanted, %lu KiB free in all: give the machine more", what,
              count * (FRAME_SIZE / 1024), frames_free_bytes() / 1024);
    return memory;
}

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    return memory_take((bytes + FRAME_SIZE - 1) / FRAME_SIZE, what);
}

/*
 * Finds the pages round [phys, phys + size). Returns false if it is empty, too long, or beyond the CPU's
 * reach.
 */
static bool page_span(uint64_t phys, size_t size, uint64_t most, uint64_t *start, uint64_t *bytes)
{
    uint64_t limit = physical_limit();

    if (!size || size > most || phys >= limit || size > limit - phys)
        return false;
    *start = phys & ~(uint64_t)(FRAME_SIZE - 1);
    *bytes = ((phys + size + FRAME_SIZE - 1) & ~(uint64_t)(FRAME_SIZE - 1)) - *start;
    return true;
}

/* Returns address space for `bytes` of registers and an unmapped page behind them; 0 if it is used up. */
static uint64_t mmio_room(uint64_t bytes)
{
    bool were_on = lock_take(&mmio_lock);
    uint64_t virt = 0;

    if (bytes + FRAME_SIZE <= MMIO_BYTES - mmio_used) {
        virt = MMIO_BASE + mmio_used;
        mmio_used += bytes + FRAME_SIZE;
    }
    lock_release(&mmio_lock, were_on);
    return virt;
}

static volatile void *map_device(uint64_t phys, size_t size, uint64_t type)
{
    uint64_t start, bytes, virt;

    if (!page_span(phys, size, MOST_MMIO_BYTES, &start, &bytes))
        return NULL;
    virt = mmio_room(bytes);
    if (!virt || !map_pages_try(virt, start, bytes, PTE_P | PTE_W | PTE_NX | type))
        return NULL;
    return (volatile void *)(virt + (phys - start));
}

volatile void *map_mmio(uint64_t phys, size_t size)
{
    return map_device(phys, size, PTE_PCD | PTE_PWT);
}

volatile void *map_framebuffer(uint64_t phys, size_t size)
{
    return map_device(phys, size, cpu_has_pat() ? PTE_PAT : PTE_PCD | PTE_PWT);
}

const void *map_firmware(uint64_t phys, size_t size)
{
    uint64_t start, bytes;

    if (!page_span(phys, size, MOST_FIRMWARE_BYTES, &start, &bytes) || start + bytes > FIRMWARE_BYTES)
        return NULL;
    if (!map_pages_try(FIRMWARE_BASE + start, start, bytes, PTE_P | PTE_NX))
        return NULL;
    return (const void *)(FIRMWARE_BASE + phys);
}
