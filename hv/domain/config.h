/* What a domain is made from, and the hooks by which it reports. */
#ifndef DOMAIN_CONFIG_H
#define DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum domain_end { DOMAIN_POWEROFF, DOMAIN_REBOOT, DOMAIN_CRASH, DOMAIN_SUSPEND };

/* Pointers, because this room knows nothing above it; hv/boot_guest.c sets them. Either may be NULL. */
struct domain_hooks {
    /*
     * Called once, when the domain has ended, on the CPU where that happened: the guest ended itself
     * (SCHEDOP_shutdown), it had a fault that it could not take, or end_domain() was called. None of its
     * VCPUs runs any more. `why` is one line of text. `reported` says that the guest printed a verdict, a
     * line that begins with "@verdict "; `reported_ok` says that its last verdict had result=ok.
     */
    void (*ended)(enum domain_end end, const char *why, bool reported, bool reported_ok);
    /*
     * Called before a verdict of the guest's is printed, if its "@verdict " comes in one piece. What must
     * stand before the verdict is printed here. Returns false while there is more to print; then it is
     * called again, and timers and events come in between.
     */
    bool (*before_verdict)(void);
};

struct domain_config {
    const void *image; /* the ELF module, readable; not trusted */
    size_t image_size;
    const char *cmdline;
    uint64_t memory_bytes;
    unsigned vcpus;  /* 1..32 */
    bool privileged; /* may set the wall clock for all; its start_info says so */
    struct domain_hooks hooks;
};

#endif
