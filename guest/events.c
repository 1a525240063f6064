#include "events.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/sched.h>

#include "clock.h"
#include "hypercall.h"
#include "system.h"
#include "vcpu.h"
#include "wall.h"

#define WORD_BITS 64
#define WORDS     (sizeof shared_info.evtchn_pending / sizeof shared_info.evtchn_pending[0])

extern char upcall_entry[], failsafe_entry[];
void events_upcall(void);

static void register_callback(uint16_t type, const void *address)
{
    struct callback_register argument = {.type = type, .address = address_of(address)};

    if (hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, address_of(&argument), 0, 0))
        power_crash("callback_op was refused");
}

void events_init(void)
{
    for (unsigned word = 0; word < WORDS; word++)
        __atomic_store_n(&shared_info.evtchn_mask[word], ~0ul, __ATOMIC_RELAXED);
    register_callback(CALLBACKTYPE_event, upcall_entry);
    register_callback(CALLBACKTYPE_failsafe, failsafe_entry);
}

static long unmask(uint32_t port)
{
    struct evtchn_unmask argument = {.port = port};

    return hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, address_of(&argument), 0, 0);
}

long events_bind(uint32_t id)
{
    struct vcpu *vcpu = vcpu_of(id);
    struct evtchn_bind_virq timer = {.virq = VIRQ_TIMER, .vcpu = id};
    struct evtchn_bind_ipi ipi = {.vcpu = id};
    long refusal = hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, address_of(&timer), 0, 0);

    if (!refusal)
        refusal = hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, address_of(&ipi), 0, 0);
    if (!refusal && (timer.port >= WORDS * WORD_BITS || ipi.port >= WORDS * WORD_BITS))
        refusal = -1;
    if (refusal)
        return refusal;
    vcpu->timer_port = timer.port;
    vcpu->ipi_port = ipi.port;
    refusal = unmask(timer.port);
    return refusal ? refusal : unmask(ipi.port);
}

void events_send_ipi(uint32_t id)
{
    struct evtchn_send argument = {.port = vcpu_of(id)->ipi_port};

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, address_of(&argument), 0, 0);
}

static bool take_port(uint32_t port)
{
    uint64_t bit = 1ull << port % WORD_BITS;

    return __atomic_fetch_and(&shared_info.evtchn_pending[port / WORD_BITS], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/*
 * Runs with upcalls masked. The pending flag is cleared before any port is taken: an event that comes between
 * the two sets it again. A selector word covers ports of other VCPUs too, so only our own two are taken.
 */
void events_upcall(void)
{
    struct vcpu *self = vcpu_self();
    volatile struct vcpu_info *info = &shared_info.vcpu_info[self->id];

    do {
        info->evtchn_upcall_pending = 0;
        __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        if (take_port(self->ipi_port))
            self->ipis++;
        if (take_port(self->timer_port)) {
            uint64_t now_ns = clock_raw_ns(&self->upcall_counts);

            tick_run(now_ns);
            timeouts_run(now_ns);
            if (self->id == 0)
                sync_run(now_ns);
        }
    } while (info->evtchn_upcall_pending); /* set again by what came meanwhile: each pass clears it first */
}

void events_disable(void)
{
    volatile struct vcpu_info *info = &shared_info.vcpu_info[vcpu_self()->id];

    info->evtchn_upcall_mask = 1;
    __asm__ volatile("" : : : "memory");
}

void events_enable(void)
{
    volatile struct vcpu_info *info = &shared_info.vcpu_info[vcpu_self()->id];

    __asm__ volatile("" : : : "memory");
    info->evtchn_upcall_mask = 0;
    __asm__ volatile("" : : : "memory");
    /* What came while masked raises no upcall by itself; any hypercall delivers it on its way back. */
    if (info->evtchn_upcall_pending)
        hypercall(__HYPERVISOR_xen_version, 0, 0, 0, 0);
}

void events_wait(void)
{
    /* The call unmasks upcalls, and does not sleep if one is pending. */
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
}
