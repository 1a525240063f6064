/* The words of sources.h. */
#include "platform/reference/sources.h"

#include "log/string.h"

#define WORDS(source, name, linux_option, floor) {name, linux_option},

static const struct {
    const char *name, *linux_option;
} words[] = {REFERENCE_SOURCES(WORDS)};

_Static_assert(sizeof words / sizeof words[0] == SOURCES, "a row each");

const char *source_named(const char *text, size_t length)
{
    for (unsigned i = 0; i < SOURCES; i++)
        if (strlen(words[i].name) == length && strncmp(words[i].name, text, length) == 0)
            return words[i].name;
    return NULL;
}

const char *source_linux_option(const char *name)
{
    for (unsigned i = 0; i < SOURCES; i++)
        if (strcmp(words[i].name, name) == 0)
            return words[i].linux_option;
    return NULL;
}
