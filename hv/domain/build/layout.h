/*
 * Where everything lies when a guest starts: the start-of-day region, as the comment above start_info (xen.h)
 * describes it. Pure.
 */
#ifndef DOMAIN_LAYOUT_H
#define DOMAIN_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/build/elf.h"
#include "domain/guest_abi.h"

/*
 * Addresses are guest virtual. pfn 0 is at v_start, and pfns go on through the region. With an INIT_P2M note
 * the list lies outside the region, in the pfns behind it: first the list's frames, then the tables that map
 * them.
 */
struct guest_layout {
    uint64_t v_start, v_end;
    uint64_t p2m;                      /* the list: one u64 a page */
    uint64_t start_info;               /* one page */
    uint64_t page_tables, table_count; /* root first */
    uint64_t stack, stack_end;         /* one page */
    bool p2m_outside;
    uint64_t p2m_pfn, p2m_pages;             /* with p2m_outside: the list's frames */
    uint64_t p2m_table_pfn, p2m_table_count; /* and their tables, at most that many */
};

/*
 * `pages` is all that the guest has. Returns NULL, or what does not fit and what to do, as the middle of a
 * sentence that begins "it ".
 */
const char *layout_compute(const struct elf_guest *elf, uint64_t pages, struct guest_layout *out);

/*
 * Returns how many tables the range takes at the level where one table spans 2^shift bytes: 21, 30 or 39.
 * start < end.
 */
uint64_t layout_tables(uint64_t start, uint64_t end, unsigned shift);

#endif
