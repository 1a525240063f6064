/* KVM's pair and what it was made from, for the tests. */
#ifndef RIVAL_KVM_H
#define RIVAL_KVM_H

#include "rival_model.h"

struct kvm_pair {
    uint64_t tsc, ns;
};

/* Ticks in so many ns, as a whole number of kHz: what is below is cut off. */
uint64_t rival_kvm_khz(uint64_t ticks, uint64_t ns);

uint64_t rival_kvm_host_khz(const struct rival *r);
struct kvm_pair rival_kvm_pair(const struct rival *r, unsigned cpu);
bool rival_kvm_has_master(const struct rival *r);

#endif
