/*
 * What the guest gives to a judge outside of the machine, which sees the guest's log or memory
 * (docs/truth.md).
 *
 * Records: the guest prints them raw, and the judge holds them against a clock of its own.
 *
 * Mailbox: a page through which the judge asks what time it is. The judge reads its own clock before it asks
 * and again when it has the answer. The guest's read was between the two, whatever the TSC does.
 */
#ifndef GUEST_OUTSIDE_H
#define GUEST_OUTSIDE_H

#include <stdint.h>
#include <xen/xen.h>

#include "meridian/clock.h"

/* Prints each record that another has replaced. Call it after each of VCPU 0's reads, with the sample. */
void records_poll(const struct meridian_sample *sample, uint32_t vcpus);
/* Prints the records that nothing has replaced. Call it at the end. */
void records_end(void);

/* Opens the mailbox and prints where its page is (@mailbox). Call it on VCPU 0, before the others start. */
void mailbox_open(const struct start_info *start, uint32_t vcpus);
/* Answers a question to VCPU `me`, if there is one. Call it on that VCPU, between two of its reads. */
void mailbox_poll(uint32_t me);

#endif
