/*
 * A machine with an HPET, a PM timer and a PIT on the host, for test_reference.c. Time is counted in TSC
 * ticks of 0.5 ns; every look at the TSC or at a port takes some. The truth about each counter is known, so
 * that readings can be held against it.
 */
#ifndef TEST_FAKE_TIMERS_H
#define TEST_FAKE_TIMERS_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpu/lock.h"
#include "log/log.h"
#include "platform/firmware/acpi.h"
#include "random.h"

#define PS_A_TICK   500u
#define PORT_TICKS  150u
#define RDTSC_TICKS 20u

struct fake_counter {
    bool present, frozen;
    uint64_t num, den; /* ps a count */
    uint64_t offset;   /* its count at the beginning */
    uint64_t step_ps;  /* it sees time in steps of this; 0: as it is */
    uint64_t frozen_at_ps;
};

static struct fake_counter fake_hpet, fake_pmtimer, fake_pit;
static uint32_t hpet_registers[0x400 / 4];
static uint64_t fake_now, fake_looks; /* ticks, and how often anything was looked at */
static bool fake_tsc_frozen;
static unsigned fake_ones_chance; /* one reading in so many is all ones; 0: none */
static uint64_t fake_ripple_ps;   /* a carry takes so long to come through the PM timer's bits */
static unsigned fake_smi_chance;  /* one look in so many is held up; 0: none */
static struct random fake_random;
static unsigned fake_port_reads; /* of port 0x42: low byte, then high byte */
static uint16_t fake_latched;
static uint64_t fake_pit_off,
    fake_pit_loaded;        /* counts: what is off until the second edge after it was set up */
static bool fake_lock_lost; /* the lock is never to be had */
static char fake_log[4096];

static inline uint64_t fake_ps(const struct fake_counter *counter)
{
    uint64_t ps = counter->frozen ? counter->frozen_at_ps : fake_now * PS_A_TICK;
    return counter->step_ps ? ps / counter->step_ps * counter->step_ps : ps;
}

static inline uint64_t fake_count(const struct fake_counter *counter)
{
    return counter->offset + (uint64_t)((unsigned __int128)fake_ps(counter) * counter->den / counter->num);
}

static inline void fake_freeze(struct fake_counter *counter)
{
    counter->frozen_at_ps = fake_now * PS_A_TICK;
    counter->frozen = true;
}

static inline bool fake_gives_ones(void)
{
    return fake_ones_chance && random_next(&fake_random) % fake_ones_chance == 0;
}

/* The HPET is plain memory: its count is brought up to date whenever time passes. */
static inline void fake_pass(uint64_t ticks)
{
    fake_looks++;
    fake_now += ticks + random_next(&fake_random) % 8;
    if (fake_smi_chance && random_next(&fake_random) % fake_smi_chance == 0)
        fake_now += random_next(&fake_random) % 400000; /* up to 200 us */
    uint64_t count = fake_gives_ones() ? UINT64_MAX : fake_count(&fake_hpet);
    hpet_registers[0xf0 / 4] = (uint32_t)count;
    hpet_registers[0xf4 / 4] = (uint32_t)(count >> 32);
}

uint64_t rdtsc_ordered(void)
{
    fake_pass(RDTSC_TICKS);
    return fake_tsc_frozen ? 0 : fake_now;
}

uint8_t inb(uint16_t port)
{
    fake_pass(PORT_TICKS);
    if (!fake_pit.present)
        return 0xff;
    if (port == 0x42)
        return (uint8_t)(fake_port_reads++ % 2 ? fake_latched >> 8 : fake_latched);
    return 0x20;
}

/*
 * The bits of a ripple counter change one after another, the lowest first: while a carry is under way those
 * below it are 0 already, and the one that it goes to is not yet 1.
 */
static inline uint64_t fake_rippling(void)
{
    uint64_t count = fake_count(&fake_pmtimer), before = count - 1, bits = 0;
    uint64_t into_ps = fake_ps(&fake_pmtimer) -
                       (uint64_t)(((unsigned __int128)(count - fake_pmtimer.offset) * fake_pmtimer.num +
                                   fake_pmtimer.den - 1) /
                                  fake_pmtimer.den);

    if (into_ps >= fake_ripple_ps || count == fake_pmtimer.offset)
        return count;
    while (before >> bits & 1)
        bits++;
    bits = bits ? 1 + bits * into_ps / fake_ripple_ps : 0; /* so many have changed */
    return bits ? before & ~((1ull << bits) - 1) : count;
}

uint32_t inl(uint16_t port)
{
    fake_pass(PORT_TICKS / 2);
    uint32_t value = port == 0x608 && fake_pmtimer.present ? (uint32_t)fake_rippling() : UINT32_MAX;
    fake_pass(PORT_TICKS / 2);
    if (fake_gives_ones())
        return UINT32_MAX;
    return port == 0x608 ? (value & 0xffffff) | 0xa5000000 : value; /* what is above 24 bits means nothing */
}

/* It counts downwards. */
static inline uint16_t fake_pit_count(void)
{
    uint64_t count = fake_count(&fake_pit);

    return (uint16_t) - (count - fake_pit_loaded < 2 ? count - fake_pit_off : count);
}

void outb(uint16_t port, uint8_t value)
{
    fake_pass(PORT_TICKS / 2);
    if (port == 0x43 && value == 0x80)
        fake_latched = fake_gives_ones() ? 0xffff : fake_pit_count();
    if (port == 0x42)
        fake_pit_loaded = fake_count(&fake_pit);
    if (port == 0x43)
        fake_port_reads = 0;
    fake_pass(PORT_TICKS / 2);
}

volatile void *map_mmio(uint64_t phys, size_t size)
{
    return phys == 0xfed00000 && size <= sizeof(hpet_registers) ? hpet_registers : NULL;
}

bool lock_try(struct lock *lock, bool *were_on)
{
    (void)lock;
    *were_on = false;
    return !fake_lock_lost;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)lock;
    (void)were_on;
}

void log_print(const char *format, ...)
{
    size_t at = strlen(fake_log);
    va_list args;
    va_start(args, format);
    vsnprintf(fake_log + at, sizeof(fake_log) - at, format, args);
    va_end(args);
}

/* A healthy machine as QEMU's, at a time that differs by `seed`. */
static inline struct machine fake_machine(uint64_t seed)
{
    fake_random = (struct random){seed};
    fake_now = 1000000 + random_next(&fake_random) % 1000000000;
    fake_looks = 0;
    fake_tsc_frozen = fake_lock_lost = false;
    fake_smi_chance = fake_ones_chance = 0;
    fake_ripple_ps = 0;
    fake_pit_off = 0;
    fake_log[0] = 0;
    fake_hpet = (struct fake_counter){.present = true, .num = 10000, .den = 1};
    fake_pmtimer = (struct fake_counter){.present = true, .num = 88000000, .den = 315};
    fake_pit = (struct fake_counter){.present = true, .num = 88000000, .den = 105};
    memset(hpet_registers, 0, sizeof(hpet_registers));
    hpet_registers[0] = 0x8086a201;
    hpet_registers[1] = 10000000;
    return (struct machine){.source = "acpi", .pmtimer_port = 0x608, .hpet_base = 0xfed00000};
}

#endif
