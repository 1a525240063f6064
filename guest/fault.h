/* Faults on purpose, to see that they are reported and that the hypervisor lives on. */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What fault=NAME can ask for:
 *
 * opcode      an undefined instruction
 * null        a write to address 0
 * timepage    a write to the time page
 * divide      a division by 0
 * breakpoint  INT3
 * gp          a write to an address that is not canonical
 * gate        INT n without a gate for n
 * guard       a write to a page that was taken out
 * overflow    calls until the stack runs into that page
 * handler     a page fault, and another one in its handler
 * nohandler   a fault for which no handler is set
 */
typedef void (*fault_provoke)(void);

/* Returns NULL if no fault has this name, which is `length` characters long. */
fault_provoke fault_named(const char *name, size_t length);

#endif
