/*
 * A page through which somebody outside of the machine asks what time it is: whoever can see its memory. What
 * was asked before a read and what was answered after it hold the read between two moments of his own clock,
 * whatever the TSC does.
 */
#ifndef GUEST_MAILBOX_H
#define GUEST_MAILBOX_H

#include <stdint.h>
#include <xen/xen.h>

/* On VCPU 0, before the others start: prints where the page is, @mailbox. Without this nobody is answered. */
void mailbox_open(const struct start_info *start, uint32_t vcpus);
/* On every VCPU, between two of its reads. */
void mailbox_poll(uint32_t me);

#endif
