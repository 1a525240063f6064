/* Exceptions: none is expected, so each is reported and ends the domain. */
#ifndef GUEST_TRAPS_H
#define GUEST_TRAPS_H

#include <stdint.h>
#include <xen/xen.h>

/* Sets the calling VCPU's trap table. Crashes the domain if that is refused. */
void traps_init(void);
/* Fills `table`, by vector: the virtual IDT of a VCPU that is about to be initialised. */
void traps_fill(struct trap_info table[256]);

#endif
