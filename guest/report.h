/* The lines: one a second while it runs, one a VCPU and the verdict at the end. */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdint.h>

#include "meridian/clock.h"
#include "options.h"

/* On VCPU 0, before the first read. */
void report_start(uint32_t vcpus, const struct options *options);
/* The verdict when nothing is measured at all; reason: one word. */
void report_refused(const char *reason);
/* After each of VCPU 0's reads: what is due by time. Stops the witness at the end. */
void report_poll(const struct meridian_sample *sample);
/* When all have stopped. */
void report_end(void);

#endif
