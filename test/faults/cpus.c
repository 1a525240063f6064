/*
 * CPUs that fail, for a test image only: linked with --wrap, so the hypervisor's own sources stay as they
 * are.
 * `cpufault=WHAT@n` on Meridian's command line, n a decimal APIC id:
 *
 * never       its SIPIs are swallowed
 * late        it is sent one only when the roll is long closed
 * slow        it takes a number and a stack, then comes to be ready only when the roll is long closed
 * unmeasured  it never answers in a meeting; the boot CPU: its reference windows contradict themselves
 * contradicts the first two reference windows contradict themselves
 * hybrid      it is an E-core, and all others are P-cores, by CPUID
 * restless    it goes into deep idle only when that is over
 * deaf        in deep idle it misses the store that should wake it
 * smis        CPUs count SMIs, and on this one there is one more each time they are read
 * stops       1.5 s after system time began it halts for ever, interrupts off
 * returns     the same, but it goes on 3 s later
 * ends        it is the one on which the run ends; the CPU that flushes the serial port then is named
 *
 * `steals=` takes time from a CPU (thief.c).
 * `baud=n` and `deaf=n` make the serial port slow, and deaf (slow.c); `dies=` and `freezes=` are in dies.c.
 */
#include "boot.h"
#include "cpu/apic.h"
#include "cpu/cpu_area.h"
#include "cpu/identify.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"
#include "keeper.h"
#include "keeper/meeting.h"
#include "keeper/clocks.h"
#include "log/log.h"
#include "log/serial.h"
#include "log/string.h"
#include "outcome.h"
#include "platform/reference/reference.h"
#include "dies.h"
#include "slow.h"
#include "thief.h"
#include "time/window.h"

#define RELEASE_SPINS 400000000u
#define LATE_US       200000u
#define STOP_NS       1500000000ull
#define GONE_NS       3000000000ull
#define WATCHED_BYTES 4096u /* of a stack, from its top */
#define NOBODY        UINT32_MAX
#define MSR_SMI_COUNT 0x34u

static struct {
    const char *what;
    uint32_t apic_id;
} fault = {"none", NOBODY};

static uint8_t startup_page;
static uint32_t released;
static bool stopped_once;

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
bool __real_apic_send_startup(uint32_t apic_id, uint8_t page);
bool __wrap_apic_send_startup(uint32_t apic_id, uint8_t page);
bool __real_apic_init_cpu(void);
bool __wrap_apic_init_cpu(void);
bool __real_rdmsr_try(uint32_t msr, uint64_t *out);
bool __wrap_rdmsr_try(uint32_t msr, uint64_t *out);
void __real_identify(cpuid_reader read, struct cpu_facts *out);
void __wrap_identify(cpuid_reader read, struct cpu_facts *out);
void __real_keeper_start(const struct options *options, uint8_t century_register);
void __wrap_keeper_start(const struct options *options, uint8_t century_register);
void __real_meeting_lead(unsigned other, uint64_t meeting, struct offset *offset, struct ping *narrowest);
void __wrap_meeting_lead(unsigned other, uint64_t meeting, struct offset *offset, struct ping *narrowest);
void __real_meeting_follow(unsigned leader, uint64_t meeting);
void __wrap_meeting_follow(unsigned leader, uint64_t meeting);
bool __real_window_close(const struct window *window, struct crystal crystal, struct estimate *estimate,
                         struct outlook *outlook);
bool __wrap_window_close(const struct window *window, struct crystal crystal, struct estimate *estimate,
                         struct outlook *outlook);
void __real_idle_sleep(void);
void __wrap_idle_sleep(void);
void __real_cpu_idle_mwait(const volatile uint64_t *word, uint32_t hint);
void __wrap_cpu_idle_mwait(const volatile uint64_t *word, uint32_t hint);
void __real_keeper_timer_arm(struct timer *timer, uint64_t deadline_ns);
void __wrap_keeper_timer_arm(struct timer *timer, uint64_t deadline_ns);
void __real_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
void __real_serial_flush(void);
void __wrap_serial_flush(void);

static bool hits(const char *what, uint32_t apic_id)
{
    return fault.apic_id == apic_id && strcmp(fault.what, what) == 0;
}

