/* sources: test/fuzz/seeds.c hv/platform/loader/options.c hv/platform/loader/console_word.c hv/log/uart.c hv/log/uart_access.c hv/platform/reference/sources.c */
/* runs: 200000 */
#include "fuzz.h"
#include "platform/loader/options.h"

#include <stdlib.h>

static const char *line_start;
static size_t line_length;

/* What is complained about is a part of the line. */
static void complain(const char *word, size_t length, const char *why)
{
    MUST(word >= line_start && length > 0 && length <= line_length);
    MUST((size_t)(word - line_start) <= line_length - length);
    MUST(why && strlen(why) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options;
    char *line = malloc(size + 1);

    memcpy(line, data, size);
    line[size] = 0;
    line_start = line;
    line_length = strlen(line);
    options_parse(line, &options, complain);
    MUST(options.guest_mib >= 8 && options.guest_mib <= 4096);
    MUST(options.wander_ppb_s <= 1000000 || options.wander_ppb_s == WANDER_LEARNED);
    MUST(options.vcpus <= 32);
    const char *guest = options_guest_line(line);
    MUST(!guest || (guest >= line && guest <= line + line_length));
    free(line);
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const char *const lines[] = {
        "clocksource=pit clockmode=percpu wander=1000 acpi=off",
        "acpi=on clocksource=hpet clockmode=unified mem=64 vcpus=2 duration=10",
        "clocksource=pmtimer mem=4096 -- duration=3 -- x",
        "unknown mem=99999999999999999999 vcpus=-1 wander= =5 acpi",
        "  mem=0x20\tclocksource=auto clockmode=auto  ",
    };

    if (number >= sizeof(lines) / sizeof(lines[0]))
        return 0;
    memcpy(out, lines[number], strlen(lines[number]));
    return strlen(lines[number]);
}
