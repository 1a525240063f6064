/* The door in from a guest: its exceptions and its calls. */
#ifndef DOMAIN_GUEST_EXIT_H
#define DOMAIN_GUEST_EXIT_H

struct trap_frame;

/* Serves an exception or a SYSCALL from CPL 3. For traps_set_guest; domain_create sets it. */
void guest_exit(struct trap_frame *frame);

#endif
