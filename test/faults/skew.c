/*
 * A publisher that lies, for the test image only: linked with --wrap=record_fill, so the hypervisor's own
 * sources stay as they are. Every second publish of the common line, and every second VCPU's own line, is
 * 5 ms ahead: more than passes between two reads. The witness must see time go back and records spread, or it
 * could see nothing.
 */
#include "time/publish.h"

#define LIE_NS 5000000u

void __real_record_fill(volatile struct meridian_record *record, const struct published *data);
void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data);

void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    unsigned slot = (uint64_t)record / sizeof *record % MERIDIAN_SLOTS_PER_PAGE;
    struct published told = *data;
    static unsigned publishes;

    if (slot == 0)
        publishes++;
    if (slot == 0 ? publishes % 2 : slot % 2)
        told.line.ns += LIE_NS;
    __real_record_fill(record, &told);
}
