#include "domain/console_line.h"

#include "log/log.h"

static void let_go(struct console_line *line)
{
    log_write(line->text, line->used);
    line->used = 0;
}

void console_line_take(struct console_line *line, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        line->text[line->used++] = text[i];
        if (text[i] == '\n' || line->used == sizeof line->text)
            let_go(line);
    }
}

void console_line_end(struct console_line *line)
{
    if (line->used)
        console_line_take(line, "\n", 1);
}
