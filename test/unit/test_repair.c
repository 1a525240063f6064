/* sources: hv/keeper/repair.c hv/keeper/repair_rule.c hv/keeper/repair_words.c hv/time/align.c hv/time/line.c */
/* flags: -include test/unit/fake_timer_cpu.h */
/* repair=try on three CPUs: what is written, what comes of it, and that else all is as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/facts.h"
#include "keeper/clocks.h"
#include "log/log.h"

#define CPUS     3u
#define DEADLINE 0x6e0u
#define ADJUST   0x3bu

static struct cpu_clock clocks[CPUS];
struct keeper keeper;
static struct cpu_facts facts[CPUS];
static int64_t tsc[CPUS], adjust[CPUS];
static uint64_t armed[CPUS];
static char said[4096];
static unsigned running, waits, writes;
/* What goes wrong. */
static int64_t gains[CPUS]; /* in each wait */
static int64_t jump;        /* of CPU 2's TSC, in the second wait */
static unsigned writes_kept, absent;

static int machine(void **state)
{
    (void)state;
    memset(clocks, 0, sizeof clocks);
    memset(gains, 0, sizeof gains);
    keeper = (struct keeper){.cpus = CPUS, .clocks = clocks};
    for (unsigned i = 0; i < CPUS; i++) {
        facts[i].tsc_adjust = true;
        tsc[i] = adjust[i] = 0;
        armed[i] = 7;
    }
    said[0] = 0;
    running = waits = writes = absent = 0;
    jump = 0;
    writes_kept = UINT32_MAX;
    return 0;
}

void *memory_take_bytes(uint64_t bytes, const char *what)
{
    static char taken[4][256] __attribute__((aligned(64)));
    static unsigned takes;

    (void)what;
    assert_true(bytes <= sizeof taken[0]);
    return memset(taken[takes++ % 4], 0, sizeof taken[0]);
}

void log_print(const char *words, ...)
{
    size_t length = strlen(said);
    va_list args;

    va_start(args, words);
    vsnprintf(said + length, sizeof said - length, words, args);
    va_end(args);
}

uint64_t rdtsc_ordered(void)
{
    return 1000000;
}

unsigned cpu_id(void)
{
    return running;
}

const struct cpu_facts *cpu_facts(unsigned cpu)
{
    return &facts[cpu];
}

bool apic_timer_has_deadline(void)
{
    return running != 1;
}

void apic_timer_set_deadline(uint64_t deadline)
{
    armed[running] = deadline;
}

void wrmsr(uint32_t msr, uint64_t value)
{
    assert_int_equal(msr, ADJUST);
    assert_true((int64_t)value >= 0 || value == (uint64_t)-70);
    assert_int_equal(armed[running], running == 1 ? 7 : 0);
    if (++writes > writes_kept)
        return;
    tsc[running] += (int64_t)value - adjust[running];
    adjust[running] = (int64_t)value;
}

void exchange_alone(unsigned cpu, void (*what)(void))
{
    assert_true(cpu > 0);
    running = cpu;
    what();
    running = 0;
}

void exchange_star(const struct outlook *boot)
{
    assert_true(boot->nominal.mul != 0);
    for (unsigned i = 1; i < CPUS; i++) {
        clocks[i].start.late.tsc_hi = i != absent;
        clocks[i].start.offset = (struct offset){tsc[i] - tsc[0] - 2, tsc[i] - tsc[0] + 3};
        clocks[i].look.adjust = (uint64_t)adjust[i];
    }
}

void exchange_forget(void)
{
    for (unsigned i = 0; i < CPUS; i++)
        clocks[i].start = (struct cpu_start){0};
}

bool adjust_read(struct cpu_clock *clock)
{
    clock->look.adjust = (uint64_t)adjust[clock - clocks];
    return false;
}

void reference_wait_us(uint32_t us)
{
    assert_true(us >= 100000);
    for (unsigned i = 0; i < CPUS; i++)
        tsc[i] += gains[i];
    if (++waits == 2)
        tsc[2] += jump;
}

static void moved(unsigned cpu, int64_t ticks)
{
    tsc[cpu] += ticks;
    adjust[cpu] += ticks;
}

