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
    bool mailbox;               /* mailbox: answer what is asked through a page (outside.h) */
    fault_provoke fault;        /* fault=<name>: see fault.h; NULL: none */
    uint64_t settime;           /* settime=<UTC seconds>: set the wall clock first; 0: leave it */
    bool disciplined;           /* disciplined: something outside keeps the guest's own wall clock right */
    uint64_t steer_ppb;         /* steer=<ppb>: that clock runs so much faster than system time */
    uint64_t sync_s;            /* sync=<s>: it sets the hypervisor's every s seconds (60); 0: never */
    bool independent_wallclock; /* independent_wallclock: the guest's own one, and it sets no other */
    uint64_t setters;           /* setters=<n>: n VCPUs set the wall clock all the time, the others watch */
    uint64_t down_ms;           /* down=<ms>: one VCPU after another goes down for so long, and resumes */
    bool bad;                   /* a value was bad and has been printed: nothing should be measured */
};

/* Reads the command line. Words that it does not know are for other programs. It prints each bad value. */
struct options options_parse(const char *line);

#endif
