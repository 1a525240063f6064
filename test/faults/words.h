/* What a test image is told on Meridian's command line: `name=value`, before a lone `--`. */
#ifndef TEST_FAULTS_WORDS_H
#define TEST_FAULTS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns what follows `name=`, or NULL if the word is not there. */
const char *words_find(const char *line, const char *name);

/* Reads a number, with or without a sign, and moves *at past it. Returns false if there is none. */
bool words_number(const char **at, int64_t *value);
/* Moves *at past one character if it is that one. Returns false if it is not. */
bool words_skip(const char **at, char c);
/* Moves *at past `word` if the text there begins with it. Returns false if it does not. */
bool words_take(const char **at, const char *word);

/* Returns the number of `name=`, or 0 without it. */
int64_t words_value(const char *line, const char *name);

#endif
