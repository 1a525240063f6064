/* sources: hv/platform/loader/options.c hv/platform/loader/console_word.c hv/log/uart.c hv/log/uart_access.c hv/platform/reference/sources.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "phys.h"
#include "platform/loader/console_word.h"
#include "platform/loader/options.h"
#include "platform/reference/sources.h"

static struct options options;
static char complaints[512];

static void complain(const char *word, size_t length, const char *why)
{
    size_t at = strlen(complaints);
    if (at + length + strlen(why) + 3 > sizeof(complaints))
        return;
    memcpy(complaints + at, word, length);
    complaints[at + length] = ' ';
    memcpy(complaints + at + length + 1, why, strlen(why));
    memcpy(complaints + at + length + 1 + strlen(why), ";", 2);
}

static bool parse(const char *line)
{
    complaints[0] = 0;
    return options_parse(line, &options, complain);
}

static void defaults(void **state)
{
    (void)state;
    assert_true(parse(""));
    assert_true(options.acpi);
    assert_null(options.source);
    assert_int_equal(options.mode, CLOCKMODE_AUTO);
    assert_true(options.wander_ppb_s == WANDER_LEARNED);
    assert_true(options.discipline);
    assert_int_equal(options.guest_mib, 32);
    assert_int_equal(options.vcpus, 0);
    assert_int_equal(options.duration_s, 0);
    assert_int_equal(options.stolen_s, 0);
    assert_true(parse(" \t \n"));
    assert_string_equal(complaints, "");
}

static void all_of_them(void **state)
{
    (void)state;
    assert_true(parse(
        "  acpi=off discipline=off clocksource=pmtimer\tclockmode=percpu wander=1000000 mem=4096 vcpus=32 "
        "duration=4294967295 "));
    assert_string_equal(complaints, "");
    assert_false(options.acpi);
    assert_string_equal(options.source, "pmtimer");
    assert_int_equal(options.mode, CLOCKMODE_PERCPU);
    assert_int_equal(options.wander_ppb_s, 1000000);
    assert_false(options.discipline);
    assert_int_equal(options.guest_mib, 4096);
    assert_int_equal(options.vcpus, 32);
    assert_true(options.duration_s == UINT32_MAX);
    assert_true(parse("clocksource=pit clocksource=hpet acpi=on clockmode=unified"));
    assert_string_equal(options.source, "hpet"); /* the last one counts */
    assert_int_equal(options.mode, CLOCKMODE_UNIFIED);
    assert_true(parse("clocksource=pit clocksource=auto clockmode=auto"));
    assert_null(options.source);
    assert_true(options.screen && options.idle_trial && options.end == END_STAY);
    assert_true(parse("stolen=3600"));
    assert_int_equal(options.stolen_s, 3600);
    assert_false(parse("stolen=3601"));
    assert_int_equal(options.stolen_s, 0);
    assert_string_equal(complaints, "stolen=3601 must be seconds, 0 to 3600;");
    assert_true(parse("screen=off end=poweroff"));
    assert_true(!options.screen && options.idle_trial && options.end == END_POWER_OFF);
    assert_true(parse("idle=off end=reset"));
    assert_true(options.screen && !options.idle_trial && options.end == END_RESET);
    assert_true(parse("idle=off idle=on end=reset end=stay"));
    assert_true(options.idle_trial && options.end == END_STAY);
    assert_int_equal(options.repair, REPAIR_OFF);
    assert_true(parse("repair=try"));
    assert_int_equal(options.repair, REPAIR_TRY);
    assert_true(parse("repair=try repair=off"));
    assert_int_equal(options.repair, REPAIR_OFF);
}

static void console_is(const char *line, unsigned space, uint64_t address, unsigned width, uint32_t baud)
{
    assert_true(parse(line));
    assert_true(options.console_given);
    assert_int_equal(options.console.space, space);
    assert_int_equal(options.console.address, address);
    assert_int_equal(options.console.stride, width);
    assert_int_equal(options.console.width, width);
    assert_int_equal(options.console.baud, baud);
}

static void rotations(void **state)
{
    static const char *const words[] = {"rotate=auto", "rotate=0", "rotate=90", "rotate=180", "rotate=270"};

    (void)state;
    assert_true(parse(""));
    assert_int_equal(options.rotate, ROTATE_BY_MACHINE);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(parse(words[i]));
        assert_int_equal(options.rotate, i);
    }
    assert_false(parse("rotate=45"));
    assert_string_equal(options.bad.why, "must be auto, 0, 90, 180 or 270");
}

