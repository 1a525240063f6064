/* Faults on purpose, to see that they are reported and that the hypervisor lives on. */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The fault that fault=NAME asks for: opcode (an undefined instruction), null (a write to 0), timepage (a
 * write to the time page), divide, breakpoint, gp (an address that is no address), gate (INT n without a
 * gate), guard (a write to a page that was taken out), overflow (calls until the stack runs into that page),
 * handler (the page fault handler faults itself), nohandler (a fault that none is set for). NULL: no such
 * name.
 */
typedef void (*fault_provoke)(void);
fault_provoke fault_named(const char *name, size_t length);

#endif
