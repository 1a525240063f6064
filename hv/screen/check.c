#include "screen/check.h"

#include "cpu/lock.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "keeper.h"
#include "log/format.h"
#include "log/log.h"
#include "platform/keyboard.h"
#include "platform/power.h"
#include "platform/firmware/smbios.h"
#include "screen/dashboard.h"
#include "check/evidence.h"
#include "check/figures.h"
#include "screen/screen.h"
#include "check/summary.h"

#define SECOND_NS    1000000000ull
#define STEP_NS      50000000ull /* the check's timer: ... */
#define STEP_AT_NS   12500000ull /* ... off the grids of the time base (250 ms) and of guests (10 ms) */
#define LOOK_STEPS   5u          /* figures are taken each fifth step, 112.5 ms after the time base, ... */
#define LOOK_AT      2u
#define SECOND_STEPS 20u /* and told once a second, a line a step, ... */
#define LINES_MOST   16u
#define LINE_NS      20000000ull /* ... which takes a real port 15 ms: not when time is due to be kept */
#define END_LINES    4u

static struct history history;
static struct figures figures;
static struct dashboard dashboard;
static char summary[SUMMARY_MOST + 1];
static struct lock lock = LOCK_INIT("check"); /* guards the figures; the timer and the painter only try */
static struct timer steps, refreshes[MAX_CPUS];
static unsigned next_line, lines_left;
static uint32_t second;

/* UINT64_MAX is what nobody knows. */
static const char *number(uint64_t value, char out[24])
{
    format(out, 24, value == UINT64_MAX ? "unknown" : "%llu", (unsigned long long)value);
    return out;
}

/* One word: a value of an @ line has no blanks. */
static const char *word(const char *text, char *out, size_t size)
{
    format(out, size, "%s", *text ? text : "unknown");
    for (char *c = out; *c; c++)
        if (*c == ' ')
            *c = '_';
    return out;
}

static void tell_machine(void)
{
    const struct machine_names *names = figures.names;
    char vendor[MACHINE_NAME_BYTES], product[MACHINE_NAME_BYTES], firmware[MACHINE_NAME_BYTES], cpu[64];

    log_print("@machine vendor=%s product=%s firmware=%s cpu=%s cpus=%u version=%s\n",
              word(names->vendor, vendor, sizeof vendor), word(names->product, product, sizeof product),
              word(names->firmware, firmware, sizeof firmware), word(figures.cpu_name, cpu, sizeof cpu),
              cpu_count(), MERIDIAN_VERSION);
}

/* False: somebody is in the midst of a line. */
static bool tell_sample(unsigned cpu)
{
    const struct keeper_cpu *seen = &figures.cpus[cpu].seen;
    char ppb[24], rate[24], offset[24], err[24];

    return log_print_line(
        "@sample n=%u cpu=%u at_ns=%llu hz=%llu hz_ppb=%s rate_ppb=%lld rate_bound_ppb=%s offset_ns=%lld "
        "offset_bound_ns=%s err_ns=%s back=%u disruptions=%u\n",
        second, cpu, (unsigned long long)seen->at_ns, (unsigned long long)seen->hz, number(seen->hz_ppb, ppb),
        (long long)seen->rate_ppb, number(seen->rate_bound_ppb, rate), (long long)seen->offset_ns,
        number(seen->offset_bound_ns, offset), number(seen->err_ns, err), seen->back, seen->disruptions);
}

static const char *state_word(enum keeper_cpu_state state)
{
    return state == KEEPER_CPU_ONLINE ? "online" : state == KEEPER_CPU_STOPPED ? "stopped" : "left-out";
}

