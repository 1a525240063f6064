#include "domain/end.h"

#include "domain/guest.h"
#include "domain/vcpu/schedule.h"
#include "log/log.h"

static uint32_t begun;
static void (*on_end)(enum domain_end end, const char *why, bool reported, bool reported_ok);

bool end_begun(void)
{
    return __atomic_load_n(&begun, __ATOMIC_ACQUIRE);
}

void domain_on_end(void (*ended)(enum domain_end end, const char *why, bool reported, bool reported_ok))
{
    on_end = ended;
}

static bool (*on_verdict)(void);

void domain_on_verdict(bool (*before)(void))
{
    on_verdict = before;
}

bool end_verdict_may_come(void)
{
    return !on_verdict || on_verdict();
}

void end_domain(struct domain *domain, enum domain_end how, const char *why)
{
    if (__atomic_exchange_n(&begun, 1, __ATOMIC_SEQ_CST))
        return;
    if (!schedule_stop_all(domain))
        log_print("domain: a CPU did not leave its guest within 2 s; it is left alone\n");
    if (on_end)
        on_end(how, why, domain->console.reported, domain->console.ok);
}
