/*
 * In the place of cpu/instructions.h and cpu/percpu.h, for CPUs that take turns (compile with -include;
 * turns.h is the other half): other CPUs may run ahead of each atomic access, each fence, each word of a copy
 * and each look at the TSC. So the very code of all partners runs, in any order of its steps.
 */
#ifndef TURNS_CPU_H
#define TURNS_CPU_H

#include "sim_cpu.h"

#define MAX_CPUS 256

bool cpu_has_hypervisor(void);
bool irq_save(void);
void irq_restore(bool were_on);

/* Others may run now. */
void turn(void);
void turns_copy(void *to, const void *from, size_t bytes);

#define __atomic_load_n(where, order)            (turn(), __atomic_load_n(where, order))
#define __atomic_store_n(where, value, order)    (turn(), __atomic_store_n(where, value, order))
#define __atomic_exchange_n(where, value, order) (turn(), __atomic_exchange_n(where, value, order))
#define __atomic_compare_exchange_n(where, expected, value, weak, done, failed) \
    (turn(), __atomic_compare_exchange_n(where, expected, value, weak, done, failed))
#define __atomic_fetch_or(where, value, order)  (turn(), __atomic_fetch_or(where, value, order))
#define __atomic_fetch_and(where, value, order) (turn(), __atomic_fetch_and(where, value, order))
#define __atomic_thread_fence(order)            (turn(), __atomic_thread_fence(order))
#define __builtin_memcpy(to, from, bytes)       turns_copy(to, from, bytes)

#endif
