/* Where the guest wants to be called: trap table, callbacks, kernel stack. */
#include <stddef.h>
#include <stdint.h>
#include <xen/callback.h>

#include "domain/calls/calls.h"
#include "domain/vcpu/vcpu.h"
#include "log/string.h"

#define TRAPS_AT_ONCE 512

/* args: an array of struct trap_info that ends with address 0. No array: the whole table is cleared. */
int64_t call_set_trap_table(struct vcpu *vcpu, uint64_t args[5])
{
    struct trap_info entry;

    if (!args[0]) {
        memset(vcpu->traps, 0, sizeof vcpu->traps);
        return 0;
    }
    for (unsigned i = 0; i < TRAPS_AT_ONCE; i++, args[0] += sizeof entry) {
        if (!guest_read(vcpu_space(vcpu), &entry, args[0], sizeof entry))
            return -XEN_EFAULT;
        if (!entry.address)
            return 0;
        if (!address_canonical(entry.address))
            return -XEN_EINVAL;
        vcpu->traps[entry.vector] = entry;
    }
    vcpu->call_again = true; /* a list without an end holds up only the guest that made it */
    return 0;
}

/* args: ss, rsp. Sets the stack for frames from user mode. As on Xen, its ss is always the flat one. */
int64_t call_stack_switch(struct vcpu *vcpu, uint64_t args[5])
{
    vcpu->kernel_stack = args[1];
    return 0;
}

/* Returns NULL where the ABI knows no such type, and for the NMI, which is in the trap table. */
static struct guest_callback *callback_of_type(struct guest_callbacks *callbacks, uint16_t type)
{
    switch (type) {
    case CALLBACKTYPE_event: return &callbacks->event;
    case CALLBACKTYPE_failsafe: return &callbacks->failsafe;
    case CALLBACKTYPE_syscall: return &callbacks->syscall;
    case CALLBACKTYPE_syscall32: return &callbacks->syscall32;
    case CALLBACKTYPE_sysenter: return &callbacks->sysenter;
    default: return NULL;
    }
}

static int64_t callback_register(struct vcpu *vcpu, const struct callback_register *wish)
{
    struct guest_callback *callback = callback_of_type(&vcpu->callbacks, wish->type);

    if (!address_canonical(wish->address))
        return -XEN_EINVAL;
    if (callback) {
        *callback = (struct guest_callback){wish->address, wish->flags & CALLBACKF_mask_events};
        return 0;
    }
    if (wish->type != CALLBACKTYPE_nmi)
        return -XEN_ENOSYS;
    vcpu->traps[2] = (struct trap_info){2, 0, SEL_USER_CODE64, wish->address};
    TI_SET_IF(&vcpu->traps[2], 1);
    return 0;
}

/* Xen lets go of the NMI callback only. */
static int64_t callback_unregister(struct vcpu *vcpu, uint16_t type)
{
    if (callback_of_type(&vcpu->callbacks, type))
        return -XEN_EINVAL;
    if (type != CALLBACKTYPE_nmi)
        return -XEN_ENOSYS;
    memset(&vcpu->traps[2], 0, sizeof vcpu->traps[2]);
    return 0;
}

int64_t call_callback_op(struct vcpu *vcpu, uint64_t args[5])
{
    struct callback_register wish;
    struct callback_unregister unwish;

    switch ((int)args[0]) {
    case CALLBACKOP_register:
        if (!guest_read(vcpu_space(vcpu), &wish, args[1], sizeof wish))
            return -XEN_EFAULT;
        return callback_register(vcpu, &wish);
    case CALLBACKOP_unregister:
        if (!guest_read(vcpu_space(vcpu), &unwish, args[1], sizeof unwish))
            return -XEN_EFAULT;
        return callback_unregister(vcpu, unwish.type);
    default: return -XEN_ENOSYS;
    }
}

/* args: event, failsafe, syscall. The older call: it always returns 0, and leaves a bad address out. */
int64_t call_set_callbacks(struct vcpu *vcpu, uint64_t args[5])
{
    static const uint16_t types[] = {CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall};

    for (unsigned i = 0; i < 3; i++) {
        struct callback_register wish = {.type = types[i], .address = args[i]};

        callback_register(vcpu, &wish);
    }
    return 0;
}
