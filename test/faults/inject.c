/*
 * TSCs out of step, for a test image only: linked with --wrap, so the hypervisor's own sources stay as they
 * are. On Meridian's command line, each list by APIC id, 0 first, in ticks:
 *
 * skew=N,N,...      by a layer of SVM below the hypervisor (svm.h), before anything is measured: so far ahead
 * rate=N,N,...      the same, so many ppm fast
 * change=ID@T:WHAT:N,...   the same, when the real TSC is T million: jump (N ticks ahead or back), freeze (N
 *                   ticks long), rate (N ppm from then on)
 * stands=ID:N       the same, 5 ms after it has gone to sleep in deep idle for the first time: frozen, N
 *                   ticks long; with no other change of this CPU's TSC
 * tsc=N,N,...       by a write to IA32_TIME_STAMP_COUNTER: so far ahead of what it was
 * adjust=N,N,...    by a write to IA32_TSC_ADJUST
 * later=ID@T:N,...  by a write to IA32_TSC_ADJUST at system time T ms: so far ahead of what it was
 * publish=, wobble=, ...   hurried.c
 * misrepair=N       misrepair.c
 */
#include "boot.h"
#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "hurried.h"
#include "judge.h"
#include "keeper.h"
#include "keeper/clocks.h"
#include "keeper/time_base.h"
#include "log/log.h"
#include "misrepair.h"
#include "outcome.h"
#include "svm.h"
#include "words.h"

#define MSR_TSC        0x10u
#define MSR_TSC_ADJUST 0x3bu
#define MILLION        1000000
#define SOON_TICKS     5000000u /* 5 ms of the deterministic lane's */

static struct plan {
    struct warp warp;
    bool warped;
    int64_t tsc, adjust, later;
    uint64_t later_ns, stands;
    struct timer timer;
} plans[SVM_CPUS];

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
bool __real_apic_init_cpu(void);
bool __wrap_apic_init_cpu(void);
void __real_idle_sleep(void);
void __wrap_idle_sleep(void);
void __real_time_base_init_cpu(void);
void __wrap_time_base_init_cpu(void);
void __real_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);

static _Noreturn void refuse(const char *what)
{
    log_print("fault test: %s makes no sense\n", what);
    cpu_halt_for_ever();
}

/* Reads `name=N,N,...` into out[]; what is not there stays 0. */
static void take_list(const char *line, const char *name, int64_t out[SVM_CPUS])
{
    const char *at = words_find(line, name);

    for (unsigned i = 0; i < SVM_CPUS; i++)
        out[i] = 0;
    for (unsigned i = 0; at && i < SVM_CPUS; i++) {
        if (!words_number(&at, &out[i]))
            refuse(name);
        if (!words_skip(&at, ','))
            return;
    }
}

/* `ID@T:` */
static struct plan *take_place(const char **at, int64_t *when, const char *name)
{
    int64_t id;

    if (!words_number(at, &id) || !words_skip(at, '@') || !words_number(at, when) || !words_skip(at, ':') ||
        (uint64_t)id >= SVM_CPUS)
        refuse(name);
    return &plans[(uint64_t)id];
}

static bool take_change(const char **at)
{
    int64_t when, amount;
    struct plan *plan = take_place(at, &when, "change=");
    bool jump = words_take(at, "jump:"), freeze = !jump && words_take(at, "freeze:"),
         rate = !jump && !freeze && words_take(at, "rate:");
    uint64_t real = (uint64_t)when * MILLION;

    if (!(jump || freeze || rate) || !words_number(at, &amount))
        return false;
    plan->warped = true;
    if (jump)
        return warp_jump(&plan->warp, real, amount);
    return freeze ? warp_freeze(&plan->warp, real, (uint64_t)amount)
                  : warp_rate(&plan->warp, real, (int32_t)amount);
}

static void take_changes(const char *line)
{
    const char *at = words_find(line, "change");

    do {
        if (at && !take_change(&at))
            refuse("change=");
    } while (at && words_skip(&at, ','));
}

