/* Test-and-set with a wait that ends. Nothing here needs fairness: no lock is held for long. */
#include "cpu/lock.h"

#include "cpu/instructions.h"
#include "log/panic.h"

/* A spin is 40..140 cycles of PAUSE and a load: some 10 s on a PC, more on an emulator. */
#define LOCK_SPINS 300000000u

bool lock_try(struct lock *lock, bool *were_on)
{
    *were_on = irq_save();
    if (!__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
        return true;
    irq_restore(*were_on);
    return false;
}

bool lock_take(struct lock *lock)
{
    bool were_on = irq_save();
    uint32_t spins = 0;

    while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE)) {
        /* Read until it seems free, and only then write: the cache line stays shared by all that wait. */
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED)) {
            if (++spins == LOCK_SPINS)
                panic("lock '%s' was not released in %u turns", lock->name, LOCK_SPINS);
            cpu_relax();
        }
    }
    return were_on;
}

void lock_release(struct lock *lock, bool were_on)
{
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
    irq_restore(were_on);
}
