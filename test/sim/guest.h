/* The guest of a simulated machine: its VCPUs, their records, and how they read them. */
#ifndef SIM_GUEST_H
#define SIM_GUEST_H

#include "meridian/abi.h"
#include "world.h"

struct sim_read;

void guest_begin(void);
/* One try, as this VCPU would make it at this very moment; nothing where it cannot. */
void guest_read(unsigned vcpu);
/* The record that holds on this CPU now, as a guest there finds it. */
const struct meridian_record *guest_record(unsigned cpu);
/*
 * What a read on this CPU would give at this very moment, with no time spent on it. Returns false if there is
 * no whole record.
 */
bool guest_peek(unsigned cpu, struct sim_read *out);
/* Two VCPUs change places. */
void guest_move(unsigned vcpu, unsigned other);
void guest_set_wall(int64_t utc_s, uint32_t utc_ns);

#endif
