/* The lock of CPUs that take turns (turns.h): who waits for it lets others run. */
#ifndef TURNS_LOCK_H
#define TURNS_LOCK_H

#include "turns.h"

#include "cpu/lock.h"

bool cpu_has_hypervisor(void)
{
    return false;
}

bool lock_take(struct lock *lock)
{
    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_SEQ_CST))
        cpu_relax();
    return false;
}

void lock_release(struct lock *lock, bool were_on)
{
    (void)were_on;
    __atomic_store_n(&lock->held, 0, __ATOMIC_SEQ_CST);
}

#endif
