#ifndef PV64_H
#define PV64_H

#include <stdint.h>

/* Segment descriptors (SDM vol. 3, 3.4.5). */
#define GDT_PRESENT (1ul << 47)
#define GDT_DPL3    (3ul << 45)
#define GDT_DATA    0x00cf93000000fffful
#define GDT_CODE64  0x00af9b000000fffful

/* Returns 0, or -1 when it faulted (#GP, in `caught`). */
long load_ds(unsigned selector);
/* Goes on with this cs. Returns what is in cs then. */
long cs_by_far_return(unsigned long selector);
/* After a hypercall. */
unsigned read_cs(void);
/* The iret call, to the next instruction, on the same stack, with rax = 0x1234. */
long same_by_iret(void);
void cpuid_forced(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* user.c: there and back, and what is different there. */
void user_mode(void);

#endif
