/* The pieces of the verdict's sentences. Pure. */
#ifndef CHECK_WORDS_H
#define CHECK_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "check/figures.h"

/* Adds to what is there, cut at the end. */
__attribute__((format(printf, 2, 3))) void words_add(char text[VERDICT_TEXT], const char *words, ...);

#define SPAN 24u
/* Returns a time rounded to ns, us or ms: the largest unit that leaves three digits or more. */
const char *words_span(char out[SPAN], uint64_t ns);
const char *words_ppm(char out[SPAN], uint64_t ppb);
/* In percent, where it is that much. */
const char *words_rate(char out[SPAN], uint64_t ppb);

/* linux_words.c. Fills in linux_word, option and linux_advice, which is empty as yet. */
void words_for_linux(const struct evidence *evidence, struct verdict *verdict);

/* timer_words.c. Adds what is held against each timer. */
void words_of_timers(char text[VERDICT_TEXT], const struct timers *timers);
/* Adds whether the board's two crystals agree, as far as is known. */
void words_of_crystals(char text[VERDICT_TEXT], const struct keeper_crystals *crystals, const char *source);
/* Returns true if that is one by which Linux measures the TSC, and watches it. */
bool timers_may_mislead_linux(const struct timers *timers);

#endif
