/*
 * In the place of cpu/instructions.h and cpu/percpu.h, for CPUs that are threads of the host (compile with
 * -include): its own TSC and PAUSE, and a skew that the test gives each thread.
 */
#ifndef THREAD_CPU_H
#define THREAD_CPU_H

#include "sim_cpu.h"

bool cpu_has_hypervisor(void);

#endif
