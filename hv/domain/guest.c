#include "domain/guest.h"

#include "log/format.h"
#include "log/log.h"

#define COMPLAINTS_MOST 32

void guest_complain(struct vcpu *vcpu, const char *format, ...)
{
    uint32_t count = __atomic_fetch_add(&vcpu->domain->complaints, 1, __ATOMIC_RELAXED);
    char text[160];
    va_list args;

    if (count > COMPLAINTS_MOST)
        return;
    va_start(args, format);
    format_va(text, sizeof(text), format, args);
    va_end(args);
    log_print("guest: VCPU %u: %s\n", vcpu->id, count == COMPLAINTS_MOST ? "(no more such lines)" : text);
}
