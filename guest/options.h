/* The guest's command line. */
#ifndef GUEST_OPTIONS_H
#define GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Faults on purpose, to see that they are reported and that the hypervisor lives on. */
enum fault { FAULT_NONE, FAULT_OPCODE, FAULT_NULL, FAULT_TIMEPAGE };

struct options {
    uint32_t duration_s; /* duration=<s>: measure so long, then power off; 0: for ever */
    uint32_t vcpus;      /* vcpus=<n>: start at most so many; 0: all there are */
    bool quiet;          /* quiet: only the lines that begin with @ */
    enum fault
        fault; /* fault=opcode|null|timepage: an undefined instruction; a write to 0; one to the time page */
    uint64_t settime; /* settime=<UTC seconds>: set the wall clock first; 0: leave it */
};

/* Words it does not know are for others. A bad value is named and left out. */
struct options options_parse(const char *line);

#endif