/* As a Linux user writes it. */
static void consoles(void **state)
{
    static const char *const bad[] = {
        "console=",
        "console=ttyS",
        "console=ttyS4",
        "console=ttyS10",
        "console=ttyS1,",
        "console=ttyS1,1",
        "console=ttyS1,115200e7",
        "console=ttyS1,115200n8r",
        "console=ttyS1,1152000",
        "console=ttyS1,9600,1",
        "console=tty0",
        "console=uart8250",
        "console=uart8250,io",
        "console=uart8250,io,",
        "console=uart8250,io,0x",
        "console=uart8250,io,0x40",
        "console=uart8250,io,0xfff9",
        "console=uart8250,io,760",
        "console=uart8250,mmio32,0xfe000002",
        "console=uart8250,mmio32be,0xfe000000",
        "console=uart8250,mmio,0x0",
        "console=uart8250,mmio,0x11111111111111111",
        "console=uart8250,mmio,0xfg",
        "console=uart8250,mmio,0xfffffffffffffff0",
        "console=uart8250,mmio,0xfe000000,14400",
    };

    (void)state;
    assert_true(parse(""));
    assert_false(options.console_given);
    console_is("console=ttyS0", UART_PORTS, 0x3f8, 1, 115200);
    console_is("console=ttyS1,9600", UART_PORTS, 0x2f8, 1, 9600);
    console_is("console=ttyS2,57600n", UART_PORTS, 0x3e8, 1, 57600);
    console_is("console=ttyS3,115200n8 acpi=off", UART_PORTS, 0x2e8, 1, 115200);
    console_is("console=uart8250,io,0x2f8", UART_PORTS, 0x2f8, 1, 0);
    console_is("console=uart8250,mmio,0xfe000001", UART_MEMORY, 0xfe000001, 1, 0);
    console_is("console=uart8250,mmio16,0xFE0000de", UART_MEMORY, 0xfe0000de, 2, 0);
    console_is("console=uart8250,mmio32,0x4fe000000,115200n8", UART_MEMORY, 0x4fe000000, 4, 115200);
    console_is("console=ttyS0 console=ttyS1", UART_PORTS, 0x2f8, 1, 115200); /* the last one counts */
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(parse(bad[i]));
        assert_false(options.console_given);
        assert_string_equal(options.bad.why, CONSOLE_WORD_MUST);
    }
}

/* A row of sources.h is all that a new timer needs to be asked for, and named where another word was. */
static void every_timer_has_its_word(void **state)
{
#define NAME(source, name, linux_option, floor) name,
    static const char *const names[] = {REFERENCE_SOURCES(NAME)};
#undef NAME
    (void)state;
    for (size_t i = 0; i < SOURCES; i++) {
        char line[64] = "clocksource=";

        strcpy(line + strlen(line), names[i]);
        assert_true(parse(line));
        assert_string_equal(options.source, names[i]);
        assert_false(parse("clocksource=sundial"));
        assert_null(options.source);
        assert_non_null(strstr(options.bad.why, names[i]));
    }
}

static void bad_values_keep_the_default(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "mem=7",
        "mem=4097",
        "mem=",
        "mem",
        "mem=+9",
        "mem=0x10",
        "mem=32m",
        "mem=18446744073709551680", /* 2^64 + 64 */
        "mem=4294967304",
        "wander=1000001",
        "vcpus=33",
        "vcpus=-1",
        "duration=4294967296",
        "acpi=maybe",
        "screen=yes",
        "idle=",
        "stolen=3601",
        "end=halt",
        "repair=on",
        "end",
        "discipline=no",
        "discipline",
        "acpi",
        "acpi=onn",
        "acpi=o",
        "clocksource=tsc",
        "clocksource=",
        "clockmode=both",
        "maxcpus=0",
        "maxcpus=257",
        "maxcpus",
        "nosmp=yes",
        "clocksource=pitt",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(parse(bad[i]));
        assert_true(strlen(complaints) > strlen(bad[i]) + 5);
        assert_ptr_equal(options.bad.word, bad[i]);
        assert_int_equal(options.bad.length, strlen(bad[i]));
        assert_non_null(strstr(complaints, options.bad.why));
        struct options want = {.bad = options.bad,
                               .acpi = true,
                               .discipline = true,
                               .wander_ppb_s = WANDER_LEARNED,
                               .guest_mib = 32,
                               .screen = true,
                               .idle_trial = true};
        assert_memory_equal(&options, &want, sizeof(want));
    }
    assert_false(parse("mem=64 mem=bad vcpus=2"));
    assert_int_equal(options.guest_mib, 64);
    assert_int_equal(options.vcpus, 2);

    static const char two[] = "vcpus=33 quiet mem=1";
    assert_false(parse(two));
    assert_ptr_equal(options.bad.word, two); /* the first */
    assert_int_equal(options.bad.length, 8);
}