/* The first piece only makes the layer catch its reads. */
static void take_stands(const char *line)
{
    const char *at = words_find(line, "stands");
    int64_t id, ticks;

    if (!at)
        return;
    if (!words_number(&at, &id) || !words_skip(&at, ':') || !words_number(&at, &ticks) ||
        (uint64_t)id >= SVM_CPUS || !warp_jump(&plans[(uint64_t)id].warp, 1, 0))
        refuse("stands=");
    plans[(uint64_t)id].warped = true;
    plans[(uint64_t)id].stands = (uint64_t)ticks;
}

static void take_later(const char *line)
{
    const char *at = words_find(line, "later");
    int64_t when, amount;

    while (at && *at && *at != ' ') {
        struct plan *plan = take_place(&at, &when, "later=");

        if (!words_number(&at, &amount))
            refuse("later=");
        plan->later = amount;
        plan->later_ns = (uint64_t)when * MILLION;
        words_skip(&at, ',');
    }
}

static void take_plans(const char *line)
{
    int64_t skew[SVM_CPUS], rate[SVM_CPUS], tsc[SVM_CPUS], adjust[SVM_CPUS];

    take_list(line, "skew", skew);
    take_list(line, "rate", rate);
    take_list(line, "tsc", tsc);
    take_list(line, "adjust", adjust);
    for (unsigned i = 0; i < SVM_CPUS; i++) {
        warp_start(&plans[i].warp, skew[i], (int32_t)rate[i]);
        plans[i].warped = skew[i] || rate[i];
        plans[i].tsc = tsc[i];
        plans[i].adjust = adjust[i];
    }
    take_changes(line);
    take_stands(line);
    take_later(line);
}

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    __real_boot_read(magic, info, boot);
    take_plans(boot->cmdline);
    hurried_read(boot->cmdline);
    misrepair_read(boot->cmdline);
}

/* The first thing a CPU does once it knows its APIC, and before its TSC is looked at. */
bool __wrap_apic_init_cpu(void)
{
    bool ok = __real_apic_init_cpu();
    uint32_t id = apic_id();
    struct plan *plan = &plans[id < SVM_CPUS ? id : 0];

    if (!ok || id >= SVM_CPUS)
        return ok;
    if (plan->tsc)
        wrmsr(MSR_TSC, rdmsr(MSR_TSC) + (uint64_t)plan->tsc);
    if (plan->adjust)
        wrmsr(MSR_TSC_ADJUST, rdmsr(MSR_TSC_ADJUST) + (uint64_t)plan->adjust);
    if (plan->warped) {
        const char *why = svm_enter(id, &plan->warp);

        if (why)
            log_print("fault test: APIC id %u: %s\n", id, why);
    }
    return ok;
}

/* Its TSC is still the real one. */
void __wrap_idle_sleep(void)
{
    struct plan *plan = &plans[cpu_this()->apic_id < SVM_CPUS ? cpu_this()->apic_id : 0];

    if (plan->stands)
        warp_freeze(&plan->warp, rdtsc_ordered() + SOON_TICKS, plan->stands);
    __real_idle_sleep();
}

static void write_later(struct timer *timer, uint64_t now_ns)
{
    struct plan *plan = &plans[cpu_this()->apic_id];

    (void)timer;
    wrmsr(MSR_TSC_ADJUST, rdmsr(MSR_TSC_ADJUST) + (uint64_t)plan->later);
    judge_changed();
    log_print("fault test: CPU %u: TSC_ADJUST %+lld more at %llu ns\n", cpu_id(), (long long)plan->later,
              (unsigned long long)now_ns);
}

void __wrap_time_base_init_cpu(void)
{
    uint32_t id = cpu_this()->apic_id;

    __real_time_base_init_cpu();
    if (id < SVM_CPUS && plans[id].later) {
        plans[id].timer.expired = write_later;
        keeper_timer_arm(&plans[id].timer, plans[id].later_ns);
    }
    hurried_start_cpu();
}

void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok)
{
    judge_report();
    __real_outcome_domain_ended(end, why, reported, reported_ok);
}
