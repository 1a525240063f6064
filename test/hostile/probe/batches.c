/* Multicalls, the privileged domain's calls, and what is Meridian's alone. */
#include "probe/probe.h"

#include <xen/platform.h>
#include <xen/version.h>

#define ENTRIES 40

static struct multicall_entry list[ENTRIES];

static void multicalls(void)
{
    static const char text[] = "probe: hello from a multicall = 0\n";

    for (unsigned i = 0; i < ENTRIES; i++)
        list[i] = (struct multicall_entry){.op = __HYPERVISOR_xen_version, .args = {XENVER_version}};
    list[1].op = 60;
    list[2] = (struct multicall_entry){.op = __HYPERVISOR_console_io,
                                       .args = {CONSOLEIO_write, sizeof text - 1, (u64)text}};
    answer("multicall", __HYPERVISOR_multicall, list, ENTRIES, 0);
    say("probe: its results = %d, %d, %d, and %d at the end\n", (long)list[0].result, (long)list[1].result,
        (long)list[2].result, (long)list[ENTRIES - 1].result);
    list[0] = (struct multicall_entry){.op = __HYPERVISOR_multicall, .args = {(u64)&list[3], 1}};
    answer("multicall of a multicall", __HYPERVISOR_multicall, list, 1, 0);
    value("its result", list[0].result);
    answer("multicall, not mapped", __HYPERVISOR_multicall, NOT_MAPPED, 1, 0);
    answer("multicall of nothing", __HYPERVISOR_multicall, NOT_MAPPED, 0, 0);
}

static void settime(void)
{
    static struct xen_platform_op wish = {.cmd = XENPF_settime64};
    uint32_t utc = 1800000000;

    answer("platform_op of version 0", __HYPERVISOR_platform_op, &wish, 0, 0);
    wish.interface_version = XENPF_INTERFACE_VERSION;
    wish.u.settime64 = (struct xenpf_settime64){.secs = utc, .nsecs = 500000000, .mbz = 1};
    answer("settime64, mbz set", __HYPERVISOR_platform_op, &wish, 0, 0);
    wish.u.settime64.mbz = 0;
    wish.u.settime64.system_time = now();
    answer("settime64", __HYPERVISOR_platform_op, &wish, 0, 0);
    /* wc_sec is UTC at system time 0: some seconds earlier, less than a thousand. */
    value("the wall clock follows", shared->wc_sec <= utc && shared->wc_sec > utc - 1000);
    wish.u.settime64 = (struct xenpf_settime64){.secs = utc, .nsecs = 1, .system_time = 3600000000002};
    answer("settime64, for an hour's time", __HYPERVISOR_platform_op, &wish, 0, 0);
    value("exactly so", shared->wc_sec == utc - 3601 && shared->wc_nsec == 999999999);
    value("and whole", !(shared->wc_version & 1));
    wish.cmd = 0x7fffffff;
    answer("platform_op that is none", __HYPERVISOR_platform_op, &wish, 0, 0);
    answer("platform_op, not mapped", __HYPERVISOR_platform_op, NOT_MAPPED, 0, 0);
}

void probe_batches(void)
{
    multicalls();
    settime();
    answer("call 55", __HYPERVISOR_arch_7, 0, 0, 0);
}