static void fewer_cpus(void **state)
{
    (void)state;
    assert_true(parse("nosmp"));
    assert_int_equal(options.max_cpus, 1);
    assert_true(parse("nosmp maxcpus=256"));
    assert_int_equal(options.max_cpus, 256);
    assert_true(parse("maxcpus=2"));
    assert_int_equal(options.max_cpus, 2);
    assert_false(parse("maxcpus=2 maxcpus=0"));
    assert_int_equal(options.max_cpus, 2);
    assert_false(parse("nosmp=1"));
    assert_int_equal(options.max_cpus, 0);
    assert_true(parse("nosmpx"));
    assert_int_equal(options.max_cpus, 0);
}

static void only_so_much_of_a_word_is_shown(void **state)
{
    (void)state;
    assert_int_equal(option_shown(0), 0);
    assert_int_equal(option_shown(59), 59);
    assert_int_equal(option_shown(SIZE_MAX), 60);
}

static void unknown_names_are_only_named(void **state)
{
    (void)state;
    assert_true(parse("quiet com1=115200 =5 memo=3 vcpus=3"));
    assert_string_equal(
        complaints, "quiet is not an option of mine: ignored;com1=115200 is not an option of mine: ignored;"
                    "=5 is not an option of mine: ignored;memo=3 is not an option of mine: ignored;");
    assert_int_equal(options.vcpus, 3);
    assert_null(options.bad.why);
    assert_false(options_parse("mem=1 quiet", &options, NULL));
}

static void the_guests_part(void **state)
{
    (void)state;
    assert_null(options_guest_line("mem=64 --x x--"));
    assert_string_equal(options_guest_line("mem=64 --  tick=5 -- more"), "tick=5 -- more");
    assert_string_equal(options_guest_line("--"), "");
    assert_true(parse("mem=64 -- mem=1 nonsense"));
    assert_int_equal(options.guest_mib, 64);
    assert_string_equal(complaints, "");
}

static void hostile_lines(void **state)
{
    (void)state;
    static const char seed[] =
        "acpi=off clocksource=pit clockmode=percpu wander=5 mem=64 vcpus=2 maxcpus=7 nosmp duration=10 -- a";
    struct random random = {5};
    unsigned good = 0;
    for (unsigned i = 0; i < 100000; i++) {
        size_t size = 1 + random_next(&random) % sizeof(seed);
        char *line = malloc(size); /* exactly as long as it is */
        memcpy(line, seed, size);
        mutate((uint8_t *)line, size, &random);
        line[size - 1] = 0;
        good += parse(line);
        const char *guest = options_guest_line(line);
        assert_true(!guest || (guest >= line && guest < line + size));
        assert_true(!options.bad.why || (options.bad.word >= line && options.bad.length < size));
        assert_true(options.max_cpus <= 256);
        assert_true(options.guest_mib >= 8 && options.guest_mib <= 4096 && options.vcpus <= 32);
        assert_true(options.wander_ppb_s <= 1000000 || options.wander_ppb_s == WANDER_LEARNED);
        assert_true(!options.source || source_named(options.source, strlen(options.source)));
        free(line);
    }
    assert_in_range(good, 10000, 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(all_of_them),
        cmocka_unit_test(consoles),
        cmocka_unit_test(rotations),
        cmocka_unit_test(every_timer_has_its_word),
        cmocka_unit_test(bad_values_keep_the_default),
        cmocka_unit_test(fewer_cpus),
        cmocka_unit_test(only_so_much_of_a_word_is_shown),
        cmocka_unit_test(unknown_names_are_only_named),
        cmocka_unit_test(the_guests_part),
        cmocka_unit_test(hostile_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
