/*
 * What a judge outside of the machine is given, whoever can see its log or its memory.
 *
 * Raw records, printed for whoever holds them against a clock outside of the machine.
 *
 * And a page through which somebody asks what time it is. What was asked before a read and what was answered
 * after it hold the read between two moments of his own clock, whatever the TSC does.
 */
#ifndef GUEST_OUTSIDE_H
#define GUEST_OUTSIDE_H

#include <stdint.h>
#include <xen/xen.h>

#include "meridian/clock.h"

/* After each of VCPU 0's reads, with what was read: prints every record that another has followed. */
void records_poll(const struct meridian_sample *sample, uint32_t vcpus);
/* At the end: those that none has followed. */
void records_end(void);

/* On VCPU 0, before the others start: prints where the page is, @mailbox. Without this nobody is answered. */
void mailbox_open(const struct start_info *start, uint32_t vcpus);
/* On every VCPU, between two of its reads. */
void mailbox_poll(uint32_t me);

#endif
