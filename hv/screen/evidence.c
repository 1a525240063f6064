#include "screen/evidence.h"
#include "cpu/percpu.h"
void evidence_gather(struct judge_cpu *cpus, uint32_t watched_s, struct evidence *evidence)
{
    unsigned n = cpu_count();
    struct keeper_summary s;
    keeper_summary(&s);
    for (unsigned i = 0; i < n; i++) {
        keeper_cpu_view(i, &cpus[i].seen);
        cpus[i].idle = keeper_idle_trial(i);
    }
    *evidence = (struct evidence){.cpus = cpus,
                                  .count = n,
                                  .watched_s = watched_s,
                                  .source = s.source,
                                  .percpu = s.mode[0] == 'p',
                                  .disruptions = s.disruptions};
}