static void ends(const char *what)
{
    repair_try(true);
    if (!strstr(said, what))
        fail_msg("\"%s\" is not in: %s", what, said);
    assert_int_equal(keeper.nominal.mul, 0);
    assert_int_equal(clocks[1].start.late.tsc_hi, 0);
}

static void is_at(unsigned cpu, int64_t place, int64_t written)
{
    assert_int_equal(tsc[cpu], place);
    assert_int_equal(adjust[cpu], written);
}

static void not_asked(void **state)
{
    (void)state;
    moved(1, 5000);
    repair_try(false);
    repair_refuse(false);
    assert_string_equal(said, "");
    assert_int_equal(writes + waits, 0);
    repair_refuse(true);
    assert_non_null(strstr(said, "@repaired state=refused why=no-timer cpus=0"));
    assert_int_equal(keeper_repaired(), 0);
}

static void written_and_stays(void **state)
{
    (void)state;
    moved(1, 5000);
    moved(2, -70);
    ends("@repaired state=done why=stayed cpus=2 residue_ticks=3\n");
    assert_non_null(strstr(
        said, "@repair cpu=1 was=5000 now=0 offset_ticks=5000 residue_ticks=0 residue_bound_ticks=3\n"));
    assert_non_null(strstr(said, "@repair cpu=2 was=-70 now=0 offset_ticks=-70 "));
    is_at(0, 0, 0), is_at(1, 0, 0), is_at(2, 0, 0);
    assert_int_equal(keeper_repaired(), 2);
    assert_int_equal(armed[0], 7); /* it was not written */
}

static void boot_cpu_follows(void **state)
{
    (void)state;
    tsc[2] = 5000;
    ends("@repaired state=done why=stayed cpus=2 ");
    is_at(0, 5000, 5000), is_at(1, 5000, 5000), is_at(2, 5000, 0);
    assert_int_equal(armed[0], 0);
}

static void nothing_to_do(void **state)
{
    (void)state;
    adjust[1] = 12345; /* a fact beside it */
    ends("@repaired state=none why=in-step cpus=0 ");
    assert_int_equal(writes, 0);
    assert_int_equal(keeper_repaired(), 0);
}

static void refused(void **state)
{
    moved(1, 5000);
    facts[2].tsc_adjust = false;
    ends("@repaired state=refused why=no-tsc-adjust ");
    assert_non_null(strstr(said, "what is written to a TSC itself cannot be put back to the tick\n"));
    machine(state);
    moved(1, 5000);
    absent = 2;
    ends("@repaired state=refused why=unmeasured ");
    machine(state);
    moved(1, 5000);
    gains[2] = 100;
    ends("@repaired state=refused why=not-parallel ");
    machine(state);
    tsc[1] = INT64_MAX / 3;
    ends("@repaired state=refused why=too-far ");
    assert_int_equal(writes, 0);
}

/* Writes that do nothing, as in QEMU; those after the first; all but to put back. */
static void put_back_if_not_settled(void **state)
{
    moved(1, 5000);
    moved(2, -70);
    writes_kept = 0;
    ends("@repaired state=put-back why=not-settled cpus=0 ");
    is_at(1, 5000, 5000), is_at(2, -70, -70);
    assert_int_equal(writes, 1);
    machine(state);
    moved(1, 5000);
    moved(2, -70);
    jump = 400;
    ends("@repaired state=put-back why=not-stayed cpus=0 ");
    is_at(0, 0, 0), is_at(1, 5000, 5000), is_at(2, 330, -70);
    assert_int_equal(keeper_repaired(), 0);
    machine(state);
    moved(1, 5000);
    moved(2, -70);
    writes_kept = 1;
    ends("@repaired state=left why=not-settled cpus=0 ");
    assert_non_null(strstr(said, "reset this machine\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(not_asked, machine),
        cmocka_unit_test_setup(written_and_stays, machine),
        cmocka_unit_test_setup(boot_cpu_follows, machine),
        cmocka_unit_test_setup(nothing_to_do, machine),
        cmocka_unit_test_setup(refused, machine),
        cmocka_unit_test_setup(put_back_if_not_settled, machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
