#include "platform/loader/options.h"

/* A piece of the line; it does not end in a zero byte. */
struct text {
    const char *at;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool text_is(struct text text, const char *word)
{
    size_t i = 0;
    while (i < text.length && word[i] != 0 && text.at[i] == word[i])
        i++;
    return i == text.length && word[i] == 0;
}

/* Decimal digits only, within [least, most]. */
static bool number_within(struct text text, uint32_t least, uint32_t most, uint32_t *out)
{
    uint64_t value = 0;
    if (text.length == 0 || text.length > 10)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.at[i] - '0');
    }
    if (value < least || value > most)
        return false;
    *out = (uint32_t)value;
    return true;
}

/*
 * One option: where its value goes in struct options, and how it is read. A choice is one of `words`, each
 * with its zero, and its number there is the enum's. A number lies within [least, most].
 */
enum kind { SWITCH, CHOICE, NUMBER, NOSMP };
static const struct option {
    char name[14];
    uint8_t kind, at;
    union {
        const char *words;
        struct {
            uint32_t least, most;
        };
    };
    const char *why; /* it was refused: what it should have been */
} table[] = {
#define AT(member) offsetof(struct options, member)
    {"acpi", SWITCH, AT(acpi), {0}, "must be on or off"},
    {"nosmp", NOSMP, AT(max_cpus), {0}, "takes no value"},
    {"maxcpus", NUMBER, AT(max_cpus), {.least = 1, .most = 256}, "must be 1 to 256"},
    {"clocksource", CHOICE, AT(source), {"auto\0pit\0hpet\0pmtimer\0"}, "must be auto, pit, hpet or pmtimer"},
    {"clockmode", CHOICE, AT(mode), {"auto\0unified\0percpu\0"}, "must be auto, unified or percpu"},
    {"wander", NUMBER, AT(wander_ppb_s), {.most = 1000000}, "must be ppb per second, 0 to 1000000"},
    {"mem", NUMBER, AT(guest_mib), {.least = 8, .most = 4096}, "must be MiB, 8 to 4096"},
    {"vcpus", NUMBER, AT(vcpus), {.most = 32}, "must be 0 (one on each CPU) to 32"},
    {"duration", NUMBER, AT(duration_s), {.most = UINT32_MAX}, "must be seconds, 0 for no end"},
    {"discipline", SWITCH, AT(discipline), {0}, "must be on or off"},
    {"screen", SWITCH, AT(screen), {0}, "must be on or off"},
    {"idle", SWITCH, AT(idle_trial), {0}, "must be on or off"},
    {"end", CHOICE, AT(end), {"stay\0poweroff\0reset\0"}, "must be stay, poweroff or reset"},
#undef AT
};
_Static_assert(sizeof(struct options) < 256, "option.at");
_Static_assert(sizeof(enum clocksource) == 4 && CLOCKSOURCE_PMTIMER == 3, "clocksource's words");
_Static_assert(sizeof(enum clockmode) == 4 && CLOCKMODE_UNIFIED == 1 && CLOCKMODE_PERCPU == 2, "clockmode's");
_Static_assert(sizeof(enum end) == 4 && END_POWER_OFF == 1 && END_RESET == 2, "end's");

static bool choose(struct text value, const char *words, uint32_t *out)
{
    for (uint32_t number = 0; *words; number++) {
        if (text_is(value, words)) {
            *out = number;
            return true;
        }
        while (*words++)
            ;
    }
    return false;
}

/* False: the value is bad, and nothing was changed. */
static bool set(const struct option *option, struct text value, struct options *out)
{
    void *at = (char *)out + option->at;
    uint32_t on;

    switch (option->kind) {
    case SWITCH:
        if (!choose(value, "off\0on\0", &on))
            return false;
        *(bool *)at = on;
        return true;
    case CHOICE: return choose(value, option->words, at);
    case NUMBER: return number_within(value, option->least, option->most, at);
    default: /* NOSMP */
        if (!value.length)
            *(uint32_t *)at = 1;
        return !value.length;
    }
}

/* One word of the line; what is wrong with it, or NULL. */
static const char *take_word(struct text word, struct options *out)
{
    struct text name = word, value = {word.at + word.length, 0};
    for (size_t i = 0; i < word.length; i++) {
        if (word.at[i] == '=') {
            name.length = i;
            value = (struct text){word.at + i + 1, word.length - i - 1};
            break;
        }
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (text_is(name, table[i].name)) {
            const char *why = set(&table[i], value, out) ? NULL : table[i].why;
            if (why && !out->bad.why)
                out->bad = (struct option_refused){word.at, word.length, why};
            return why;
        }
    }
    return "is not an option of mine: ignored";
}

/* The next word of *line; length 0 at its end, or at a lone "--". */
static struct text next_word(const char **line)
{
    while (is_blank(**line))
        (*line)++;
    struct text word = {*line, 0};
    while (word.at[word.length] != 0 && !is_blank(word.at[word.length]))
        word.length++;
    if (text_is(word, "--"))
        word.length = 0;
    else
        *line += word.length;
    return word;
}

bool options_parse(const char *line, struct options *out, options_complaint complain)
{
    *out = (struct options){
        .acpi = true,
        .discipline = true,
        .wander_ppb_s = 10,
        .guest_mib = 32,
        .screen = true,
        .idle_trial = true,
    };
    for (struct text word = next_word(&line); word.length > 0; word = next_word(&line)) {
        const char *why = take_word(word, out);
        if (why && complain)
            complain(word.at, word.length, why);
    }
    return !out->bad.why;
}

const char *options_guest_line(const char *line)
{
    while (next_word(&line).length > 0)
        ;
    if (*line == 0)
        return NULL;
    line += 2;
    while (is_blank(*line))
        line++;
    return line;
}
