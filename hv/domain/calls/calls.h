/*
 * What a guest may ask for. One table in hypercalls.c lists it all, and any other number returns -ENOSYS.
 * Each handler stands in the file of its subject.
 */
#ifndef DOMAIN_CALLS_H
#define DOMAIN_CALLS_H

#include <stdint.h>
#include <xen/errno.h>

struct vcpu;

/*
 * `args` are rdi, rsi, rdx, r10, r8; the result goes to rax. A call with much to do does a part of it,
 * changes `args` to what is left and sets vcpu->call_again. The guest then makes the call again, and events
 * may come in between.
 */
typedef int64_t hypercall_handler(struct vcpu *vcpu, uint64_t args[5]);

hypercall_handler call_set_trap_table, call_stack_switch, call_set_callbacks, call_callback_op;
hypercall_handler call_set_gdt, call_mmuext_op;
hypercall_handler call_sched_op, call_sched_op_compat, call_set_timer_op, call_vcpu_op;
hypercall_handler call_event_channel_op, call_update_va_mapping, call_platform_op, call_meridian;
hypercall_handler call_multicall, call_xen_version, call_console_io, call_set_segment_base, call_iret;

/* Makes the call that the VCPU's frame holds, and puts the result there. On the VCPU's own CPU. */
void hypercall_serve(struct vcpu *vcpu);

/* Prints a log line that says which call was refused and why, for the guest's author; at most 32 of them. */
void call_complain(struct vcpu *vcpu, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
