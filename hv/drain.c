#include "drain.h"

#include <stdint.h>

#include "cpu/percpu.h"
#include "keeper.h"
#include "log/log.h"

/*
 * One CPU drains. A slice ends after this time, and with the access to the port that is under way: 1 us on a
 * PC. There a slice is a FIFO of 16 bytes. On an emulator the port is never full, and it is much more.
 */
#define SLICE_NS 50000u
/* Before a look there must be time for a slice and more: looks come first. */
#define FREE_NS 200000u
#define BUSY_NS 1000000u /* 16 bytes take 1.4 ms at 115200 baud */
/* While there is nothing to say: so late a line leaves at most. */
#define QUIET_NS 10000000u
/* A port that takes nothing for so long is given up; 16 bytes take 130 ms even at 1200 baud. */
#define STUCK_NS 1000000000u
/* A CPU that has not drained for so long is gone, and the first other to see it goes on. */
#define GONE_NS  500000000u
#define WATCH_NS 250000000u

static struct timer timers[MAX_CPUS];
static uint32_t drainer; /* which CPU it is */
/* System time at its last slice, and when the port last took a byte or nothing waited. */
static uint64_t drained_ns, moved_ns;

static uint64_t slice_ends_ns; /* the drainer's own */

static bool in_slice(void)
{
    return keeper_now_ns() < slice_ends_ns;
}

static uint64_t drain(uint64_t now_ns)
{
    __atomic_store_n(&drained_ns, now_ns, __ATOMIC_RELAXED);
    if (log_waiting() && keeper_free_ns() >= FREE_NS) {
        slice_ends_ns = now_ns + SLICE_NS;
        if (log_drain(in_slice) > 0)
            moved_ns = now_ns;
        else if (now_ns > moved_ns + STUCK_NS)
            log_give_up_port();
    } else if (!log_waiting()) {
        moved_ns = now_ns;
    }
    return log_waiting() ? BUSY_NS : QUIET_NS;
}

/* CPUs' times may be apart after a disruption; a drainer too many does no harm. */
static uint64_t watch(uint64_t now_ns)
{
    uint32_t gone = __atomic_load_n(&drainer, __ATOMIC_RELAXED);

    if (now_ns < __atomic_load_n(&drained_ns, __ATOMIC_RELAXED) + GONE_NS)
        return WATCH_NS;
    if (__atomic_compare_exchange_n(&drainer, &gone, cpu_id(), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        log_drain_again();
        moved_ns = now_ns;
    }
    return QUIET_NS;
}

static void is_due(struct timer *timer, uint64_t now_ns)
{
    bool own = __atomic_load_n(&drainer, __ATOMIC_RELAXED) == cpu_id();

    keeper_timer_arm(timer, now_ns + (own ? drain(now_ns) : watch(now_ns)));
}

void drain_start_cpu(void)
{
    struct timer *timer = &timers[cpu_id()];
    uint64_t now_ns = keeper_now_ns();

    if (cpu_id() == drainer)
        drained_ns = moved_ns = now_ns;
    timer->expired = is_due;
    keeper_timer_arm(timer, now_ns + QUIET_NS);
}
