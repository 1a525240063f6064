/* All that the check knows of the machine, as of one moment: what is told is what is shown. */
#ifndef CHECK_FIGURES_H
#define CHECK_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/facts.h"
#include "platform/firmware/smbios.h"
#include "check/history.h"
#include "check/judge.h"
#include "check/qr.h"

struct figures {
    const char *command_line;
    uint64_t now_ns; /* S when they were taken; 0: not yet */
    bool ended;      /* they stay as they are from now on */
    struct evidence evidence;
    struct judge_cpu *cpus;  /* evidence.count of them, and so ... */
    struct cpu_facts *facts; /* ... of these */
    uint64_t smi;            /* of all CPUs together; UINT64_MAX: no CPU tells */
    struct judgement_words words;
    const struct machine_names *names;
    const char *cpu_name;
    struct history history;
    bool qr_made; /* at the end; else there is none */
    char qr_text[QR_MOST + 1];
    struct qr qr;
};

/* Takes memory for all CPUs, and the names. `command_line` is kept. On the boot CPU, once all are online. */
void figures_begin(struct figures *figures, const char *command_line);
/* Gathers all of it anew, judges it, and adds a moment to the history. Any CPU, once system time runs. */
void figures_take(struct figures *figures);
/* Takes them for the last time, and makes the QR code. */
void figures_end(struct figures *figures);

#endif
