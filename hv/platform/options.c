#include "platform/options.h"

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

/* Each returns NULL if the value is good, else what it should have been. */
static const char *set_switch(struct text value, bool *out)
{
    bool on = text_is(value, "on");
    if (!on && !text_is(value, "off"))
        return "must be on or off";
    *out = on;
    return NULL;
}

static const char *set_acpi(struct text value, struct options *out)
{
    return set_switch(value, &out->acpi);
}

static const char *set_discipline(struct text value, struct options *out)
{
    return set_switch(value, &out->discipline);
}

static const char *set_source(struct text value, struct options *out)
{
    if (text_is(value, "auto"))
        out->source = CLOCKSOURCE_AUTO;
    else if (text_is(value, "pit"))
        out->source = CLOCKSOURCE_PIT;
    else if (text_is(value, "hpet"))
        out->source = CLOCKSOURCE_HPET;
    else if (text_is(value, "pmtimer"))
        out->source = CLOCKSOURCE_PMTIMER;
    else
        return "must be auto, pit, hpet or pmtimer";
    return NULL;
}

static const char *set_mode(struct text value, struct options *out)
{
    if (text_is(value, "auto"))
        out->mode = CLOCKMODE_AUTO;
    else if (text_is(value, "unified"))
        out->mode = CLOCKMODE_UNIFIED;
    else if (text_is(value, "percpu"))
        out->mode = CLOCKMODE_PERCPU;
    else
        return "must be auto, unified or percpu";
    return NULL;
}

static const char *set_wander(struct text value, struct options *out)
{
    return number_within(value, 0, 1000000, &out->wander_ppb_s) ? NULL
                                                                : "must be ppb per second, 0 to 1000000";
}

static const char *set_mem(struct text value, struct options *out)
{
    return number_within(value, 8, 4096, &out->guest_mib) ? NULL : "must be MiB, 8 to 4096";
}

static const char *set_vcpus(struct text value, struct options *out)
{
    return number_within(value, 0, 32, &out->vcpus) ? NULL : "must be 0 (one on each CPU) to 32";
}

static const char *set_maxcpus(struct text value, struct options *out)
{
    return number_within(value, 1, 256, &out->max_cpus) ? NULL : "must be 1 to 256";
}

static const char *set_nosmp(struct text value, struct options *out)
{
    if (value.length)
        return "takes no value";
    out->max_cpus = 1;
    return NULL;
}

static const char *set_duration(struct text value, struct options *out)
{
    return number_within(value, 0, UINT32_MAX, &out->duration_s) ? NULL : "must be seconds, 0 for no end";
}

static const char *set_screen(struct text value, struct options *out)
{
    return set_switch(value, &out->screen);
}

static const char *set_idle(struct text value, struct options *out)
{
    return set_switch(value, &out->idle_trial);
}

static const char *set_end(struct text value, struct options *out)
{
    if (text_is(value, "stay"))
        out->end = END_STAY;
    else if (text_is(value, "poweroff"))
        out->end = END_POWER_OFF;
    else if (text_is(value, "reset"))
        out->end = END_RESET;
    else
        return "must be stay, poweroff or reset";
    return NULL;
}

static const struct {
    const char *name;
    const char *(*set)(struct text value, struct options *out);
} table[] = {
    {"acpi", set_acpi},         {"nosmp", set_nosmp},
    {"maxcpus", set_maxcpus},   {"clocksource", set_source},
    {"clockmode", set_mode},    {"wander", set_wander},
    {"mem", set_mem},           {"vcpus", set_vcpus},
    {"duration", set_duration}, {"discipline", set_discipline},
    {"screen", set_screen},     {"idle", set_idle},
    {"end", set_end},
};

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
            const char *why = table[i].set(value, out);
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
