#include "keeper/lost_rule.h"

#include <stdbool.h>

/* How long after each act the next one follows. */
static const uint64_t patience_ns[] = {
    [LOST_WAIT] = LOST_PATIENT_NS, [LOST_ASK] = LOST_ANSWER_NS, [LOST_INIT] = LOST_INIT_NS};

static void begin(struct lost_wait *wait, uint32_t holder, uint32_t taken, uint64_t answers, uint64_t now_ns)
{
    *wait = (struct lost_wait){
        .holder = holder, .taken = taken, .seen_ns = now_ns, .answers = answers, .last = LOST_WAIT};
}

enum lost_act lost_next(struct lost_wait *wait, uint32_t holder, uint32_t taken, uint64_t answers,
                        uint64_t now_ns)
{
    uint64_t step_ns = now_ns - wait->seen_ns;
    bool answered = answers != wait->answers;

    /* After INIT there is nobody to answer; before it, an NMI from elsewhere is as good as ours. */
    if (wait->holder != holder || wait->taken != taken || (answered && wait->last < LOST_INIT) ||
        wait->last == LOST_TAKE_OVER) {
        begin(wait, holder, taken, answers, now_ns);
        return LOST_WAIT;
    }
    wait->seen_ns = now_ns;
    wait->waited_ns += step_ns < LOST_STEP_NS ? step_ns : LOST_STEP_NS;
    if (wait->waited_ns < patience_ns[wait->last])
        return LOST_WAIT;
    wait->waited_ns = 0;
    wait->last++;
    return wait->last;
}
