/* xen_version's questions, calls that do not exist, and addresses that lead nowhere. */
#include "probe/probe.h"

#include <xen/features.h>
#include <xen/version.h>

static char buffer[2048] __attribute__((aligned(8)));

#define version(name, question, to) \
    answer("xen_version " name, __HYPERVISOR_xen_version, question, (u64)(to), 0)

static void questions(void)
{
    version("version", XENVER_version, 0);
    version("extraversion", XENVER_extraversion, buffer);
    version("extraversion, not mapped", XENVER_extraversion, NOT_MAPPED);
    version("compile_info", XENVER_compile_info, buffer);
    version("capabilities", XENVER_capabilities, buffer);
    value("capabilities name the ABI", begins(buffer, "xen-3.0-x86_64"));
    version("changeset", XENVER_changeset, buffer);
    version("platform_parameters", XENVER_platform_parameters, buffer);
    hex("virt_start", *(u64 *)buffer);
    version("pagesize", XENVER_pagesize, 0);
    version("pagesize, with an address", XENVER_pagesize, 1);
    version("guest_handle", XENVER_guest_handle, buffer);
    version("commandline", XENVER_commandline, buffer);
    version("99", 99, buffer);
}

static void features(void)
{
    struct xen_feature_info info = {.submap_idx = 0};

    version("features", XENVER_get_features, &info);
    hex("features bitmap", info.submap);
    info.submap_idx = 1;
    version("features, second word", XENVER_get_features, &info);
    info.submap_idx = 77;
    version("features, word 77", XENVER_get_features, &info);
}

static void unknown_calls(void)
{
    answer("call 60", 60, 0, 0, 0);
    answer("call 63", 63, 0, 0, 0);
    answer("call 64", 64, 0, 0, 0);
    answer("call -1", ~0ull, 0, 0, 0);
    answer("call 2^32 + 17", (1ull << 32) + 17, 0, 0, 0);
    answer("sched_op 99", __HYPERVISOR_sched_op, 99, 0, 0);
    answer("vcpu_op 99", __HYPERVISOR_vcpu_op, 99, 0, 0);
    answer("event_channel_op 99", __HYPERVISOR_event_channel_op, 99, 0, 0);
}

static void console(void)
{
    answer("console_io 5", __HYPERVISOR_console_io, 5, 0, 0);
    answer("console, not mapped", __HYPERVISOR_console_io, CONSOLEIO_write, 10, NOT_MAPPED);
    answer("console, hypervisor's", __HYPERVISOR_console_io, CONSOLEIO_write, 10, HYPERVISOR_VA);
    answer("console, not canonical", __HYPERVISOR_console_io, CONSOLEIO_write, 10, NOT_CANONICAL);
    answer("console, nothing", __HYPERVISOR_console_io, CONSOLEIO_write, 0, NOT_MAPPED);
}

void probe_versions(void)
{
    questions();
    features();
    unknown_calls();
    console();
}
