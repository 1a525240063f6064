/*
 * The probe prints what the ABI answers, one line a question: "probe: NAME = VALUE". The same program runs on
 * Meridian and on Xen, and test/boot/ compares: it knows no right answer itself, Xen gives it.
 */
#ifndef HOSTILE_PROBE_H
#define HOSTILE_PROBE_H

#include "kit/kit.h"

#define PATIENCE_NS 5000000000ull

#define NOT_CANONICAL 0x8000000000000000ull
#define FAR_AWAY      (1ull << 60) /* not canonical either */
#define HYPERVISOR_VA 0xffff830000000000ull
#define M2P_VA        0xffff800000000000ull
#define NOT_MAPPED    0x1000ull

#define value(name, number)              say("probe: %s = %d\n", name, (long)(number))
#define hex(name, number)                say("probe: %s = %x\n", name, (u64)(number))
#define answer(name, number, first, ...) value(name, call(number, (u64)(first), __VA_ARGS__))
/* Waits for the condition, PATIENCE_NS at most. The line that follows then says what is missing. */
#define wait_until(condition)                                                 \
    for (u64 end_ns_ = now() + PATIENCE_NS; !(condition) && now() < end_ns_;) \
    __asm__ volatile("pause" : : : "memory")

extern char page_a[PAGE_BYTES], page_b[PAGE_BYTES], page_c[2 * PAGE_BYTES];

/* main.c: what the handlers saw. */
extern volatile struct event_frame last_event;
extern volatile unsigned events, last_event_vcpu;
extern volatile u64 ports_seen[64]; /* a bit each */
bool port_seen(evtchn_port_t port);

/* exceptions.c */
void seen_trap(struct trap_frame *frame);

void probe_versions(void);
void probe_callbacks(void);
void probe_exceptions(void);
void probe_registers(void);
void probe_mappings(void);
void probe_channels(void);
void probe_delivery(evtchn_port_t ipi);
void probe_timers(evtchn_port_t timer);
void probe_poll(evtchn_port_t ipi);
void probe_batches(void);
void probe_vcpus(void);
void crash(const char *how);

#endif
