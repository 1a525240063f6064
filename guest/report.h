/* What the guest prints: a line each second while it runs; one for each VCPU and the verdict at the end. */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdint.h>

#include "meridian/clock.h"
#include "options.h"

/* Prepares the report. Call it on VCPU 0, before the first read. */
void report_start(uint32_t vcpus, const struct options *options);
/* Prints the verdict of a run that measures nothing. `reason` is one word. */
void report_refused(const char *reason);
/* Prints what is due by time, and stops the witness at the end. Call it after each of VCPU 0's reads. */
void report_poll(const struct meridian_sample *sample);
/* Prints all that comes at the end. Call it when all VCPUs have stopped. */
void report_end(void);

#endif
