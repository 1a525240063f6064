/* Makes LFENCE what every clock here takes it for. */
#ifndef CPU_LFENCE_H
#define CPU_LFENCE_H

/* On this CPU, and so for the guest's readers too. */
void lfence_init_cpu(void);

#endif
