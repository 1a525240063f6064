/* Test-and-set with a wait that ends. Nothing here needs fairness: no lock is held for long. */
#include "cpu/lock.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "log/panic.h"

/* A spin is 40..140 cycles of PAUSE and a load: some 10 s on a PC, more on an emulator. */
#define LOCK_SPINS 300000000u

static uint32_t own_mark(void)
{
    return cpu_id() + 1;
}

static bool change_hands(struct lock *lock, uint32_t from)
{
    if (!__atomic_compare_exchange_n(&lock->held, &from, own_mark(), false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    __atomic_store_n(&lock->taken, lock->taken + 1, __ATOMIC_RELAXED);
    return true;
}

bool lock_take_from(struct lock *lock, unsigned holder)
{
    return change_hands(lock, holder + 1);
}

bool lock_try(struct lock *lock, bool *were_on)
{
    *were_on = irq_save();
    if (change_hands(lock, 0))
        return true;
    irq_restore(*were_on);
    return false;
}

bool lock_take(struct lock *lock)
{
    bool were_on = irq_save();
    uint32_t spins = 0, holder;

    while (!change_hands(lock, 0)) {
        /* Read until it seems free, and only then write: the cache line stays shared by all that wait. */
        while ((holder = __atomic_load_n(&lock->held, __ATOMIC_RELAXED)) != 0) {
            if (lock->lost && holder != own_mark() && lock->lost(lock, holder - 1))
                return were_on;
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
