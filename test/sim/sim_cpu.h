/* The simulator's CPUs (compile with -include). */
#define SIM_CPU_ASKED
#include "../unit/sim_cpu.h"
