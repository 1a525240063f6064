/* The guest's command line. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

struct options {
    uint32_t duration_s; /* duration=<s>: measure so long, then power off; 0: for ever */
    uint32_t vcpus;      /* vcpus=<n>: start at most so many; 0: all there are */
    bool quiet;          /* quiet: only the lines that begin with @ */
    fault_provoke fault; /* fault=<name>: see fault.h; NULL: none */
    uint64_t settime;    /* settime=<UTC seconds>: set the wall clock first; 0: leave it */
    bool bad;            /* some word's value was bad: it was named, and nothing should be measured */
};

/* Words it does not know are for others. A bad value is named. */
struct options options_parse(const char *line);

#endif
