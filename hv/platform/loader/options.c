#include "platform/loader/options.h"

#include "platform/loader/console_word.h"
#include "platform/reference/sources.h"

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

/* A choice is one of `words`, in the order of its enum. A number lies within [least, most]. */
enum kind { SWITCH, CHOICE, NUMBER, TIMER, CONSOLE, NOSMP };

static const char *const clockmode_words[] = {"auto", "unified", "percpu", NULL};
static const char *const rotate_words[] = {"auto", "0", "90", "180", "270", NULL};
static const char *const repair_words[] = {"off", "try", NULL};
static const char *const end_words[] = {"stay", "poweroff", "reset", NULL};

_Static_assert(CLOCKMODE_AUTO == 0 && CLOCKMODE_UNIFIED == 1 && CLOCKMODE_PERCPU == 2, "clockmode_words");
_Static_assert(ROTATE_BY_MACHINE == 0 && ROTATE_0 == 1 && ROTATE_270 == 4, "rotate_words");
_Static_assert(REPAIR_OFF == 0 && REPAIR_TRY == 1, "repair_words");
_Static_assert(END_STAY == 0 && END_POWER_OFF == 1 && END_RESET == 2, "end_words");

static const struct option {
    const char *name;
    enum kind kind;
    size_t at; /* where its value is in struct options */
    const char *const *words;
    uint32_t least, most;
    const char *why; /* it was refused: what it should have been */
} table[] = {
#define AT(member) offsetof(struct options, member)
    {"acpi", SWITCH, AT(acpi), .why = "must be on or off"},
    {"nosmp", NOSMP, AT(max_cpus), .why = "takes no value"},
    {"maxcpus", NUMBER, AT(max_cpus), .least = 1, .most = 256, .why = "must be 1 to 256"},
    {"clocksource", TIMER, AT(source), .why = "must be one of auto" REFERENCE_SOURCES(SOURCES_LIST)},
    {"console", CONSOLE, AT(console), .why = CONSOLE_WORD_MUST},
    {"clockmode", CHOICE, AT(mode), clockmode_words, .why = "must be auto, unified or percpu"},
    {"wander", NUMBER, AT(wander_ppb_s), .most = 1000000, .why = "must be ppb per second, 0 to 1000000"},
    {"mem", NUMBER, AT(guest_mib), .least = 8, .most = 4096, .why = "must be MiB, 8 to 4096"},
    {"vcpus", NUMBER, AT(vcpus), .most = 32, .why = "must be 0 (one on each CPU) to 32"},
    {"duration", NUMBER, AT(duration_s), .most = UINT32_MAX, .why = "must be seconds, 0 for no end"},
    {"discipline", SWITCH, AT(discipline), .why = "must be on or off"},
    {"stolen", NUMBER, AT(stolen_s), .most = 3600, .why = "must be seconds, 0 to 3600"},
    {"screen", SWITCH, AT(screen), .why = "must be on or off"},
    {"rotate", CHOICE, AT(rotate), rotate_words, .why = "must be auto, 0, 90, 180 or 270"},
    {"idle", SWITCH, AT(idle_trial), .why = "must be on or off"},
    {"repair", CHOICE, AT(repair), repair_words, .why = "must be off or try"},
    {"end", CHOICE, AT(end), end_words, .why = "must be stay, poweroff or reset"},
#undef AT
};
_Static_assert(sizeof(enum rotation) == 4, "a choice is written as 32 bits");
_Static_assert(sizeof(enum clockmode) == 4 && sizeof(enum end) == 4 && sizeof(enum repair_wanted) == 4,
               "a choice is written as 32 bits");

/* Returns false, and leaves *out alone, if `value` is neither. */
static bool read_switch(struct text value, bool *out)
{
    bool on = text_is(value, "on");

    if (!on && !text_is(value, "off"))
        return false;
    *out = on;
    return true;
}

static bool read_choice(struct text value, const char *const *words, uint32_t *out)
{
    for (uint32_t number = 0; words[number]; number++) {
        if (text_is(value, words[number])) {
            *out = number;
            return true;
        }
    }
    return false;
}

/* The name of a reference timer, or auto: any. */
static bool read_timer(struct text value, const char **out)
{
    const char *name = source_named(value.at, value.length);

    if (!name && !text_is(value, "auto"))
        return false;
    *out = name;
    return true;
}

/* Returns false, and changes nothing, if the value is bad. */
static bool set_option(const struct option *option, struct text value, struct options *out)
{
    void *at = (char *)out + option->at;

    switch (option->kind) {
    case SWITCH: return read_switch(value, at);
    case CHOICE: return read_choice(value, option->words, at);
    case NUMBER: return number_within(value, option->least, option->most, at);
    case TIMER: return read_timer(value, at);
    case CONSOLE:
        if (!console_word(value.at, value.length, at))
            return false;
        out->console_given = true;
        return true;
    case NOSMP:
        if (value.length > 0)
            return false;
        out->max_cpus = 1;
        return true;
    }
    return false;
}

/* Takes one word of the line. Returns what is wrong with it, or NULL. */
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
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (text_is(name, table[i].name)) {
            const char *why = set_option(&table[i], value, out) ? NULL : table[i].why;

            if (why && !out->bad.why)
                out->bad = (struct option_refused){word.at, word.length, why};
            return why;
        }
    }
    return "is not an option of mine: ignored";
}

/* Returns the next word of *line; of length 0 at its end, or at a lone "--". */
static struct text next_word(const char **line)
{
    struct text word;

    while (is_blank(**line))
        (*line)++;
    word = (struct text){*line, 0};
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
        .wander_ppb_s = WANDER_LEARNED,
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
