/* The two doors between cpu/traps.c and a guest: in by guest_exit.c, out by run.c. */
#ifndef DOMAIN_GUEST_DOORS_H
#define DOMAIN_GUEST_DOORS_H

struct trap_frame;

/* Serves an exception or a SYSCALL from CPL 3. For traps_set_guest; domain_create sets it. */
void guest_exit(struct trap_frame *frame);

/* Follows every trap from the guest, and a CPU's start-up. For traps_set_return; domain_create sets it. */
_Noreturn void run_next(void);

#endif
