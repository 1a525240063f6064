/*
 * Traps on purpose, for a test image only: linked with --wrap, so the hypervisor's own sources stay as they
 * are. `trap=NAME` on Meridian's command line provokes that trap on the boot CPU once all is up;
 * `trap=NAME@n` on CPU n, `@all` on all at once, `@early` before there are descriptors of ours. While one CPU
 * traps the others count spins: the panic's last step, wrapped too, sees whether they really stand still.
 */
#include "trap.h"

#include "boot.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "cpu/traps.h"
#include "domain/domain.h"
#include "log/log.h"
#include "log/string.h"
#include "outcome.h"

#define ON_ALL      0xfffeu
#define ON_EARLY    0xffffu
#define MEET_SPINS  1000000u /* each a PAUSE */
#define WATCH_SPINS 2000u    /* each a PAUSE: a CPU that runs would count meanwhile */

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
_Noreturn void __real_domain_run_cpu(void);
_Noreturn void __wrap_domain_run_cpu(void);
void __real_outcome_panic(void);
void __wrap_outcome_panic(void);
void __real_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);

static const struct trap *trap;
static unsigned trap_cpu;
static uint32_t begun, survived;
static volatile uint32_t spins[MAX_CPUS];

static unsigned place(const char *text)
{
    unsigned cpu = 0;

    if (*text != '@')
        return 0;
    if (!memcmp(text, "@all", 4))
        return ON_ALL;
    if (!memcmp(text, "@early", 6))
        return ON_EARLY;
    while (*++text >= '0' && *text <= '9')
        cpu = cpu * 10 + (unsigned)(*text - '0');
    return cpu;
}

static void choose(const char *line)
{
    for (; *line; line++)
        if (!memcmp(line, "trap=", 5))
            break;
    if (!*line)
        return;
    line += 5;
    for (const struct trap *each = traps; each->name; each++) {
        size_t length = strlen(each->name);

        if (!memcmp(line, each->name, length) && (line[length] <= ' ' || line[length] == '@')) {
            trap = each;
            trap_cpu = place(line + length);
        }
    }
    log_print("trap test: %s\n", trap ? trap->name : "no trap of that name");
}

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    __real_boot_read(magic, info, boot);
    choose(boot->cmdline);
    if (trap && trap_cpu == ON_EARLY)
        trap->provoke();
}

/* The boot CPU comes last, when the others have been measured, and goes on when each of them counts. */
static void meet(void)
{
    if (cpu_id() == 0)
        __atomic_store_n(&begun, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE))
        cpu_relax();
    spins[cpu_id()]++;
    for (unsigned spin = 0; spin < MEET_SPINS; spin++) {
        unsigned here = 0;

        for (unsigned id = 0; id < cpu_count(); id++)
            here += spins[id] > 0;
        if (here == cpu_count())
            return;
        cpu_relax();
    }
    log_print("trap test: a CPU did not come\n");
}

_Noreturn void __wrap_domain_run_cpu(void)
{
    if (!trap)
        __real_domain_run_cpu();
    meet();
    if (trap_cpu == ON_ALL || trap_cpu == cpu_id()) {
        trap->provoke();
        log_print("trap test: CPU%u lives on\n", cpu_id());
        __atomic_store_n(&survived, 1, __ATOMIC_RELEASE);
    }
    while (!__atomic_load_n(&survived, __ATOMIC_ACQUIRE)) {
        spins[cpu_id()]++;
        cpu_relax();
    }
    __real_domain_run_cpu();
}

/* Wherever the trap found us: neither GS nor the APIC is asked. */
void __wrap_outcome_panic(void)
{
    uint32_t before[MAX_CPUS];
    unsigned moving = 0;

    for (unsigned id = 0; id < cpu_count(); id++)
        before[id] = spins[id];
    for (unsigned spin = 0; spin < WATCH_SPINS; spin++)
        cpu_relax();
    for (unsigned id = 0; id < cpu_count(); id++)
        moving += spins[id] != before[id];
    log_print("trap test: %u CPUs, %u of them still run\n", cpu_count(), moving);
    __real_outcome_panic();
}

void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok)
{
    for (unsigned id = 0; id < cpu_count(); id++)
        log_print("trap test: CPU%u took %lu NMIs\n", id, traps_nmi_count(id));
    __real_outcome_domain_ended(end, why, reported, reported_ok);
}