static void choose(const char *line)
{
    static const char *const faults[] = {"never", "late",     "slow", "unmeasured", "contradicts", "hybrid",
                                         "smis",  "restless", "deaf", "stops",      "returns",     "ends"};
    static const char word[] = "cpufault=";

    while (*line && memcmp(line, word, sizeof word - 1) != 0)
        line++;
    if (!*line)
        return;
    line += sizeof word - 1;
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        size_t length = strlen(faults[i]);

        if (memcmp(line, faults[i], length) || line[length] != '@')
            continue;
        fault.what = faults[i];
        fault.apic_id = 0;
        for (line += length + 1; *line >= '0' && *line <= '9'; line++)
            fault.apic_id = fault.apic_id * 10 + (uint32_t)(*line - '0');
        break;
    }
    log_print("fault test: %s, APIC id %u\n", fault.what, fault.apic_id);
}

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    __real_boot_read(magic, info, boot);
    choose(boot->cmdline);
    slow_choose(boot->cmdline);
    dies_choose(boot->cmdline);
    thief_choose(boot->cmdline);
}

/* ---- Start-up ---- */

bool __wrap_apic_send_startup(uint32_t apic_id, uint8_t page)
{
    startup_page = page;
    if (hits("never", apic_id) || hits("late", apic_id))
        return true;
    return __real_apic_send_startup(apic_id, page);
}

/* A woken CPU has its number and its stack here, and has not said yet that it is ready. */
bool __wrap_apic_init_cpu(void)
{
    if (hits("slow", apic_id())) {
        for (uint32_t spin = 0; spin < RELEASE_SPINS && !__atomic_load_n(&released, __ATOMIC_ACQUIRE); spin++)
            cpu_relax();
    }
    return __real_apic_init_cpu();
}

static struct cpuid_result hybrid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r = cpuid(leaf, subleaf);

    if (leaf == 0 && r.eax < 0x1a)
        r.eax = 0x1a;
    if (leaf == 7)
        r.edx |= 1u << 15;
    if (leaf == 0x1a)
        r.eax = hits("hybrid", apic_id()) ? 0x20000001 : 0x40000001;
    return r;
}

void __wrap_identify(cpuid_reader read, struct cpu_facts *out)
{
    __real_identify(strcmp(fault.what, "hybrid") == 0 ? hybrid : read, out);
    out->smi_counted |= strcmp(fault.what, "smis") == 0;
}

bool __wrap_rdmsr_try(uint32_t msr, uint64_t *out)
{
    static uint64_t smis;

    if (msr != MSR_SMI_COUNT || strcmp(fault.what, "smis") != 0)
        return __real_rdmsr_try(msr, out);
    *out = hits("smis", cpu_this()->apic_id) ? ++smis : 0;
    return true;
}

static uint32_t roll(void)
{
    extern char trampoline_start[], trampoline_parameters[];
    const char *page = phys_to_virt((uint64_t)startup_page << 12);

    return *(volatile const uint32_t *)(page +
                                        ((uint64_t)trampoline_parameters - (uint64_t)trampoline_start));
}

/* Returns the area of the CPU that came late, or 0 if none has that APIC id. */
static unsigned late_area(void)
{
    for (unsigned area = 1; area < MAX_CPUS; area++) {
        if (cpu_by_area(area)->alive && cpu_by_area(area)->apic_id == fault.apic_id)
            return area;
    }
    return 0;
}

static uint64_t stack_sum(unsigned area)
{
    const uint64_t *top = (const uint64_t *)cpu_area_stack_top(area);
    uint64_t sum = 0;

    for (unsigned i = 1; i <= WATCHED_BYTES / sizeof *top; i++)
        sum = sum * 31 + top[-(int)i];
    return sum;
}

/* Nobody but the late CPU ever has this stack and mailbox: twice the same, and no CPU online is there. */
static void say_place(const char *when)
{
    unsigned area = late_area(), shared = 0;

    if (!area)
        return;
    for (unsigned id = 0; id < cpu_count(); id++)
        shared += cpu_by_id(id)->area == area;
    log_print("fault test: %s: stack %u, state %u, %s, shared with %u, sum 0x%lx\n", when, area,
              cpu_by_area(area)->start_state, cpu_by_area(area)->online ? "online" : "offline", shared,
              stack_sum(area));
}

