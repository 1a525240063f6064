/* console_io: the guest's text goes to the log; its verdict is kept for the domain's end. */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "domain/calls/calls.h"
#include "domain/vcpu/vcpu.h"
#include "log/log.h"

#define CHUNK 128 /* bytes of a call: some microseconds */

/*
 * Prints the text up to a verdict in it. A text that begins with a verdict is printed whole, but only once
 * the domain's hook agrees. Returns how many bytes were printed; 0: the hook does not agree yet, or too much
 * of guests' text waits for the port.
 */
static uint32_t console_let_out(struct domain *domain, const char *text, uint32_t size)
{
    bool were_on = lock_take(&domain->console_lock);
    uint32_t now = (uint32_t)verdict_lines_before(&domain->console, text, size);

    lock_release(&domain->console_lock, were_on);
    if (!now && domain->hooks.before_verdict && !domain->hooks.before_verdict())
        return 0;
    if (!now)
        now = size;
    if (!log_guest_may_write())
        return 0;
    were_on = lock_take(&domain->console_lock);
    verdict_lines_take(&domain->console, text, now);
    console_line_take(&domain->console_line, text, now);
    lock_release(&domain->console_lock, were_on);
    return now;
}

/* args: operation, count, buffer. Each chunk is a call, so timers and events come in between. */
int64_t call_console_io(struct vcpu *vcpu, uint64_t args[5])
{
    uint32_t count = (uint32_t)args[1];
    char text[CHUNK];
    uint32_t now = count < CHUNK ? count : CHUNK;

    if ((int)args[0] == CONSOLEIO_read)
        return 0;
    if ((int)args[0] != CONSOLEIO_write)
        return -XEN_ENOSYS;
    if (!guest_read(vcpu_space(vcpu), text, args[2], now))
        return -XEN_EFAULT;
    now = now ? console_let_out(vcpu->domain, text, now) : 0;
    args[1] = count - now;
    args[2] += now;
    vcpu->call_again = args[1] != 0;
    return 0;
}
