#include "options.h"

#include <stddef.h>

#include "console.h"
#include "log/string.h"

/* `word` is `name=digits`: its value, at most `most`. Leaves *value alone when it is another word or bad. */
static bool number(const char *word, size_t length, const char *name, uint64_t most, uint64_t *value)
{
    size_t at = strlen(name);
    if (length < at || memcmp(word, name, at) != 0)
        return false;
    uint64_t sum = 0;
    bool good = at < length;
    for (; good && at < length; at++) {
        unsigned digit = (unsigned)word[at] - '0';
        good = digit <= 9 && sum <= (most - digit) / 10;
        sum = sum * 10 + digit;
    }
    if (!good)
        print("guest: %.*s is not a number up to %lu: left out\n", (int)length, word, most);
    else
        *value = sum;
    return true;
}

static bool word_is(const char *word, size_t length, const char *name)
{
    return length == strlen(name) && !memcmp(word, name, length);
}

static void take_word(const char *word, size_t length, struct options *options)
{
    uint64_t duration_s = options->duration_s, vcpus = options->vcpus;
    if (number(word, length, "duration=", 1000000000, &duration_s))
        options->duration_s = (uint32_t)duration_s;
    else if (number(word, length, "vcpus=", 4096, &vcpus))
        options->vcpus = (uint32_t)vcpus;
    else if (number(word, length, "settime=", 1ull << 40, &options->settime))
        return;
    else if (word_is(word, length, "quiet"))
        options->quiet = true;
    else if (word_is(word, length, "fault=opcode"))
        options->fault = FAULT_OPCODE;
    else if (word_is(word, length, "fault=null"))
        options->fault = FAULT_NULL;
    else if (word_is(word, length, "fault=timepage"))
        options->fault = FAULT_TIMEPAGE;
}

struct options options_parse(const char *line)
{
    struct options options = {0};
    while (*line) {
        size_t length = 0;
        while (line[length] && line[length] != ' ')
            length++;
        take_word(line, length, &options);
        line += length;
        line += *line == ' ';
    }
    return options;
}
