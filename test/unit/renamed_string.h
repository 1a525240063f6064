/* hv/log/string.c under other names, so that it can stand beside libc's in one program. */
#ifndef TEST_RENAMED_STRING_H
#define TEST_RENAMED_STRING_H

#include <stddef.h>

void *our_memcpy(void *restrict to, const void *restrict from, size_t count);
void *our_memmove(void *to, const void *from, size_t count);
void *our_memset(void *to, int byte, size_t count);
int our_memcmp(const void *left, const void *right, size_t count);
void *our_memchr(const void *from, int byte, size_t count);
size_t our_strlen(const char *string);
size_t our_strnlen(const char *string, size_t most);
int our_strcmp(const char *left, const char *right);
int our_strncmp(const char *left, const char *right, size_t count);
char *our_strchr(const char *string, int c);
char *our_strstr(const char *string, const char *part);

#endif
