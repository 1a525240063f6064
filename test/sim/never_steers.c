/*
 * A keeper with one fault: S is tied to R anew at each update, and so never steered. Linked with
 * --wrap=timeline_update.
 */
#include "time/timeline.h"

struct bound __real_timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all);
struct bound __wrap_timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all);

struct bound __wrap_timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all)
{
    t->anchored = false;
    return __real_timeline_update(t, tsc_joint, all);
}
