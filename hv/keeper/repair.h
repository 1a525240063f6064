/* What came of repair=try (repair.c), and how it is told (repair_words.c). */
#ifndef KEEPER_REPAIR_H
#define KEEPER_REPAIR_H

#include "keeper/repair_rule.h"

enum repair_end {
    REPAIR_MAY,          /* no end: nothing speaks against it */
    REPAIR_NOT_NEEDED,   /* all are in step */
    REPAIR_UNMEASURED,   /* some CPU did not meet the boot CPU */
    REPAIR_FAR,          /* beyond REPAIR_FARTHEST */
    REPAIR_NO_ADJUST,    /* some CPU has no IA32_TSC_ADJUST */
    REPAIR_NOT_PARALLEL, /* an offset does not stay */
    REPAIR_NO_TIMER,
    REPAIR_DONE,        /* all are in step, and stay so */
    REPAIR_NOT_SETTLED, /* they did not come into step: put back */
    REPAIR_NOT_STAYED,  /* they did, and did not stay so: put back */
    REPAIR_LEFT         /* and could not be put back */
};

/*
 * Tells the end in a sentence and as @repaired; where it is done also what each CPU has, as @repair.
 * Returns how many were written.
 */
unsigned repair_tell(enum repair_end end, const struct repair_cpu *was, const struct repair_cpu *now,
                     unsigned cpus);

#endif
