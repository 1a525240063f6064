/* Exceptions: none is expected, so each is reported and ends the domain. */
#ifndef GUEST_TRAPS_H
#define GUEST_TRAPS_H

#include <stdint.h>
#include <xen/xen.h>

/* For the calling VCPU. */
void traps_init(void);
/* For a VCPU that is about to be initialised: `table` is its virtual IDT, by vector. */
void traps_fill(struct trap_info table[256]);

#endif
