/* Raw records, printed for whoever holds them against a clock outside of the machine. */
#ifndef GUEST_RECORDS_H
#define GUEST_RECORDS_H

#include <stdint.h>

#include "meridian/clock.h"

/* After each of VCPU 0's reads, with what was read: prints every record that another has followed. */
void records_poll(const struct meridian_sample *sample, uint32_t vcpus);
/* At the end: those that none has followed. */
void records_end(void);

#endif
