/*
 * A kernel, made by hand, round the example of docs/reader.md: two time pages, a Xen record, a KVM record
 * and a TSC. It prints what the clock says of them, a fact a line; test/boot/test_reader_page.py has the
 * numbers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "meridian/breach.h"
#include "meridian/clock.h"

int clock_init_xen(unsigned vcpus);
void clock_init_kvm_vcpu(void);
void clock_init_kvm(void);
uint64_t clock_ns(struct meridian_counts *counts);
struct meridian_interval clock_interval(struct meridian_counts *counts);
int clock_utc(struct meridian_counts *counts, struct meridian_wall *out);
enum meridian_answer clock_breached(const struct meridian_interval *interval, struct meridian_breach *by);

#define FRAME 0x1000u /* of the first time page */

static struct meridian_record frames[3][MERIDIAN_SLOTS_PER_PAGE], xen_time[100];
static uint64_t tsc, vcpu, written_to;
static int on_meridian;
static struct meridian_counts counts;

uint64_t hand_tsc(void)
{
    return tsc;
}

long kernel_hypercall(unsigned number, uint64_t first, uint64_t second)
{
    if (!on_meridian || number != MERIDIAN_HYPERCALL)
        return -38;
    if (first == MERIDIAN_OP_MAGIC)
        return MERIDIAN_MAGIC;
    if (first == MERIDIAN_OP_ASSUMED)
        return FRAME + 2;
    return first == MERIDIAN_OP_PAGE && second < 2 ? (long)(FRAME + second) : -22;
}

long kernel_map(void *page, uint64_t mfn)
{
    memcpy(page, frames[mfn - FRAME], sizeof(frames[0]));
    return 0;
}

const void *kernel_vcpu_time(uint32_t id)
{
    return &xen_time[id];
}

uint64_t kernel_vcpu(void)
{
    return vcpu;
}

void kernel_yield(void)
{
}

uint64_t kernel_physical(const void *object)
{
    return (uint64_t)(uintptr_t)object;
}

/* KVM: bit 0 of the MSR says that the record is in use. */
void kernel_write_msr(uint32_t msr, uint64_t value)
{
    written_to = msr == 0x4b564d01 && value & 1 ? value - 1 : 0;
}

/* 2 GHz: a tick is half a ns. At TSC 1000 it was 10 s, and 2005-07-08 12:00:00.999999000 UTC. */
static struct meridian_record record(uint8_t flags, uint64_t system_time)
{
    struct meridian_record r;
    memset(&r, 0, sizeof(r));
    r.version1 = r.version2 = 8;
    r.tsc_timestamp = 1000;
    r.system_time = system_time;
    r.tsc_to_system_mul = 0x80000000u;
    r.flags = flags;
    r.cpu_freq = 2000000000;
    r.wall_sec = 1120824000;
    r.wall_nsec = 999999000;
    r.err_ppb = 1000;
    r.err_ns = 100;
    return r;
}

static void show(const char *what)
{
    struct meridian_wall wall;
    uint64_t ns = clock_ns(&counts);
    struct meridian_interval i = clock_interval(&counts);

    printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, what, ns, i.earliest_ns, i.now_ns,
           i.latest_ns, i.err_ns);
    if (clock_utc(&counts, &wall))
        printf(" %" PRId64 ".%09" PRIu32, wall.now.sec, wall.now.nsec);
    printf("\n");
}

/* One breach was told: from 10 s on for a second, by 7 to 70 ns. */
static void tell_breach(void)
{
    struct meridian_assumed page;
    memset(&page, 0, sizeof(page));
    page.breaches = 1;
    page.last[0].from_ns = 10000000000;
    page.last[0].to_ns = 11000000000;
    page.last[0].at_least_ns = 7;
    page.last[0].at_most_ns = 70;
    memcpy(frames[2], &page, sizeof(page));
}

static void show_breached(const char *what, uint64_t later_ns)
{
    struct meridian_breach by = {0, 0, 0, 0};
    struct meridian_interval i = clock_interval(&counts);
    i.earliest_ns += later_ns;
    i.now_ns += later_ns;
    i.latest_ns += later_ns;
    enum meridian_answer answer = clock_breached(&i, &by);
    printf("%s %d %" PRIu64 " %" PRIu64 "\n", what, (int)answer, by.at_least_ns, by.at_most_ns);
}

int main(void)
{
    on_meridian = 1;
    tell_breach();
    tsc = 5000;
    frames[0][0] = record(MERIDIAN_FLAG_TSC_STABLE, 10000000000);
    printf("mapped %d\n", clock_init_xen(64));
    show("unified");
    show_breached("in_it", 0);
    show_breached("after_it", 2000000000);

    frames[0][0].flags = 0;
    frames[0][1] = record(0, 10000000500); /* VCPU 0 */
    frames[1][0] = record(0, 10000000400); /* VCPU 63: the first of the second page */
    clock_init_xen(64);
    show("vcpu0");
    vcpu = 63;
    show("vcpu63");
    printf("clamps %" PRIu64 "\n", counts.clamps);

    on_meridian = 0;
    xen_time[63] = record(0, 10000001000);
    printf("mapped %d\n", clock_init_xen(64));
    show("xen");

    clock_init_kvm();
    clock_init_kvm_vcpu();
    struct meridian_record kvm = record(MERIDIAN_FLAG_TSC_STABLE, 10000000000);
    memcpy((void *)(uintptr_t)written_to, &kvm, 32);
    show("kvm");
    return 0;
}
