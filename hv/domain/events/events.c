/*
 * One lock is for the table and for where each VCPU's `info` lies. The bits themselves are changed
 * atomically, for the guest changes them too. No wake-up is lost:
 *   - the side that raises an event sets the bits, and then clears "blocked" (schedule_notify);
 *   - the side that blocks sets "blocked", and then checks the bits (schedule_block).
 * So one of the two sees what the other did.
 */
#include "domain/events/events.h"

#include <stddef.h>
#include <xen/errno.h>

#include "log/string.h"

#define WORD_BITS 64u

static bool bit_test_and_set(volatile unsigned long *word, uint32_t bit)
{
    unsigned long mask = 1ul << bit;

    return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST) & mask;
}

static bool bit_test_and_clear(volatile unsigned long *word, uint32_t bit)
{
    unsigned long mask = 1ul << bit;

    return __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST) & mask;
}

static bool bit_is_set(const volatile unsigned long *word, uint32_t bit)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST) >> bit & 1;
}

bool event_bits_request_upcall(volatile struct vcpu_info *info)
{
    return __atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST) == 0;
}

/* The selector is set before the upcall. The guest clears them in the other order, so it misses no port. */
static bool port_select(volatile struct vcpu_info *info, uint32_t port)
{
    return !bit_test_and_set(&info->evtchn_pending_sel, port / WORD_BITS) && event_bits_request_upcall(info);
}

struct event_effect event_bits_raise(struct shared_info *shared, volatile struct vcpu_info *info,
                                     uint32_t port)
{
    struct event_effect effect = {0};

    if (bit_test_and_set(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS))
        return effect;
    effect.became_pending = true;
    if (!bit_is_set(&shared->evtchn_mask[port / WORD_BITS], port % WORD_BITS))
        effect.upcall = port_select(info, port);
    return effect;
}

bool event_bits_unmask(struct shared_info *shared, volatile struct vcpu_info *info, uint32_t port)
{
    return bit_test_and_clear(&shared->evtchn_mask[port / WORD_BITS], port % WORD_BITS) &&
           bit_is_set(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS) && port_select(info, port);
}

void event_bits_clear(struct shared_info *shared, uint32_t port)
{
    bit_test_and_clear(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS);
}

bool event_port_pending(const struct shared_info *shared, uint32_t port)
{
    return bit_is_set(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS);
}

bool event_upcall_due(const volatile struct vcpu_info *info)
{
    return __atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&info->evtchn_upcall_mask, __ATOMIC_SEQ_CST);
}

/* The caller holds the lock. */
static struct event_effect port_raise(struct event_channels *events, uint32_t port)
{
    uint32_t vcpu = events->table.ports[port].vcpu;
    struct event_effect effect = event_bits_raise(events->shared, events->info[vcpu], port);

    effect.vcpu = vcpu;
    return effect;
}

struct event_effect events_virq(struct event_channels *events, uint32_t vcpu, uint32_t virq)
{
    struct event_effect effect = {0};
    bool were_on = lock_take(&events->lock);
    uint32_t port = event_table_virq(&events->table, vcpu, virq);

    if (port)
        effect = port_raise(events, port);
    lock_release(&events->lock, were_on);
    return effect;
}

int events_send(struct event_channels *events, uint64_t port, struct event_effect *effect)
{
    bool were_on = lock_take(&events->lock);
    struct event_port *bound = event_table_bound(&events->table, port);
    int result = -XEN_EINVAL;

    *effect = (struct event_effect){0};
    if (bound && bound->state == PORT_IPI) { /* a guest may not send VIRQs */
        *effect = port_raise(events, (uint32_t)port);
        result = 0;
    }
    lock_release(&events->lock, were_on);
    return result;
}

int events_unmask(struct event_channels *events, uint64_t port, struct event_effect *effect)
{
    bool were_on;

    *effect = (struct event_effect){0};
    if (port >= EVENT_PORTS)
        return -XEN_EINVAL;
    were_on = lock_take(&events->lock);
    effect->vcpu = events->table.ports[port].vcpu;
    effect->upcall = event_bits_unmask(events->shared, events->info[effect->vcpu], (uint32_t)port);
    lock_release(&events->lock, were_on);
    return 0;
}

int events_close(struct event_channels *events, uint64_t port)
{
    bool were_on = lock_take(&events->lock);
    int result = event_table_close(&events->table, port);

    if (result == 0)
        event_bits_clear(events->shared, (uint32_t)port); /* the next to bind it must not find it pending */
    lock_release(&events->lock, were_on);
    return result;
}

/*
 * The old place is copied under the lock, so no event falls between the two. Then everything counts as
 * pending, because the guest may have been about to read something in the old place.
 */
struct event_effect events_move_info(struct event_channels *events, uint32_t vcpu, struct vcpu_info *to)
{
    struct event_effect effect = {.vcpu = vcpu};
    bool were_on = lock_take(&events->lock);

    memcpy(to, (const void *)events->info[vcpu], sizeof *to);
    events->info[vcpu] = to;
    __atomic_store_n(&to->evtchn_pending_sel, ~0ul, __ATOMIC_SEQ_CST);
    effect.upcall = event_bits_request_upcall(to);
    lock_release(&events->lock, were_on);
    return effect;
}
