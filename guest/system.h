/*
 * What all of the guest stands on: its console, with one hypercall a line; the ways out; and the pages that
 * the hypervisor shares with it, mapped into its address space.
 */
#ifndef GUEST_SYSTEM_H
#define GUEST_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

/* Formats as log/format.h says, up to 400 bytes, and writes the text at once. A line ends with \n. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the domain with SHUTDOWN_poweroff. */
_Noreturn void power_off(void);
/* Prints a line that says why, and ends the domain with SHUTDOWN_crash. */
_Noreturn void power_crash(const char *why);

extern struct shared_info shared_info; /* the hypervisor's, from memory_init() on */

/* Maps shared_info. Crashes the domain if that is refused, for nothing works without it. */
void memory_init(const struct start_info *start);

/* Maps machine frame `mfn` where `page`, a page of the image, was. Returns 0, or the refusal. */
long memory_map(void *page, uint64_t mfn, bool writable);

/* Takes `page` out: any use of it is a page fault from then on. Returns 0, or the refusal. */
long memory_unmap(void *page);

/* Returns the machine frame of a page of the image, or of a page that start_info names. */
uint64_t memory_frame(const struct start_info *start, const void *page);

/* Returns the base of this address space's page tables, as CR3 holds it. */
uint64_t memory_cr3(const struct start_info *start);

#endif
