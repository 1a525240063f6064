/*
 * The guest cannot write to its tables, so a walk is right at every level. But another VCPU's
 * update_va_mapping may change an L1 entry during the walk. It changes the entry in one piece, and each
 * entry is read once.
 */
#include "domain/memory/guest_memory.h"

#include "cpu/paging.h"
#include "domain/guest_abi.h"
#include "log/string.h"

#define TABLE_RIGHTS (PTE_P | PTE_U)

static bool address_ok(uint64_t va)
{
    return address_canonical(va) && (va < HYPERVISOR_START || va >= HYPERVISOR_END);
}

static volatile uint64_t *entry_at(const struct guest_space *space, uint64_t table, uint64_t va,
                                   unsigned level)
{
    volatile uint64_t *entries = space->at(table & PTE_ADDRESS);

    return &entries[table_index(va, level)];
}

/*
 * Returns the address of the L1 entry, and in *rights the bits that every level above grants. Large pages are
 * never made for a guest, so none is followed.
 */
static volatile uint64_t *guest_walk(const struct guest_space *space, uint64_t va, uint64_t *rights)
{
    uint64_t table = space->root;

    *rights = PTE_W | TABLE_RIGHTS;
    if (!address_ok(va))
        return NULL;
    for (unsigned level = 4; level > 1; level--) {
        uint64_t entry = *entry_at(space, table, va, level);

        if ((entry & TABLE_RIGHTS) != TABLE_RIGHTS || (entry & PTE_PS))
            return NULL;
        *rights &= entry;
        table = entry;
    }
    return entry_at(space, table, va, 1);
}

volatile uint64_t *guest_entry(const struct guest_space *space, uint64_t va)
{
    uint64_t rights;

    return guest_walk(space, va, &rights);
}

bool guest_translate(const struct guest_space *space, uint64_t va, bool write, uint64_t *phys)
{
    uint64_t rights, entry, wanted = TABLE_RIGHTS | (write ? PTE_W : 0);
    volatile uint64_t *l1 = guest_walk(space, va, &rights);

    if (!l1)
        return false;
    entry = *l1;
    if ((rights & entry & wanted) != wanted)
        return false;
    *phys = (entry & PTE_ADDRESS) | (va & (GUEST_PAGE - 1));
    return true;
}

/* Copies from `mine` to the guest if `to_guest`, else the other way. */
static bool guest_copy(const struct guest_space *space, uint64_t va, void *mine, size_t size, bool to_guest)
{
    while (size) {
        size_t here = GUEST_PAGE - (va & (GUEST_PAGE - 1));
        uint64_t phys;

        if (here > size)
            here = size;
        if (!guest_translate(space, va, to_guest, &phys))
            return false;
        if (to_guest)
            memcpy(space->at(phys), mine, here);
        else
            memcpy(mine, space->at(phys), here);
        va += here;
        mine = (char *)mine + here;
        size -= here;
    }
    return true;
}

bool guest_read(const struct guest_space *space, void *to, uint64_t va, size_t size)
{
    return guest_copy(space, va, to, size, false);
}

bool guest_write(const struct guest_space *space, uint64_t va, const void *from, size_t size)
{
    return guest_copy(space, va, (void *)from, size, true);
}
