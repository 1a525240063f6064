#include "power.h"

#include <stdint.h>
#include <xen/sched.h>

#include "console.h"
#include "hypercall.h"

static _Noreturn void shut_down(unsigned reason)
{
    struct sched_shutdown argument = {.reason = reason};
    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, address_of(&argument), 0, 0);
}

void power_off(void)
{
    shut_down(SHUTDOWN_poweroff);
}

void power_crash(const char *why)
{
    print("guest: %s: stopping\n", why);
    shut_down(SHUTDOWN_crash);
}
