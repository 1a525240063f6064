/* What a test image is told on Meridian's command line: `name=value`, before a lone `--`. */
#ifndef TEST_FAULTS_WORDS_H
#define TEST_FAULTS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* What follows `name=`; NULL: the word is not there. */
const char *words_find(const char *line, const char *name);

/* A number with or without a sign, and *at moved past it; false: there is none. */
bool words_number(const char **at, int64_t *value);
/* One more character, if it is that one. */
bool words_skip(const char **at, char c);
/* Whether the text at *at begins with `word`; then *at is moved past it. */
bool words_take(const char **at, const char *word);

/* `name=`'s number; 0 without. */
int64_t words_value(const char *line, const char *name);

#endif
