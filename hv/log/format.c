/*
 * The bounded printf: one pass over the format, every character goes through put_char(), which knows the
 * room.
 */
#include "log/format.h"

#include <stdbool.h>
#include <stdint.h>

/* A width or precision beyond this is cut to it, so that a bad argument cannot keep the CPU busy. */
#define LARGEST_FIELD 4096

struct text {
    char *out;
    size_t size;   /* room in out, the terminator included */
    size_t length; /* what the whole text has had so far, stored or not */
};

enum length { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG };

struct spec {
    bool left, zero, plus, space;
    int width;
    int precision; /* -1: not given */
    enum length length;
};

static void put_char(struct text *text, char c)
{
    if (text->length + 1 < text->size)
        text->out[text->length] = c;
    text->length++;
}

static void put_many(struct text *text, char c, int count)
{
    for (; count > 0; count--)
        put_char(text, c);
}

static void put_bytes(struct text *text, const char *bytes, int count)
{
    for (int i = 0; i < count; i++)
        put_char(text, bytes[i]);
}

/* Prints `body` in the field's width, with blanks on the side that the flags name. */
static void put_field(struct text *text, const struct spec *spec, const char *body, int length)
{
    int blanks = spec->width - length;

    if (!spec->left)
        put_many(text, ' ', blanks);
    put_bytes(text, body, length);
    if (spec->left)
        put_many(text, ' ', blanks);
}

/* Writes the digits of `value` into the end of `digits`; returns how many. */
static int digits_of(char digits[24], uint64_t value, unsigned base, bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int count = 0;

    for (; value; value /= base)
        digits[23 - count++] = set[value % base];
    return count;
}

/*
 * C11 7.21.6.1: the precision is the least number of digits (none at all for the value 0 at precision 0) and
 * switches the '0' flag off; '-' does too.
 */
static void put_number(struct text *text, const struct spec *spec, uint64_t value, unsigned base, bool upper,
                       const char *prefix)
{
    char digits[24];
    int count = digits_of(digits, value, base, upper);
    int least = spec->precision < 0 ? 1 : spec->precision;
    int zeros = least > count ? least - count : 0;
    int prefix_length = 0, blanks;

    while (prefix[prefix_length])
        prefix_length++;
    blanks = spec->width - prefix_length - zeros - count;
    if (spec->zero && !spec->left && spec->precision < 0 && blanks > 0) {
        zeros += blanks;
        blanks = 0;
    }
    if (!spec->left)
        put_many(text, ' ', blanks);
    put_bytes(text, prefix, prefix_length);
    put_many(text, '0', zeros);
    put_bytes(text, digits + 24 - count, count);
    if (spec->left)
        put_many(text, ' ', blanks);
}

static void put_signed(struct text *text, const struct spec *spec, int64_t value)
{
    const char *sign = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

    put_number(text, spec, magnitude, 10, false, sign);
}

static void put_string(struct text *text, const struct spec *spec, const char *string)
{
    int length = 0;

    if (!string)
        string = "(null)";
    while ((spec->precision < 0 || length < spec->precision) && string[length])
        length++;
    put_field(text, spec, string, length);
}

static bool read_flag(struct spec *spec, char c)
{
    switch (c) {
    case '-': spec->left = true; return true;
    case '0': spec->zero = true; return true;
    case '+': spec->plus = true; return true;
    case ' ': spec->space = true; return true;
    default: return false;
    }
}

static const char *read_digits(const char *at, int *value)
{
    for (*value = 0; *at >= '0' && *at <= '9'; at++)
        if (*value < LARGEST_FIELD)
            *value = *value * 10 + (*at - '0');
    if (*value > LARGEST_FIELD)
        *value = LARGEST_FIELD;
    return at;
}

static int clamp_field(int value)
{
    return value > LARGEST_FIELD ? LARGEST_FIELD : value < -LARGEST_FIELD ? -LARGEST_FIELD : value;
}

/* va_list by pointer, because it is an array on this ABI and would decay unseen. */
struct arguments {
    va_list list;
};

