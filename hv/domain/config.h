/* What a domain is made from, and who is told of its end. */
#ifndef DOMAIN_CONFIG_H
#define DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum domain_end { DOMAIN_POWEROFF, DOMAIN_REBOOT, DOMAIN_CRASH, DOMAIN_SUSPEND };

/* Set by the caller of domain_create, for the domain knows nobody above it. Either may be NULL. */
struct domain_hooks {
    /*
     * Called once, on the CPU where it happened, when the domain has ended: by itself (SCHEDOP_shutdown), by
     * a fault that it could not take, or by end_domain(). None of its VCPUs runs any more. `why` is one line.
     * `reported`: the guest's console showed a line that begins with "@verdict "; `reported_ok`: and that
     * line said result=ok.
     */
    void (*ended)(enum domain_end end, const char *why, bool reported, bool reported_ok);
    /*
     * Called before a line of the guest's that begins with "@verdict " is let out, as far as the line comes
     * in one piece: what should stand before it can be printed then. Returns false while not all of that is
     * printed; then it is called again, with timers and events in between.
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
