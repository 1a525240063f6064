#include <stdarg.h>

#include "kit/kit.h"

#define LINE_BYTES 200

struct line {
    char text[LINE_BYTES];
    unsigned used;
};

static void put(struct line *line, char c)
{
    if (line->used < LINE_BYTES)
        line->text[line->used++] = c;
}

static void put_text(struct line *line, const char *text)
{
    while (*text)
        put(line, *text++);
}

static void put_number(struct line *line, u64 number, unsigned base)
{
    char digits[24];
    unsigned at = sizeof digits - 1;

    digits[at] = 0;
    do
        digits[--at] = "0123456789abcdef"[number % base];
    while (number /= base);
    put_text(line, digits + at);
}

static void put_signed(struct line *line, long number)
{
    if (number < 0)
        put(line, '-');
    put_number(line, number < 0 ? -(u64)number : (u64)number, 10);
}

void say(const char *format, ...)
{
    struct line line = {.used = 0};
    va_list args;

    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(&line, *format);
            continue;
        }
        switch (*++format) {
        case 's': put_text(&line, va_arg(args, const char *)); break;
        case 'd': put_signed(&line, va_arg(args, long)); break;
        case 'x': put_number(&line, va_arg(args, u64), 16); break;
        default: put(&line, '?'); break;
        }
    }
    va_end(args);
    call(__HYPERVISOR_console_io, CONSOLEIO_write, line.used, (u64)line.text);
}

bool begins(const char *text, const char *with)
{
    while (*with)
        if (*text++ != *with++)
            return false;
    return true;
}

/* The compiler may call these by itself; a loop that it recognises as one of them would call itself. */
void *memset(void *to, int byte, size_t size)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}

void *memcpy(void *to, const void *from, size_t size)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}
