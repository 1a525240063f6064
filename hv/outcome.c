#include "outcome.h"

#include "check/check.h"
#include "cpu/instructions.h"
#include "keeper.h"
#include "log/format.h"
#include "log/log.h"
#include "log/serial.h"
#include "platform/power.h"
#include "screen/painter.h"

static struct timer deadline;
static struct domain *domain; /* the one that the end by time ends; NULL before it is there */
static enum end what_follows;

/* The end that was asked for follows only a good verdict: a bad one must stay to be read. */
static void end_run(bool ok)
{
    serial_flush();
    if (ok && what_follows == END_POWER_OFF)
        power_off();
    if (ok && what_follows == END_RESET)
        power_reset();
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

/* The guest's own verdict counts, if it printed one and did not crash afterwards. */
void outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok)
{
    bool ok = end != DOMAIN_CRASH;

    log_print("guest: ended: %s\n", why);
    while (!check_end())
        ;
    if (reported && ok) {
        end_run(reported_ok);
        return;
    }
    print_verdict(ok, ok ? "guest-ended-without-a-report-of-its-own" : "guest-crashed");
    end_run(ok);
}

void outcome_refused(const char *why, const char *reason)
{
    painter_give_up();
    log_print("guest: refused: %s\n", why);
    print_verdict(false, reason);
    end_run(false);
}

void outcome_panic(void)
{
    log_print("@verdict result=fail reason=panic\n");
    serial_flush();
    power_emulator_exit(false);
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
