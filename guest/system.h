/*
 * What all of the guest stands on: its console, one hypercall a line; the ways out; and what the hypervisor
 * shares with it, brought into its address space.
 */
#ifndef GUEST_SYSTEM_H
#define GUEST_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

/* Formats as log/format.h says, up to 400 bytes, and writes it at once. End lines with \n. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

_Noreturn void power_off(void);
/* One line that says why, then SHUTDOWN_crash. */
_Noreturn void power_crash(const char *why);

extern struct shared_info shared_info; /* from memory_init() on */

/* Maps shared_info; without it there is nothing to live on, so a failure crashes the domain. */
void memory_init(const struct start_info *start);

/* Puts machine frame `mfn` where page-aligned `page` of the image was. 0, or the hypervisor's refusal. */
long memory_map(void *page, uint64_t mfn, bool writable);

/* Takes that page out: any use of it is a page fault from then on. */
long memory_unmap(void *page);

/* The machine frame of a page of the image, or of what start_info names. */
uint64_t memory_frame(const struct start_info *start, const void *page);

/* The page-table base of this address space, as a CR3 holds it. */
uint64_t memory_cr3(const struct start_info *start);

#endif
