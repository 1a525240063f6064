/* Physical memory of this machine, for the rest of this room: how far it reaches, and frames of it. */
#ifndef CPU_PHYSICAL_H
#define CPU_PHYSICAL_H

#include <stdbool.h>
#include <stdint.h>

/* One past the highest physical address this CPU can form. */
uint64_t physical_limit(void);

/* Whether pages may be given the types of the PAT (SDM vol. 3, 11.12). */
bool cpu_has_pat(void);

/* frames_take (frames.h) for when other CPUs run as well. */
uint64_t frames_take_locked(uint64_t count, uint64_t align_bytes, uint64_t limit);

#endif