static void tell_row(unsigned cpu)
{
    const struct keeper_cpu *seen = &figures.cpus[cpu].seen;
    const struct cpu_facts *facts = &figures.facts[cpu];
    char ppb[24], offset[24], smi[24];

    log_print("@row cpu=%u apic=%u state=%s core=%s hz=%llu hz_ppb=%s source=%s offset_ns=%lld "
              "offset_bound_ns=%s back=%u smi=%s adjust=%lld\n",
              cpu, seen->apic_id, state_word(seen->state), core_word(facts->core),
              (unsigned long long)seen->hz, number(seen->hz_ppb, ppb), figures.evidence.source,
              (long long)seen->offset_ns, number(seen->offset_bound_ns, offset), seen->back,
              number(facts->smi_counted ? facts->smi : UINT64_MAX, smi), (long long)seen->adjust);
}

static void tell_check(void)
{
    const struct judgement_words *words = &figures.words;
    const struct judge_worst *worst = &words->worst;
    char offset[24], rate[24], smi[24], err[24], code[SUMMARY_MOST + 1];

    log_print("@check verdict=%s linux=%s option=%s cpus=%u watched_s=%u offset_ns=%lld offset_bound_ns=%s "
              "rate_ppb=%lld rate_bound_ppb=%s back=%u smi=%s disruptions=%u err_ns=%s mode=%s source=%s\n",
              words->verdict, words->linux_word, words->option, figures.evidence.count,
              figures.evidence.watched_s, (long long)worst->offset_ns, number(worst->offset_bound_ns, offset),
              (long long)worst->rate_ppb, number(worst->rate_bound_ppb, rate), worst->back,
              number(figures.smi, smi), figures.evidence.disruptions, number(worst->err_ns, err),
              figures.evidence.percpu ? "percpu" : "unified", figures.evidence.source);
    if (figures.qr_made)
        log_print("@qr text=%s\n", word(summary, code, sizeof code));
    log_print("check: %s\ncheck: %s\n", words->means, words->linux_advice);
}

static void add_moment(void)
{
    if (!history_next(&history, figures.now_ns))
        return;
    for (unsigned cpu = 0; cpu < figures.evidence.count; cpu++) {
        const struct keeper_cpu *seen = &figures.cpus[cpu].seen;

        history_add(&history, cpu, seen->offset_bound_ns == UINT64_MAX ? HISTORY_NOTHING : seen->offset_ns,
                    seen->hz_ppb);
    }
}

/* With the lock. */
static void take_figures(void)
{
    uint64_t now = keeper_now_ns();

    evidence_gather(figures.cpus, (uint32_t)(now / SECOND_NS), &figures.evidence);
    figures.now_ns = now;
    figures.smi = UINT64_MAX;
    for (unsigned cpu = 0; cpu < figures.evidence.count; cpu++) {
        figures.facts[cpu] = *cpu_facts(cpu);
        if (figures.facts[cpu].smi_counted)
            figures.smi = figures.facts[cpu].smi + (figures.smi == UINT64_MAX ? 0 : figures.smi);
    }
    judge(&figures.evidence, &figures.words);
    add_moment();
}

static void begin_second(void)
{
    unsigned cpus = figures.evidence.count;

    second++;
    lines_left = cpus < LINES_MOST ? cpus : LINES_MOST;
}

static void tell_a_line(void)
{
    if (!lines_left || keeper_free_ns() < LINE_NS || !tell_sample(next_line))
        return;
    lines_left--;
    next_line = next_line + 1 < figures.evidence.count ? next_line + 1 : 0;
}

static void step(struct timer *timer, uint64_t now_ns)
{
    uint64_t number = now_ns / STEP_NS;
    bool were_on;

    keeper_timer_arm(timer, (keeper_now_ns() / STEP_NS + 1) * STEP_NS + STEP_AT_NS);
    if (!lock_try(&lock, &were_on))
        return;
    if (!figures.ended && number % LOOK_STEPS == LOOK_AT)
        take_figures();
    if (!figures.ended && number % SECOND_STEPS == LOOK_AT)
        begin_second();
    if (!figures.ended)
        tell_a_line();
    lock_release(&lock, were_on);
}

