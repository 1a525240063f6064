/* In the place of cpu/percpu.h, for what runs on every CPU (compile with -include): the test says which. */
#ifndef FAKE_PERCPU_H
#define FAKE_PERCPU_H

#define CPU_PERCPU_H
#define MAX_CPUS 256

unsigned cpu_id(void);
unsigned cpu_count(void);

#endif
