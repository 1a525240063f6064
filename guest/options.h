/* The guest's command line. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

struct options {
    uint32_t duration_s;        /* duration=<s>: measure so long, then power off; 0: for ever */
    uint32_t vcpus;             /* vcpus=<n>: start at most so many; 0: all there are */
    bool quiet;                 /* quiet: only the lines that begin with @ */
    bool records;               /* records: print every record, raw, for a judge outside (outside.h) */
    bool mailbox;               /* mailbox: answer whoever asks through a page (outside.h) */
    fault_provoke fault;        /* fault=<name>: see fault.h; NULL: none */
    uint64_t settime;           /* settime=<UTC seconds>: set the wall clock first; 0: leave it */
    bool disciplined;           /* disciplined: something outside keeps the guest's own wall clock right */
    uint64_t steer_ppb;         /* steer=<ppb>: by having it run so much faster than system time */
    uint64_t sync_s;            /* sync=<s>: then the hypervisor's is brought to it so often; 60 */
    bool independent_wallclock; /* independent_wallclock: its own, and nobody else's */
    uint64_t setters; /* setters=<n>: so many VCPUs set the wall clock all the time, the others watch */
    uint64_t down_ms; /* down=<ms>: each VCPU in turn goes down for so long, and resumes */
    bool bad;         /* some word's value was bad: it was named, and nothing should be measured */
};

/* Words it does not know are for others. A bad value is named. */
struct options options_parse(const char *line);

#endif
