/* What an access was to, for the run that broke a promise: one event a line, in the order of relacy. */
#include <stddef.h>
#include <stdio.h>

#include "world.h"

static const struct {
    size_t at;
    const char *name;
} fields[] = {
    {offsetof(struct meridian_record, version1), "version1"},
    {offsetof(struct meridian_record, version2), "version2"},
    {offsetof(struct meridian_record, tsc_timestamp), "tsc_timestamp"},
    {offsetof(struct meridian_record, system_time), "system_time"},
    {offsetof(struct meridian_record, tsc_to_system_mul), "tsc_to_system_mul"},
    {offsetof(struct meridian_record, tsc_shift), "tsc_shift"},
    {offsetof(struct meridian_record, flags), "flags"},
    {offsetof(struct meridian_record, disruptions), "disruptions"},
    {offsetof(struct meridian_record, cpu_freq), "cpu_freq"},
    {offsetof(struct meridian_record, wall_sec), "wall_sec"},
    {offsetof(struct meridian_record, wall_nsec), "wall_nsec"},
    {offsetof(struct meridian_record, err_ppb), "err_ppb"},
    {offsetof(struct meridian_record, err_ns), "err_ns"},
};

static const char *page_field_at(size_t offset)
{
    return offset == offsetof(struct meridian_assumed, version)    ? "version"
           : offset == offsetof(struct meridian_assumed, breaches) ? "breaches"
           : offset < offsetof(struct meridian_assumed, last)      ? "assumption"
                                                                   : "entry of a breach";
}

static const char *field_at(size_t offset)
{
    if (offset >= offsetof(struct arena, page))
        return page_field_at(offset - offsetof(struct arena, page));
    offset %= sizeof(struct meridian_record);
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].at == offset)
            return fields[i].name;
    }
    return "?";
}

static const char *record_at(size_t offset)
{
    static const char *const names[] = {"common", "VCPU 0's", "VCPU 1's", "VCPU 2's"};
    size_t record = offset / sizeof(struct meridian_record);

    if (record < sizeof names / sizeof names[0])
        return names[record];
    if (offset < offsetof(struct arena, last_ns))
        return "Xen's";
    return offset < offsetof(struct arena, page) ? "" : "the page's";
}

void tell_access(const char *does, const volatile void *place, uint64_t value)
{
    size_t offset = (size_t)((const volatile char *)place - (const volatile char *)&weak_arena);
    const char *record = record_at(offset);
    const char *field = *record                                     ? field_at(offset)
                        : offset == offsetof(struct arena, said)    ? "the word of the last read"
                        : offset == offsetof(struct arena, last_ns) ? "last_ns"
                                                                    : "Xen's wall clock";

    printf("cpu %u: %s %s%s%s: %llu\n", weak_cpu(), does, record, *record ? " " : "", field,
           (unsigned long long)value);
}

void tell_tsc(uint64_t tsc)
{
    printf("cpu %u: TSC %llu\n", weak_cpu(), (unsigned long long)tsc);
}

void tell_read(uint64_t ns, uint64_t heard)
{
    printf("cpu %u: has read %llu, had heard of %llu\n", weak_cpu(), (unsigned long long)ns,
           (unsigned long long)heard);
}
