/* Between the judge's rules (judge.c) and its words (judge_words.c). */
#ifndef CHECK_FINDING_H
#define CHECK_FINDING_H

#include "check/judge.h"

/* What decided: the first of these that is so. */
enum reason {
    REASON_NONE_MEASURED,
    REASON_NO_SOURCE,
    REASON_STOPS,
    REASON_RATE,
    REASON_ADJUST_CHANGED,
    REASON_ADJUST_DIFFERS,
    REASON_DISRUPTED,
    REASON_OFFSET,
    REASON_BACK,
    REASON_APART,
    REASON_TOO_SHORT,
    REASON_BOUND_UNKNOWN,
    REASON_NOT_MET,
    REASON_ONE_CPU,
    REASON_IN_STEP
};

struct finding {
    enum reason reason;
    unsigned cpu; /* the one that shows it best, where there is one */
};

/* Fills in everything but `judgement` and `worst`, which it reads. */
void judge_words(const struct evidence *evidence, struct finding finding, struct judgement_words *words);

#endif