static const char *read_width(const char *at, struct spec *spec, struct arguments *args)
{
    if (*at != '*')
        return read_digits(at, &spec->width);
    spec->width = clamp_field(va_arg(args->list, int));
    if (spec->width < 0) {
        spec->left = true;
        spec->width = -spec->width;
    }
    return at + 1;
}

static const char *read_precision(const char *at, struct spec *spec, struct arguments *args)
{
    if (*at != '.')
        return at;
    at++;
    if (*at != '*')
        return read_digits(at, &spec->precision);
    spec->precision = clamp_field(va_arg(args->list, int));
    if (spec->precision < 0)
        spec->precision = -1;
    return at + 1;
}

static const char *read_length(const char *at, struct spec *spec)
{
    switch (*at) {
    case 'h': spec->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT; return at + (at[1] == 'h' ? 2 : 1);
    case 'l': spec->length = LENGTH_LONG; return at + (at[1] == 'l' ? 2 : 1);
    case 'z':
    case 'j': spec->length = LENGTH_LONG; return at + 1;
    default: return at;
    }
}

static int64_t take_signed(const struct spec *spec, struct arguments *args)
{
    switch (spec->length) {
    case LENGTH_CHAR: return (signed char)va_arg(args->list, int);
    case LENGTH_SHORT: return (short)va_arg(args->list, int);
    case LENGTH_INT: return va_arg(args->list, int);
    default: return va_arg(args->list, long);
    }
}

static uint64_t take_unsigned(const struct spec *spec, struct arguments *args)
{
    switch (spec->length) {
    case LENGTH_CHAR: return (unsigned char)va_arg(args->list, unsigned);
    case LENGTH_SHORT: return (unsigned short)va_arg(args->list, unsigned);
    case LENGTH_INT: return va_arg(args->list, unsigned);
    default: return va_arg(args->list, unsigned long);
    }
}

/* Prints one conversion; returns false if `c` names none that we know. */
static bool print_conversion(struct text *text, const struct spec *spec, char c, struct arguments *args)
{
    char one;

    switch (c) {
    case 'd':
    case 'i': put_signed(text, spec, take_signed(spec, args)); return true;
    case 'u': put_number(text, spec, take_unsigned(spec, args), 10, false, ""); return true;
    case 'x': put_number(text, spec, take_unsigned(spec, args), 16, false, ""); return true;
    case 'X': put_number(text, spec, take_unsigned(spec, args), 16, true, ""); return true;
    case 'p': put_number(text, spec, (uintptr_t)va_arg(args->list, void *), 16, false, "0x"); return true;
    case 's': put_string(text, spec, va_arg(args->list, const char *)); return true;
    case 'c':
        one = (char)va_arg(args->list, int);
        put_field(text, spec, &one, 1);
        return true;
    case '%': put_char(text, '%'); return true;
    default: return false;
    }
}

/* `at` is past the '%'. Returns what follows the conversion; an unknown one is printed as it stands. */
static const char *print_directive(struct text *text, const char *at, struct arguments *args)
{
    struct spec spec = {.precision = -1, .length = LENGTH_INT};
    const char *start = at;

    while (read_flag(&spec, *at))
        at++;
    at = read_width(at, &spec, args);
    at = read_precision(at, &spec, args);
    at = read_length(at, &spec);
    if (*at && print_conversion(text, &spec, *at, args))
        return at + 1;
    put_char(text, '%');
    put_bytes(text, start, (int)(at - start));
    return at;
}

int format_va(char *out, size_t size, const char *format, va_list args)
{
    struct text text = {.out = out, .size = size};
    struct arguments own;

    va_copy(own.list, args);
    while (*format) {
        if (*format == '%')
            format = print_directive(&text, format + 1, &own);
        else
            put_char(&text, *format++);
    }
    va_end(own.list);
    if (size)
        out[text.length < size ? text.length : size - 1] = 0;
    return (int)text.length;
}

int format(char *out, size_t size, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = format_va(out, size, format, args);
    va_end(args);
    return length;
}