/* Keys are not needed; where there are some, a few help. */
static enum dashboard_wish ask_keyboard(void)
{
    enum key key = figures.ended || !keyboard_is_dear() ? keyboard_poll() : KEY_NONE;

    if (key == KEY_HELP)
        log_print("keys: space next CPUs, q QR code, p power off, r reset\n");
    if (key == KEY_POWER_OFF)
        power_off();
    if (key == KEY_RESET)
        power_reset();
    return key == KEY_PAGE ? WISH_PAGE : key == KEY_QR ? WISH_QR : WISH_NONE;
}

static bool refused;

void check_refused(void)
{
    __atomic_store_n(&refused, true, __ATOMIC_RELAXED);
}

static void paint(struct shadow *shadow)
{
    enum dashboard_wish wish = ask_keyboard();
    bool were_on;

    if (__atomic_load_n(&refused, __ATOMIC_RELAXED)) {
        screen_console(shadow, 0, shadow->rows);
        return;
    }
    if (!lock_try(&lock, &were_on))
        return;
    if (figures.now_ns && dashboard_paint(&dashboard, shadow, &figures, keeper_now_ns(), wish))
        screen_console(shadow, dashboard.layout.console, dashboard.layout.console_rows);
    lock_release(&lock, were_on);
}

void check_start(const char *command_line)
{
    unsigned cpus = cpu_count();

    figures.cpus = memory_take_bytes(cpus * sizeof *figures.cpus, "the CPUs' figures");
    figures.facts = memory_take_bytes(cpus * sizeof *figures.facts, "the CPUs' facts");
    history_begin(&history, cpus,
                  memory_take_bytes(cpus * sizeof(struct moment) * HISTORY_MOMENTS, "the CPUs' history"));
    figures.history = &history;
    figures.command_line = command_line;
    figures.names = machine_names();
    figures.cpu_name = cpu_brand();
    tell_machine();
    screen_set_painter(paint);
    steps.expired = step;
    keeper_timer_arm(&steps, (keeper_now_ns() / STEP_NS + 1) * STEP_NS + STEP_AT_NS);
}

static void refresh(struct timer *timer, uint64_t now_ns)
{
    facts_refresh();
    keeper_timer_arm(timer, now_ns + SECOND_NS);
}

void check_start_cpu(void)
{
    struct timer *timer = &refreshes[cpu_id()];

    timer->expired = refresh;
    keeper_timer_arm(timer, keeper_now_ns() + SECOND_NS + STEP_AT_NS);
}

static void make_code(void)
{
    const struct summary all = {
        .version = MERIDIAN_VERSION,
        .words = &figures.words,
        .watched_s = figures.evidence.watched_s,
        .disruptions = figures.evidence.disruptions,
        .smi = figures.smi,
        .mode = figures.evidence.percpu ? "percpu" : "unified",
        .source = figures.evidence.source,
        .vendor = figures.names->vendor,
        .product = figures.names->product,
        .firmware = figures.names->firmware,
        .cpu = figures.cpu_name,
    };

    summary_text(&all, summary);
    figures.qr_made = qr_encode(summary, &figures.qr);
}

static void stop(void)
{
    bool were_on = lock_take(&lock);

    take_figures();
    make_code();
    figures.ended = true;
    lock_release(&lock, were_on);
}

/* Some lines more. True: all is told. */
static bool tell_end(void)
{
    static unsigned told;

    if (!figures.ended)
        stop();
    for (unsigned i = 0; i < END_LINES && told < figures.evidence.count; i++)
        tell_row(told++);
    if (told < figures.evidence.count)
        return false;
    if (told++ == figures.evidence.count)
        tell_check();
    return true;
}

bool check_end(void)
{
    static struct lock telling = LOCK_INIT("check's end");
    bool were_on, all;

    if (!figures.cpus)
        return true;
    were_on = lock_take(&telling);
    all = tell_end();
    lock_release(&telling, were_on);
    return all;
}
