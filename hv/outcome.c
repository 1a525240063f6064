#include "outcome.h"

#include "check/check.h"
#include "cpu/instructions.h"
#include "keeper.h"
#include "log/format.h"
#include "log/log.h"
#include "log/serial.h"
#include "platform/power.h"
#include "screen/painter.h"

#define ENDING_NS 1000000u /* between two looks whether it can end */
/* The ring leaves at 9600 baud meanwhile, were it full; a port that takes nothing is given up sooner. */
#define ENDING_MOST_NS 300000000000ull

static struct timer deadline;
static struct domain *domain; /* the one that the end by time ends; NULL before it is there */
static enum end what_follows;
static struct {
    struct timer timer;
    uint64_t until_ns;
    bool ok, checked;   /* `checked`: the check has told all that it has to tell */
    const char *reason; /* for a verdict of ours; NULL if the guest's own counts */
} ending;

/* The end that was asked for follows only a good verdict: a bad one must stay to be read. */
static void end_run(bool ok)
{
    serial_flush();
    if (ok && what_follows == END_POWER_OFF)
        power_off();
    if (ok && what_follows == END_RESET)
        power_reset();
    serial_flush(); /* there was no way, and that was said */
    power_emulator_exit(ok);
    log_print("The run is over; it is safe to switch off.\n");
}

static void print_verdict(bool ok, const char *reason)
{
    struct keeper_summary clock;
    char bound[24] = "unknown";

    keeper_summary(&clock);
    if (clock.err_ns != UINT64_MAX)
        format(bound, sizeof bound, "%lu", clock.err_ns);
    log_print(
        "@verdict result=%s reads=0 back_self=0 back_global=0 worst_ns=0 spread_ns=unknown rate_ppb=%ld "
        "bound_ns=%s mode=%s retries=0 stalls=0 clamps=0 disruptions=%u reason=%s\n",
        ok ? "ok" : "fail", clock.rate_ppb, bound, clock.mode, clock.disruptions, reason);
}

/* A step at a time, so that nobody waits for the port and time is kept meanwhile. */
static void go_on_ending(struct timer *timer, uint64_t now_ns)
{
    if (!ending.checked && check_end()) {
        ending.checked = true;
        if (ending.reason)
            print_verdict(ending.ok, ending.reason);
    }
    if (now_ns < ending.until_ns && (!ending.checked || log_waiting()))
        keeper_timer_arm(timer, now_ns + ENDING_NS);
    else
        end_run(ending.ok);
}

static void begin_ending(bool ok, const char *reason, bool checked)
{
    uint64_t now_ns = keeper_now_ns();

    ending.ok = ok;
    ending.reason = reason;
    ending.checked = checked;
    ending.until_ns = now_ns + ENDING_MOST_NS;
    ending.timer.expired = go_on_ending;
    keeper_timer_arm(&ending.timer, now_ns + ENDING_NS);
}

/* The guest's own verdict counts, if it printed one and did not crash afterwards. */
void outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok)
{
    log_print("guest: ended: %s\n", why);
    if (end == DOMAIN_CRASH)
        begin_ending(false, "guest-crashed", false);
    else if (reported)
        begin_ending(reported_ok, NULL, false);
    else
        begin_ending(true, "guest-ended-without-a-report-of-its-own", false);
}

void outcome_refused(const char *why, const char *reason)
{
    painter_give_up();
    log_print("guest: refused: %s\n", why);
    print_verdict(false, reason);
    begin_ending(false, NULL, true);
}

void outcome_panic(void)
{
    log_print("@verdict result=fail reason=panic\n");
    serial_flush();
    power_emulator_exit(false);
}

_Noreturn void outcome_timeless(void)
{
    print_verdict(false, "no-timer");
    painter_at_once();
    serial_flush();
    power_emulator_exit(false);
    cpu_halt_for_ever();
}

static void time_is_up(struct timer *timer, uint64_t now_ns)
{
    (void)timer;
    log_print("guest: %lu s are over (duration=)\n", now_ns / 1000000000);
    if (domain)
        end_domain(domain, DOMAIN_POWEROFF, "by time");
}

void outcome_follow(struct domain *created)
{
    domain = created;
}

void outcome_start(const struct options *options)
{
    what_follows = options->end;
    if (!options->duration_s)
        return;
    deadline.expired = time_is_up;
    keeper_timer_arm(&deadline, keeper_now_ns() + options->duration_s * 1000000000ull);
}
