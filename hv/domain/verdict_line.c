#include "domain/verdict_line.h"

#include "log/string.h"

static const char start[] = "@verdict ";

static bool begins_verdict(const char *text, size_t size)
{
    return size >= sizeof start - 1 && memcmp(text, start, sizeof start - 1) == 0;
}

/* Returns true if `word` stands alone in the line: a space before it, a space or the end after it. */
static bool line_has_word(const char *line, size_t size, const char *word)
{
    size_t length = strlen(word);

    for (size_t at = 1; at + length <= size; at++)
        if (line[at - 1] == ' ' && memcmp(line + at, word, length) == 0 &&
            (at + length == size || line[at + length] == ' '))
            return true;
    return false;
}

static void line_done(struct verdict_lines *lines)
{
    size_t size = lines->used;

    lines->used = 0;
    if (size && lines->line[size - 1] == '\r')
        size--;
    if (!begins_verdict(lines->line, size))
        return;
    lines->reported = true;
    lines->ok = line_has_word(lines->line, size, "result=ok");
}

void verdict_lines_take(struct verdict_lines *lines, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            line_done(lines);
        else if (lines->used < sizeof lines->line)
            lines->line[lines->used++] = text[i];
    }
}

size_t verdict_lines_before(const struct verdict_lines *lines, const char *text, size_t size)
{
    for (size_t at = 0; at < size; at++)
        if ((at ? text[at - 1] == '\n' : !lines->used) && begins_verdict(text + at, size - at))
            return at;
    return size;
}
