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
    uint64_t now_ns; /* S when they were taken */
    bool ended;      /* they stay as they are from now on */
    struct evidence evidence;
    struct judge_cpu *cpus;  /* evidence.count of them, and so ... */
    struct cpu_facts *facts; /* ... of these */
    uint64_t smi;            /* of all CPUs together; UINT64_MAX: no CPU tells */
    struct judgement_words words;
    const struct machine_names *names;
    const char *cpu_name;
    struct history *history;
    bool qr_made; /* at the end; else there is none */
    struct qr qr;
};

#endif
