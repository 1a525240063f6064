/*
 * A spin lock with a wait that ends: after about 10 s it panics, and names the lock. Where a CPU that holds
 * it may be given up sooner, `lost` decides.
 */
#ifndef CPU_LOCK_H
#define CPU_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
    const char *name;
    uint32_t held;  /* 0, or the holder's id and 1 */
    uint32_t taken; /* how often it was taken; the holder's to write */
    /*
     * NULL, or called over and over while another CPU holds it. Returns true if it has taken the lock from
     * that CPU (lock_take_from): the wait is over then.
     */
    bool (*lost)(struct lock *lock, unsigned holder);
};

#define LOCK_INIT(n)           \
    {                          \
        .name = (n), .held = 0 \
    }

/* Both switch interrupts off with the lock, and say whether they were on, for lock_release. */
bool lock_take(struct lock *lock);
bool lock_try(struct lock *lock, bool *were_on);
/*
 * For a holder that will certainly never run again. Returns false if it does not hold the lock any more, or
 * another CPU was quicker.
 */
bool lock_take_from(struct lock *lock, unsigned holder);
void lock_release(struct lock *lock, bool were_on);

#endif
