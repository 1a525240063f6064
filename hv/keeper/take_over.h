/* A CPU that dies with the keeper's lock: another takes over from it. */
#ifndef KEEPER_TAKE_OVER_H
#define KEEPER_TAKE_OVER_H

/* Once the other CPUs run: from now on a CPU that waits for the keeper's lock gives a dead holder up. */
void take_over_start(void);

#endif
