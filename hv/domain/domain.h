/* The guest: built from a module, run on every CPU, ended with a report. */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct domain_config {
    const void *image; /* the ELF module, readable; not trusted */
    size_t image_size;
    const char *cmdline;
    uint64_t memory_bytes;
    unsigned vcpus;       /* 1..32; VCPU n runs on the nth CPU whose TSC could be measured */
    const uint32_t *cpus; /* VCPU n runs on CPU cpus[n]; no CPU twice */
};

enum domain_end { DOMAIN_POWEROFF, DOMAIN_REBOOT, DOMAIN_CRASH, DOMAIN_SUSPEND };

/* NULL: built, VCPU 0 ready to run. Else why not, as a sentence's middle; nothing of it remains in the way.
 */
const char *domain_create(const struct domain_config *config);

/*
 * Called once, on the CPU where it happened, when the domain has ended by itself (SCHEDOP_shutdown), by a
 * fault it could not take, or by domain_stop(); no VCPU runs any more. `why` is one line. `reported`: the
 * guest's console showed a line that begins with "@verdict "; `reported_ok`: and that it said result=ok.
 */
void domain_on_end(void (*ended)(enum domain_end end, const char *why, bool reported, bool reported_ok));
void domain_stop(const char *why); /* from a timer: by time */

/* Every CPU ends its start-up here: runs its VCPU, idles without one. */
_Noreturn void domain_run_cpu(void);

#endif
