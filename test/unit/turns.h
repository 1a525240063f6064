/*
 * CPUs in one thread, each on a stack of its own, that change at any turn: whose is next is drawn. Time is a
 * count of ticks that goes on by a few at each turn, so the truth of every TSC is known. A CPU may be held up
 * for long, as by a host or by firmware. Nothing depends on how busy the host is.
 */
#ifndef TURNS_H
#define TURNS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "random.h"

#define TURN_CPUS  4u
#define TURN_STACK (256u * 1024)

static struct turns {
    struct random r;
    uint64_t now;  /* ticks */
    uint64_t step; /* a turn takes 1 to so many */
    uint64_t hold; /* at one turn in hold_in (1000) a CPU is held up for so many at most; 0: never */
    uint64_t hold_in;
    bool at_pauses; /* CPUs change only where one pauses or sleeps (an emulator's single thread) */
    int64_t skew[TURN_CPUS];
    unsigned cpus, cpu; /* how many there are; whose turn it is */
    struct turn_cpu {
        void (*runs)(void);
        ucontext_t at;
        char *stack;
        bool done, asleep, woken;
        uint64_t held_until;
    } of[TURN_CPUS];
    ucontext_t outside;
    void (*nmi)(void); /* runs on CPU 0 at some of its turns, to its end */
    bool in_nmi, running;
} turns;

static uint64_t turn_draw(uint64_t below)
{
    return random_next(&turns.r) % below;
}

static bool turn_ready(unsigned cpu)
{
    const struct turn_cpu *c = &turns.of[cpu];

    return c->runs && !c->done && (!c->asleep || c->woken);
}

/* Who is next: drawn among those that can run now; if all are held up, time goes on to the first. */
static unsigned turn_next(void)
{
    unsigned first = TURN_CPUS, able[TURN_CPUS], count = 0;

    for (unsigned cpu = 0; cpu < turns.cpus; cpu++) {
        if (!turn_ready(cpu))
            continue;
        if (turns.of[cpu].held_until <= turns.now)
            able[count++] = cpu;
        if (first == TURN_CPUS || turns.of[cpu].held_until < turns.of[first].held_until)
            first = cpu;
    }
    if (count)
        return able[turn_draw(count)];
    if (first < TURN_CPUS)
        turns.now = turns.of[first].held_until;
    return first;
}

/* Goes on with another CPU, or outside if all are done. All asleep at once is a wake-up that was lost. */
static void turn_change(void)
{
    unsigned from = turns.cpu, to = turns.running ? turn_next() : from;

    if (to == from)
        return;
    if (to == TURN_CPUS) {
        swapcontext(&turns.of[from].at, &turns.outside);
        return;
    }
    turns.cpu = to;
    swapcontext(&turns.of[from].at, &turns.of[to].at);
}

void turn(void)
{
    turns.now += 1 + turn_draw(turns.step);
    if (turns.hold && turn_draw(turns.hold_in) == 0)
        turns.of[turns.cpu].held_until = turns.now + turn_draw(turns.hold);
    if (turns.nmi && turns.cpu == 0 && !turns.in_nmi && turn_draw(4) == 0) {
        turns.in_nmi = true;
        turns.nmi();
        turns.in_nmi = false;
    }
    if (!turns.at_pauses)
        turn_change();
}

/* This CPU comes so much later. */
__attribute__((unused)) static void turn_late(uint64_t ticks)
{
    turns.of[turns.cpu].held_until = turns.now + ticks;
    turn_change();
}

void turns_copy(void *to, const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
        size_t left = bytes - at < sizeof(uint64_t) ? bytes - at : sizeof(uint64_t);

        turn();
        memcpy((char *)to + at, (const char *)from + at, left);
    }
}

uint64_t rdtsc_ordered(void)
{
    uint64_t tsc;

    turn();
    tsc = turns.now + (uint64_t)turns.skew[turns.cpu];
    turn();
    return tsc;
}

uint64_t rdtsc_after_stores(void)
{
    return rdtsc_ordered();
}

void cpu_relax(void)
{
    turns.now += 40;
    turn();
    turn_change();
}

unsigned cpu_id(void)
{
    return turns.cpu;
}

unsigned cpu_count(void)
{
    return turns.cpus;
}

/* Sleeps until it is woken, or not at all if that came before. */
void cpu_idle(void)
{
    struct turn_cpu *own = &turns.of[turns.cpu];

    turn();
    own->asleep = true;
    turn_change();
    own->asleep = own->woken = false;
}

void smp_wake(unsigned id)
{
    turn();
    turns.of[id].woken = true;
}

static void turn_begin(void)
{
    turns.of[turns.cpu].runs();
    turns.of[turns.cpu].done = true;
    turn_change();
}

/* A test fills in what it wants beside this before turns_run. */
static void turns_new(unsigned cpus, uint64_t seed)
{
    for (unsigned cpu = 0; cpu < TURN_CPUS; cpu++)
        free(turns.of[cpu].stack);
    memset(&turns, 0, sizeof turns);
    turns.cpus = cpus;
    turns.r.state = seed;
    turns.now = 1ull << 40;
    turns.step = 20;
    turns.hold_in = 1000;
}

static void turn_prepare(struct turn_cpu *c)
{
    c->stack = malloc(TURN_STACK);
    getcontext(&c->at);
    c->at.uc_stack.ss_sp = c->stack;
    c->at.uc_stack.ss_size = TURN_STACK;
    makecontext(&c->at, turn_begin, 0);
}

/* Returns true when all are done, and false if some sleep for ever. */
__attribute__((unused)) static bool turns_run(void)
{
    bool all = true;

    for (unsigned cpu = 0; cpu < turns.cpus; cpu++) {
        if (turns.of[cpu].runs)
            turn_prepare(&turns.of[cpu]);
    }
    turns.running = true;
    turns.cpu = turn_next();
    swapcontext(&turns.outside, &turns.of[turns.cpu].at);
    turns.running = false;
    for (unsigned cpu = 0; cpu < turns.cpus; cpu++)
        all = all && (!turns.of[cpu].runs || turns.of[cpu].done);
    return all;
}

#endif
