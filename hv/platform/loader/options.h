/* The command line: words `name` or `name=value`. Pure. */
#ifndef PLATFORM_OPTIONS_H
#define PLATFORM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/uart.h"

/* Returns how much of a word to show: a very long one would hide what is said of it. */
static inline int option_shown(size_t length)
{
    return length < 60 ? (int)length : 60;
}

#define WANDER_LEARNED UINT32_MAX

enum end { END_STAY, END_POWER_OFF, END_RESET };
/* By how much what is drawn is rotated, clockwise as with Linux's fbcon=rotate:. */
enum rotation { ROTATE_BY_MACHINE, ROTATE_0, ROTATE_90, ROTATE_180, ROTATE_270 };
/* Whether TSCs may be written, by IA32_TSC_ADJUST alone. */
enum repair_wanted { REPAIR_OFF, REPAIR_TRY };
enum clockmode { CLOCKMODE_AUTO, CLOCKMODE_UNIFIED, CLOCKMODE_PERCPU };

/* The first word with a value that was refused: a part of the line. why is NULL where there is none. */
struct option_refused {
    const char *word;
    size_t length;
    const char *why; /* a sentence's middle: "must be on or off" */
};

struct options {
    struct option_refused bad;
    bool acpi;             /* acpi=on|off, default on */
    const char *source;    /* clocksource=: a name of reference/sources.h; NULL: auto */
    enum clockmode mode;   /* clockmode=auto|unified|percpu */
    bool discipline;       /* discipline=on|off, default on; off: S is not steered after the start */
    uint32_t wander_ppb_s; /* wander=<ppb per second>, 0..1000000; WANDER_LEARNED: none was given */
    uint32_t guest_mib;    /* mem=<MiB> of the guest, default 32, 8..4096 */
    uint32_t max_cpus;     /* maxcpus=<n>, 1..256, nosmp: 1; 0: all there are */
    uint32_t vcpus;        /* vcpus=<n>, 0: one on each CPU (at most 32) */
    uint32_t duration_s;   /* duration=<s>: stop a guest that reports nothing after that long; 0: never */
    uint32_t stolen_s;     /* stolen=<s>, 0..3600: look so long for time that is stolen; 0: do not */
    bool screen;           /* screen=on|off, default on; off: nothing is drawn, serial alone */
    enum rotation rotate;  /* rotate=auto|0|90|180|270, default auto */
    bool idle_trial;       /* idle=on|off, default on; off: no CPU is sent into deep idle to try its TSC */
    enum repair_wanted repair; /* repair=off|try, default off */
    bool console_given;        /* console= was, and is read: */
    struct uart_place console;
    enum end end; /* end=stay|poweroff|reset, default stay: what follows the verdict */
};

/* Is called for each word refused: unknown options and bad values; `why` is a sentence's middle. */
typedef void (*options_complaint)(const char *word, size_t length, const char *why);

/*
 * Fills in defaults, then what the line says. Returns false if any value was bad: out->bad is the first of
 * them, and its default stays. Of unknown names it only complains.
 */
bool options_parse(const char *line, struct options *out, options_complaint complain);

/*
 * A lone "--" ends the hypervisor's words. Returns what follows it: the guest's command line where the loader
 * gives the module none of its own (QEMU's -kernel and -initrd). Returns NULL if there is no "--".
 */
const char *options_guest_line(const char *line);

#endif
