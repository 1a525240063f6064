/*
 * The part of <string.h> that a freestanding program needs: the compilers give it no header, but call
 * the first four themselves. Prototypes are the standard's, so host tests may link libc's instead.
 */
#ifndef LOG_STRING_H
#define LOG_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *left, const void *right, size_t count);
void *memchr(const void *from, int byte, size_t count);

size_t strlen(const char *string);
size_t strnlen(const char *string, size_t most);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t count);
char *strchr(const char *string, int c);
char *strstr(const char *string, const char *part);

#endif
