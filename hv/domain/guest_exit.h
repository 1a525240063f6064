/* Where a guest leaves off: its exceptions and its calls. */
#ifndef DOMAIN_GUEST_EXIT_H
#define DOMAIN_GUEST_EXIT_H

struct trap_frame;

/* The handler of exceptions and SYSCALLs from CPL 3, for traps_set_guest. */
void guest_exit(struct trap_frame *frame);

#endif
