/* The door out to a guest. */
#ifndef DOMAIN_RUN_H
#define DOMAIN_RUN_H

/* Follows every trap from the guest, and a CPU's start-up. For traps_set_return; domain_create sets it. */
_Noreturn void run_next(void);

#endif
