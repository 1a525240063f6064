#include "check/words.h"

#include <stdarg.h>

#include "log/format.h"
#include "log/string.h"

void words_add(char text[VERDICT_TEXT], const char *words, ...)
{
    size_t length = strlen(text);
    va_list args;

    va_start(args, words);
    format_va(text + length, VERDICT_TEXT - length, words, args);
    va_end(args);
}

const char *words_span(char out[SPAN], uint64_t ns)
{
    unsigned unit = ns >= 100000000 ? 1000000 : ns >= 100000 ? 1000 : 1;
    uint64_t rounded = ns / unit + ns % unit * 2 / unit;

    format(out, SPAN, "%lu %s", rounded, unit == 1 ? "ns" : unit == 1000 ? "us" : "ms");
    return out;
}

const char *words_ppm(char out[SPAN], uint64_t ppb)
{
    format(out, SPAN, "%lu.%03lu ppm", ppb / 1000, ppb % 1000);
    return out;
}

const char *words_rate(char out[SPAN], uint64_t ppb)
{
    if (ppb < 1000000)
        return words_ppm(out, ppb);
    format(out, SPAN, "%lu.%03lu %%", ppb / 10000000, ppb / 10000 % 1000);
    return out;
}
