#include "domain/events/event_bits.h"

#define WORD_BITS 64u

static bool test_and_set(volatile unsigned long *word, uint32_t bit)
{
    unsigned long mask = 1ul << bit;

    return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST) & mask;
}

static bool test_and_clear(volatile unsigned long *word, uint32_t bit)
{
    unsigned long mask = 1ul << bit;

    return __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST) & mask;
}

static bool test(const volatile unsigned long *word, uint32_t bit)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST) >> bit & 1;
}

bool event_bits_upcall(volatile struct vcpu_info *info)
{
    return __atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST) == 0;
}

/* The selector before the upcall: the guest clears them in the other order, so it never misses the port. */
static bool select(volatile struct vcpu_info *info, uint32_t port)
{
    return !test_and_set(&info->evtchn_pending_sel, port / WORD_BITS) && event_bits_upcall(info);
}

struct event_effect event_bits_raise(struct shared_info *shared, volatile struct vcpu_info *info,
                                     uint32_t port)
{
    struct event_effect effect = {false, false};

    if (test_and_set(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS))
        return effect;
    effect.became_pending = true;
    if (!test(&shared->evtchn_mask[port / WORD_BITS], port % WORD_BITS))
        effect.upcall = select(info, port);
    return effect;
}

bool event_bits_unmask(struct shared_info *shared, volatile struct vcpu_info *info, uint32_t port)
{
    return test_and_clear(&shared->evtchn_mask[port / WORD_BITS], port % WORD_BITS) &&
           test(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS) && select(info, port);
}

void event_bits_clear(struct shared_info *shared, uint32_t port)
{
    test_and_clear(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS);
}

bool event_bits_pending(const struct shared_info *shared, uint32_t port)
{
    return test(&shared->evtchn_pending[port / WORD_BITS], port % WORD_BITS);
}

bool event_bits_due(const volatile struct vcpu_info *info)
{
    return __atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&info->evtchn_upcall_mask, __ATOMIC_SEQ_CST);
}
