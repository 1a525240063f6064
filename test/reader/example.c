/*
 * A kernel's clock on Meridian's reader, whole. It is C11 and C++17. The kernel around it gives the functions
 * that begin with kernel_; all else is here. docs/reader.md holds this file word for word.
 */
#include "meridian/breach.h"
#include "meridian/clock.h"

#define MAX_VCPUS 256u
/* Slot 0 is common to all, slot n + 1 belongs to VCPU n: with 63 VCPUs one page is full. */
#define TIME_PAGES(vcpus) ((vcpus) / MERIDIAN_SLOTS_PER_PAGE + 1)

/* Calls the hypervisor. Returns what the call returned. */
long kernel_hypercall(unsigned number, uint64_t first, uint64_t second);
/* Maps a machine frame read-only at `page`, in place of what was there. Returns 0 if it is mapped. */
long kernel_map(void *page, uint64_t mfn);
/* Returns where Xen's struct vcpu_time_info of that VCPU is. */
const void *kernel_vcpu_time(uint32_t vcpu);
/* Returns the id of the VCPU that this code runs on. */
uint64_t kernel_vcpu(void);
/* Lets other VCPUs run for a while. */
void kernel_yield(void);
void kernel_write_msr(uint32_t msr, uint64_t value);
uint64_t kernel_physical(const void *object);

/* Addresses that the time pages are mapped at. */
static struct meridian_record windows[TIME_PAGES(MAX_VCPUS)][MERIDIAN_SLOTS_PER_PAGE]
    __attribute__((aligned(4096)));
static const struct meridian_record *pages[TIME_PAGES(MAX_VCPUS)];
/* The word that all VCPUs share where TSCs are apart: a cache line of its own. */
static uint64_t last_ns __attribute__((aligned(64)));

static struct meridian_clock the_clock;

/* An address for the page that tells what bounds assume and when they failed; NULL: there is none. */
static union {
    struct meridian_assumed page;
    char whole[4096];
} assumed_window __attribute__((aligned(4096)));
static const struct meridian_assumed *assumed;

/* ---- A Xen PV guest, on Meridian or on Xen ---- */

/* Maps the time pages. Returns 0 where there are none: on Xen, or if there are more VCPUs than room. */
static int map_time_pages(unsigned vcpus)
{
    if (vcpus > MAX_VCPUS ||
        kernel_hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_MAGIC, 0) != (long)MERIDIAN_MAGIC)
        return 0;
    for (unsigned i = 0; i < TIME_PAGES(vcpus); i++) {
        long mfn = kernel_hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_PAGE, i);
        if (mfn < 0 || kernel_map(windows[i], (uint64_t)mfn))
            return 0;
        pages[i] = windows[i];
    }
    return 1;
}

static const struct meridian_assumed *map_assumed(void)
{
    long mfn = kernel_hypercall(MERIDIAN_HYPERCALL, MERIDIAN_OP_ASSUMED, 0);
    return mfn < 0 || kernel_map(&assumed_window, (uint64_t)mfn) ? 0 : &assumed_window.page;
}

/* Runs once, before other VCPUs run. Returns 1 if every time will have a bound, 0 if none will. */
int clock_init_xen(unsigned vcpus)
{
    int mapped = map_time_pages(vcpus);
    the_clock.common = mapped ? pages[0] : 0;
    the_clock.pages = mapped ? pages : 0;
    the_clock.xen_time = kernel_vcpu_time;
    the_clock.where = kernel_vcpu;
    the_clock.yield = kernel_yield;
    the_clock.last_ns = &last_ns;
    assumed = mapped ? map_assumed() : 0;
    return mapped;
}

/* ---- Plain pvclock: a guest of KVM ---- */

#define MSR_KVM_SYSTEM_TIME_NEW 0x4b564d01u

/* KVM's record is the first half of ours, to the bit; a cache line each. */
static struct meridian_record kvm_time[MAX_VCPUS] __attribute__((aligned(64)));

static const void *kvm_time_of(uint32_t vcpu)
{
    return &kvm_time[vcpu];
}

/* Runs on each VCPU, before it reads the clock: KVM writes this VCPU's record from now on. */
void clock_init_kvm_vcpu(void)
{
    kernel_write_msr(MSR_KVM_SYSTEM_TIME_NEW, kernel_physical(kvm_time_of((uint32_t)kernel_vcpu())) | 1);
}

/* Runs once. No time has a bound here. */
void clock_init_kvm(void)
{
    the_clock.common = 0;
    the_clock.pages = 0;
    the_clock.xen_time = kvm_time_of;
    the_clock.where = kernel_vcpu;
    the_clock.yield = 0;
    the_clock.last_ns = &last_ns;
}

/* ---- Reading it; `counts` belongs to the VCPU, or to the context, that reads ---- */

/* Returns ns since boot. */
uint64_t clock_ns(struct meridian_counts *counts)
{
    return meridian_now_ns(&the_clock, counts);
}

/* Returns the same with its bound: the reference timer's time is between earliest_ns and latest_ns. */
struct meridian_interval clock_interval(struct meridian_counts *counts)
{
    return meridian_now(&the_clock, counts);
}

/* Stores UTC at *out. Returns 0, and stores nothing, where the records hold no UTC: outside Meridian. */
int clock_utc(struct meridian_counts *counts, struct meridian_wall *out)
{
    if (!the_clock.pages)
        return 0;
    *out = meridian_wall(&the_clock, counts);
    return 1;
}

/*
 * Returns whether the bound of an interval that was read before held, as far as was told until now. If it did
 * not, *by says by how much at most.
 */
enum meridian_answer clock_breached(const struct meridian_interval *interval, struct meridian_breach *by)
{
    return meridian_breached(assumed, interval, by);
}
