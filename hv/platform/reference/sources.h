/*
 * The reference timers, one row each. A new timer is a file that defines its `struct counter_source`, as
 * hpet.c does, and a row here. Where nothing else decides, the first is preferred. Pure: the command line and
 * the judge of TSCs know timers by these words.
 */
#ifndef PLATFORM_SOURCES_H
#define PLATFORM_SOURCES_H

#include <stddef.h>

/* clang-format off */
/*      what the file defines   its name, clocksource=   what makes Linux use it; NULL: nothing does */
#define REFERENCE_SOURCES(ROW) \
    ROW(hpet_source,            "hpet",                  "clocksource=hpet") \
    ROW(pmtimer_source,         "pmtimer",               "clocksource=acpi_pm") \
    ROW(pit_source,             "pit",                   NULL)
/* clang-format on */

#define SOURCES_COUNT(source, name, linux_option) +1u
enum { SOURCES = 0 REFERENCE_SOURCES(SOURCES_COUNT) };

/* All names as a sentence's end: ", hpet, pmtimer, pit". */
#define SOURCES_LIST(source, name, linux_option) ", " name

/* Returns the row's name that the `length` bytes at `text` spell; NULL: no row has it. */
const char *source_named(const char *text, size_t length);
/* Returns the option that makes Linux use the timer of that name; NULL: there is none. */
const char *source_linux_option(const char *name);

#endif
