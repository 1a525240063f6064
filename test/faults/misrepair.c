#include "misrepair.h"

#include "keeper/repair_rule.h"
#include "words.h"

static int64_t too_much;

struct repair_step __real_repair_next(const struct repair_cpu *cpus, unsigned count);
struct repair_step __wrap_repair_next(const struct repair_cpu *cpus, unsigned count);

void misrepair_read(const char *line)
{
    too_much = words_value(line, "misrepair");
}

struct repair_step __wrap_repair_next(const struct repair_cpu *cpus, unsigned count)
{
    struct repair_step step = __real_repair_next(cpus, count);

    if (step.what == REPAIR_WRITE)
        step.adjust += too_much;
    return step;
}
