/* Machines run in parts, by several processes or computers, and added up. */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include <stdio.h>

#include "sim.h"

/* Prints the parts that so many machines are run in, a line each: the first seed, and how many. */
void parts_plan(const struct wish *wish, uint64_t planned);
/* Runs so many machines, the first is the wish's; what they were goes to stdout, as a part. */
void part_run(const struct wish *wish, uint64_t count);
/*
 * Adds up the file's parts, which stand in the order of their seeds. Returns false, and says why on stderr,
 * unless each of the planned seeds is in them exactly once. Once BROKEN_ENOUGH promises are broken it asks
 * for no more.
 */
bool parts_merge(FILE *file, const struct wish *wish, uint64_t planned, struct tally *all);

#endif
