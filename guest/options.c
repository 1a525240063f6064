#include "options.h"

#include <stddef.h>

#include "log/string.h"
#include "system.h"
#include "wall_witness.h"

#define SYNC_S 60 /* as in 2005 */

/* An option `name=digits` (`name` includes the =), with a value of at most `most`. */
struct number {
    const char *name;
    uint64_t most;
};

/* Returns false if `word` is not the wanted option. A bad value leaves *value alone and sets *bad. */
static bool number(const char *word, size_t length, struct number wanted, uint64_t *value, bool *bad)
{
    size_t at = strlen(wanted.name);

    if (length < at || memcmp(word, wanted.name, at) != 0)
        return false;
    uint64_t sum = 0;
    bool good = at < length;
    for (; good && at < length; at++) {
        unsigned digit = (unsigned)word[at] - '0';

        good = digit <= 9 && digit <= wanted.most && sum <= (wanted.most - digit) / 10;
        sum = sum * 10 + digit;
    }
    if (good)
        *value = sum;
    else
        print("guest: %.*s is not a number up to %lu: correct it or leave it out\n", (int)length, word,
              wanted.most);
    *bad |= !good;
    return true;
}

static bool word_is(const char *word, size_t length, const char *name)
{
    return length == strlen(name) && !memcmp(word, name, length);
}

static void take_fault(const char *name, size_t length, struct options *options)
{
    options->fault = fault_named(name, length);
    if (options->fault)
        return;
    print("guest: no fault is called %.*s: correct it or leave it out\n", (int)length, name);
    options->bad = true;
}

/* Takes the options that are kept in 64 bits, as number() gives them. Returns false for any other word. */
static bool take_number(const char *word, size_t length, struct options *options)
{
    bool *bad = &options->bad;

    return number(word, length, (struct number){"settime=", 1ull << 40}, &options->settime, bad) ||
           number(word, length, (struct number){"steer=", 500000}, &options->steer_ppb, bad) ||
           number(word, length, (struct number){"sync=", 86400}, &options->sync_s, bad) ||
           number(word, length, (struct number){"setters=", WALL_SETTERS_MOST}, &options->setters, bad) ||
           number(word, length, (struct number){"down=", 86400000}, &options->down_ms, bad);
}

static void take_word(const char *word, size_t length, struct options *options)
{
    uint64_t duration_s = options->duration_s, vcpus = options->vcpus;

    if (number(word, length, (struct number){"duration=", 1000000000}, &duration_s, &options->bad))
        options->duration_s = (uint32_t)duration_s;
    else if (number(word, length, (struct number){"vcpus=", 4096}, &vcpus, &options->bad))
        options->vcpus = (uint32_t)vcpus;
    else if (take_number(word, length, options))
        return;
    else if (word_is(word, length, "disciplined"))
        options->disciplined = true;
    else if (word_is(word, length, "independent_wallclock"))
        options->independent_wallclock = true;
    else if (word_is(word, length, "quiet"))
        options->quiet = true;
    else if (word_is(word, length, "records"))
        options->records = true;
    else if (word_is(word, length, "mailbox"))
        options->mailbox = true;
    else if (length > 6 && !memcmp(word, "fault=", 6))
        take_fault(word + 6, length - 6, options);
}

struct options options_parse(const char *line)
{
    struct options options = {.sync_s = SYNC_S};

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
