/* The whole check in one line of a QR code's alphanumeric letters. Pure. */
#ifndef CHECK_SUMMARY_H
#define CHECK_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/figures.h"

#define SUMMARY_MOST QR_MOST

/*
 * The machine's four names may be NULL. Whatever strings hold, only QR's letters (0-9 A-Z blank $%*+-./:)
 * come out: small letters as capitals, = as :, _ as -, all else as a full stop.
 */
struct summary {
    const char *version; /* Meridian's */
    const struct verdict *verdict;
    bool timeless; /* no rate is known: the offset is in ticks */
    bool untried;  /* deep idle was not tried on all CPUs that were measured */
    uint32_t watched_s, disruptions;
    const struct keeper_crystals *crystals;
    unsigned repaired;               /* TSCs that Meridian wrote into step */
    uint64_t smi;                    /* of all CPUs; UINT64_MAX: no CPU tells */
    uint32_t wander_ppb_s, phase_ns; /* what the bound assumes */
    const char *mode, *source;
    const char *disputed; /* timers against which there is something, with commas; "": none */
    const char *vendor, *product, *firmware, *cpu;
};

/*
 * Writes at most SUMMARY_MOST letters and a 0: the verdict, then the figures, then the names, cut to what is
 * left. Unknown figures read -. Returns the length.
 */
size_t summary_text(const struct summary *summary, char out[SUMMARY_MOST + 1]);

#endif
