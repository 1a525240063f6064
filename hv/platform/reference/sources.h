/*
 * The reference timers, one row each. A new timer is a file that defines its `struct counter_source`, as
 * hpet.c does, and a row here. Where nothing else decides, the first is preferred. Pure: the command line and
 * the judge of TSCs know timers by these words.
 *
 * phase_floor_ns: this kind of clock is believed to shake by so much at least, though no reading shows it. A
 * board's clock may be spread over a band of frequencies on purpose, and ripple so small hides in brackets.
 */
#ifndef PLATFORM_SOURCES_H
#define PLATFORM_SOURCES_H

#include <stddef.h>

/* clang-format off */
/*      what the file defines   its name, clocksource=   what makes Linux use it; NULL: nothing does
                                                                                 phase_floor_ns */
#define REFERENCE_SOURCES(ROW) \
    ROW(hpet_source,            "hpet",                  "clocksource=hpet",     10) \
    ROW(pmtimer_source,         "pmtimer",               "clocksource=acpi_pm",  10) \
    ROW(pit_source,             "pit",                   NULL,                   10)
/* clang-format on */

#define SOURCES_COUNT(source, name, linux_option, floor) +1u
enum { SOURCES = 0 REFERENCE_SOURCES(SOURCES_COUNT) };

/* All names as a sentence's end: ", hpet, pmtimer, pit". */
#define SOURCES_LIST(source, name, linux_option, floor) ", " name

/* Returns the row's name that the `length` bytes at `text` spell; NULL: no row has it. */
const char *source_named(const char *text, size_t length);
/* Returns the option that makes Linux use the timer of that name; NULL: there is none. */
const char *source_linux_option(const char *name);

#endif
