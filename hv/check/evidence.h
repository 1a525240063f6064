/* What the judge is told, gathered from keeper and CPU. */
#ifndef CHECK_EVIDENCE_H
#define CHECK_EVIDENCE_H

#include "check/judge.h"

/*
 * Fills `cpus` (at least cpu_count() of them, the caller's memory) and all of `evidence`. Any CPU, once
 * system time runs.
 */
void evidence_gather(struct judge_cpu *cpus, uint32_t watched_s, struct evidence *evidence);

#endif
