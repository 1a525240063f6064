/* A spin lock with a wait that ends: after about 10 s it panics, and names the lock. */
#ifndef CPU_LOCK_H
#define CPU_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
    const char *name;
    uint32_t held;
};

#define LOCK_INIT(n)           \
    {                          \
        .name = (n), .held = 0 \
    }

/* Both switch interrupts off with the lock, and say whether they were on, for lock_release. */
bool lock_take(struct lock *lock);
bool lock_try(struct lock *lock, bool *were_on);
void lock_release(struct lock *lock, bool were_on);

#endif
