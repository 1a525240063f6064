/*
 * The shell of lost_rule.h: each CPU that waits for the keeper's lock judges by itself. Of those that come to
 * the same end the first gets the lock.
 */
#include "keeper/take_over.h"

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/smp.h"
#include "cpu/traps.h"
#include "keeper/announce.h"
#include "keeper/clocks.h"
#include "keeper/lost_rule.h"
#include "keeper/publisher.h"

static struct lost_wait waits[MAX_CPUS]; /* each CPU's own */

/*
 * No step of the dead CPU comes any more. What it left unfinished is what readers wait for; it is counted as
 * stopped, and never returns.
 */
static void take_over(unsigned lost)
{
    __atomic_store_n(&clock_of(lost)->watched.silent, STOPPED_PERIODS, __ATOMIC_RELAXED);
    publish_again();
    announce_lost(lost);
}

/* What was not delivered leaves all as it is: the lock's own patience ends then. */
static bool holder_is_lost(struct lock *lock, unsigned holder)
{
    struct lost_wait *wait = &waits[cpu_id()];
    uint64_t now_ns = scale_reader_ns(keeper.nominal, rdtsc_ordered());
    uint32_t taken = __atomic_load_n(&lock->taken, __ATOMIC_RELAXED);

    switch (lost_next(wait, holder, taken, traps_nmi_count(holder), now_ns)) {
    case LOST_ASK: apic_send_nmi(cpu_by_id(holder)->apic_id); return false;
    case LOST_INIT:
        if (!smp_give_up(holder))
            wait->holder = UINT32_MAX;
        return false;
    case LOST_TAKE_OVER:
        if (!lock_take_from(lock, holder))
            return false;
        take_over(holder);
        return true;
    case LOST_WAIT: break;
    }
    return false;
}

void take_over_start(void)
{
    keeper.lock.lost = holder_is_lost;
}
