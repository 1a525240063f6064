/* From the hypervisor back to a guest. */
#ifndef DOMAIN_RUN_H
#define DOMAIN_RUN_H

/* What follows every trap from the guest, for traps_set_return; also where a CPU begins. */
_Noreturn void run_next(void);

#endif
