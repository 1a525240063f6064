#include "words.h"

#include <stddef.h>

bool words_take(const char **at, const char *word)
{
    const char *from = *at;

    while (*word && *from == *word) {
        from++;
        word++;
    }
    if (*word)
        return false;
    *at = from;
    return true;
}

const char *words_find(const char *line, const char *name)
{
    while (*line) {
        const char *word = line;

        if (words_take(&word, name) && *word == '=')
            return word + 1;
        word = line;
        if (words_take(&word, "--") && (*word == ' ' || !*word))
            return NULL; /* from here on it is the guest's */
        while (*line && *line != ' ')
            line++;
        while (*line == ' ')
            line++;
    }
    return NULL;
}

bool words_skip(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

bool words_number(const char **at, int64_t *value)
{
    const char *from = *at;
    bool minus = words_skip(&from, '-');

    if (!minus)
        words_skip(&from, '+');
    if (*from < '0' || *from > '9')
        return false;
    for (*value = 0; *from >= '0' && *from <= '9'; from++)
        *value = *value * 10 + (*from - '0');
    if (minus)
        *value = -*value;
    *at = from;
    return true;
}

int64_t words_value(const char *line, const char *name)
{
    const char *at = words_find(line, name);
    int64_t value = 0;

    if (at)
        words_number(&at, &value);
    return value;
}
