/*
 * What is proved of the time core, for all inputs (docs/proofs.md). A function prove_*() takes what is to be
 * any number, says with assume() which numbers are meant, and claims what must be true for all of them.
 * scripts/prove follows every way through it; the same function, called with numbers, tries them.
 */
#ifndef PROVE_H
#define PROVE_H

#include <stdbool.h>
#include <stdint.h>

typedef unsigned __int128 wide;
typedef __int128 signed_wide;

void assume(bool true_of_all_that_are_meant);
void claim(bool true_then);

#define YEAR_NS     31556952000000000ull
#define LIFE_NS     (136 * YEAR_NS) /* system time is promised to go so far */
#define SCALE_LEAST 0x80000000u     /* mul's range */

#endif