void __wrap_keeper_start(const struct options *options, uint8_t century_register)
{
    if (strcmp(fault.what, "late") == 0)
        __real_apic_send_startup(fault.apic_id, startup_page);
    __atomic_store_n(&released, 1, __ATOMIC_RELEASE);
    if (strcmp(fault.what, "late") == 0 || strcmp(fault.what, "slow") == 0) {
        reference_wait_us(LATE_US);
        log_print("fault test: after the roll was closed: it stands at 0x%x\n", roll());
        say_place("at first");
    }
    __real_keeper_start(options, century_register);
}

/* ---- Measuring ---- */

void __wrap_meeting_lead(unsigned other, uint64_t meeting, struct offset *offset, struct ping *narrowest)
{
    if (!hits("unmeasured", cpu_this()->apic_id))
        __real_meeting_lead(other, meeting, offset, narrowest);
}

void __wrap_meeting_follow(unsigned leader, uint64_t meeting)
{
    if (!hits("unmeasured", cpu_this()->apic_id))
        __real_meeting_follow(leader, meeting);
}

bool __wrap_window_close(const struct window *window, struct crystal crystal, struct estimate *estimate,
                         struct outlook *outlook)
{
    static unsigned windows;

    if (hits("contradicts", cpu_this()->apic_id) && windows++ < 2)
        return false;
    return !hits("unmeasured", cpu_this()->apic_id) &&
           __real_window_close(window, crystal, estimate, outlook);
}

void __wrap_idle_sleep(void)
{
    if (hits("restless", cpu_this()->apic_id))
        reference_wait_us(LATE_US);
    __real_idle_sleep();
}

/* HLT knows of no store: only the interrupt that follows wakes it. */
void __wrap_cpu_idle_mwait(const volatile uint64_t *word, uint32_t hint)
{
    if (hits("deaf", cpu_this()->apic_id))
        cpu_idle();
    else
        __real_cpu_idle_mwait(word, hint);
}

/* ---- Later ---- */

static void go_away(void)
{
    uint64_t until = keeper_now_ns() + GONE_NS;

    stopped_once = true;
    log_print("fault test: CPU %u is gone\n", cpu_id());
    if (strcmp(fault.what, "stops") == 0)
        cpu_halt_for_ever();
    while (keeper_now_ns() < until)
        cpu_relax();
}

static struct {
    enum domain_end end;
    const char *why;
    bool reported, reported_ok;
    uint32_t asked;
} ending;

static void end_here(void)
{
    log_print("fault test: CPU %u ends the run\n", cpu_id());
    __real_outcome_domain_ended(ending.end, ending.why, ending.reported, ending.reported_ok);
}

/* Where the time base arms itself anew: no lock is held, interrupts are off. */
void __wrap_keeper_timer_arm(struct timer *timer, uint64_t deadline_ns)
{
    uint32_t self = cpu_this()->apic_id;
    bool base = timer == &clock_of(cpu_id())->look.timer;

    if ((hits("stops", self) || hits("returns", self)) && base && !stopped_once && keeper_now_ns() > STOP_NS)
        go_away();
    __real_keeper_timer_arm(timer, deadline_ns);
    if (base && dies_ends())
        outcome_domain_ended(DOMAIN_POWEROFF, "by the fault test", false, false);
    if (hits("ends", self) && base && __atomic_exchange_n(&ending.asked, 0, __ATOMIC_ACQ_REL))
        end_here();
}

void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok)
{
    say_place("at last");
    slow_end();
    thief_end();
    if (strcmp(fault.what, "ends") != 0) {
        __real_outcome_domain_ended(end, why, reported, reported_ok);
        return;
    }
    ending.end = end;
    ending.why = why;
    ending.reported = reported;
    ending.reported_ok = reported_ok;
    __atomic_store_n(&ending.asked, 1, __ATOMIC_RELEASE);
}

void __wrap_serial_flush(void)
{
    if (strcmp(fault.what, "ends") == 0)
        log_print("fault test: CPU %u flushes\n", cpu_id());
    __real_serial_flush();
}
