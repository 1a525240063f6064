/* The ways out. */
#ifndef GUEST_POWER_H
#define GUEST_POWER_H

_Noreturn void power_off(void);
/* One line that says why, then SHUTDOWN_crash. */
_Noreturn void power_crash(const char *why);

#endif
