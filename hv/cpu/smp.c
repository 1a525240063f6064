/*
 * Waking CPUs. All run the trampoline (boot/trampoline.asm) at once, and each takes a number from its roll:
 * the number of the area that is its own. Ids are given out only when the roll is closed, so they are dense
 * whichever CPUs stayed away. What a woken CPU does itself is in cpu_start.c.
 *
 * The races:
 * - A CPU that comes after the roll was closed gets a number beyond its limit, still in real mode, and
 *   sleeps in the trampoline's page. So that page stays as it is for ever.
 * - A CPU took a number but was not READY in time (a host may hold it for seconds). Then its start_state has
 *   become REFUSED by compare-and-exchange. It finds that, and sleeps on its own stack, which no other CPU
 *   is ever given.
 * - A READY CPU waits in HLT: on an emulator, spinning would take the time from those that still start. We
 *   store GO before we send the interrupt that wakes it, and it reads start_state after each interrupt.
 */
#include "cpu/smp.h"

#include <stdbool.h>
#include <stddef.h>

#include "cpu/apic.h"
#include "cpu/cpu_area.h"
#include "cpu/cpu_start.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/traps.h"
#include "log/log.h"
#include "log/panic.h"
#include "log/string.h"

#define INIT_US     10000u /* Intel MP specification B.4 */
#define STEP_US     200u
#define ANSWER_US   990000u /* with INIT_US, the second that the header promises */
#define ROLL_CLOSED 0x80000000u

/* As boot/trampoline.asm lays it out. */
struct trampoline_parameters {
    uint32_t taken, limit;
    uint32_t cr3;
    uint32_t far_offset;
    uint16_t far_selector, gdt_limit;
    uint32_t gdt_base;
    uint64_t first_stack_top, stack_stride;
    void (*entry)(unsigned area);
};
_Static_assert(offsetof(struct trampoline_parameters, first_stack_top) == 24, "trampoline.asm");

extern char trampoline_start[], trampoline_end[], trampoline_parameters[], trampoline_gdt[],
    trampoline_long_mode[];

static unsigned areas_used = 1;

static bool is_wanted(const uint32_t *apic_ids, unsigned index)
{
    if (apic_ids[index] == apic_id())
        return false;
    for (unsigned i = 0; i < index; i++)
        if (apic_ids[i] == apic_ids[index])
            return false;
    return apic_ids[index] <= apic_largest_id();
}

/* Keeps the ids that can be woken, each once, and says which are left out. Returns how many are kept. */
static unsigned choose_cpus(const uint32_t *apic_ids, unsigned count, uint32_t chosen[MAX_CPUS])
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        if (apic_ids[i] > apic_largest_id())
            log_print("cpu: APIC id %u cannot be reached in xAPIC mode: left out\n", apic_ids[i]);
        else if (is_wanted(apic_ids, i) && kept < MAX_CPUS - 1)
            chosen[kept++] = apic_ids[i];
        else if (is_wanted(apic_ids, i))
            log_print("cpu: APIC id %u is beyond the %u CPUs this build can use: left out\n", apic_ids[i],
                      MAX_CPUS);
    }
    return kept;
}

static uint64_t offset_in_trampoline(const char *label)
{
    return (uint64_t)label - (uint64_t)trampoline_start;
}

static struct trampoline_parameters *place_trampoline(uint64_t page, unsigned count)
{
    char *copy = phys_to_virt(page);
    struct trampoline_parameters *parameters = (void *)(copy + offset_in_trampoline(trampoline_parameters));

    memcpy(copy, trampoline_start, offset_in_trampoline(trampoline_end));
    parameters->limit = count + 1;
    parameters->taken = 1; /* 0 is ours */
    parameters->cr3 = (uint32_t)paging_root();
    parameters->far_offset = (uint32_t)(page + offset_in_trampoline(trampoline_long_mode));
    parameters->gdt_base = (uint32_t)(page + offset_in_trampoline(trampoline_gdt));
    parameters->first_stack_top = cpu_area_stack_top(0);
    parameters->stack_stride = AREA_BYTES;
    parameters->entry = smp_woken;
    map_trampoline(page, true);
    return parameters;
}

/* Returns the CPU with that APIC id if it waits to be let go, else NULL. */
static struct cpu *ready_cpu(uint32_t apic_id)
{
    for (unsigned area = 1; area < areas_used; area++) {
        struct cpu *cpu = cpu_by_area(area);

        if (__atomic_load_n(&cpu->start_state, __ATOMIC_ACQUIRE) == START_READY && cpu->apic_id == apic_id)
            return cpu;
    }
    return NULL;
}

static unsigned ready_count(void)
{
    unsigned count = 0;

    for (unsigned area = 1; area < areas_used; area++)
        count += __atomic_load_n(&cpu_by_area(area)->start_state, __ATOMIC_ACQUIRE) == START_READY;
    return count;
}

/* Waits until `count` CPUs are ready, at most `most_us`; returns the time it took. */
static uint32_t wait_ready(unsigned count, uint32_t most_us, void (*wait_us)(uint32_t us))
{
    uint32_t waited = 0;

    while (waited < most_us && ready_count() < count) {
        wait_us(STEP_US);
        waited += STEP_US;
    }
    return waited;
}

/* All of them have had their INIT (MP specification B.4). */
static void start_all_cpus(const uint32_t *apic_ids, unsigned count, uint64_t page,
                           void (*wait_us)(uint32_t us))
{
    uint32_t waited;

    wait_us(INIT_US);
    for (unsigned i = 0; i < count; i++)
        apic_send_startup(apic_ids[i], (uint8_t)(page >> 12));
    waited = wait_ready(count, STEP_US, wait_us);
    /* Once more; those that have started already ignore it (MP specification B.4.2). */
    for (unsigned i = 0; i < count; i++)
        if (!ready_cpu(apic_ids[i]))
            apic_send_startup(apic_ids[i], (uint8_t)(page >> 12));
    wait_ready(count, ANSWER_US - waited, wait_us);
}

/* The roll is closed: each CPU is READY or refused from now on. Returns how many came too late. */
static unsigned close_start(unsigned taken)
{
    unsigned late = 0;

    for (unsigned area = 1; area < areas_used; area++) {
        struct cpu *cpu = cpu_by_area(area);
        uint32_t expected = START_NONE;

        if (__atomic_compare_exchange_n(&cpu->start_state, &expected, START_REFUSED, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            late += area < taken;
    }
    return late;
}

/*
 * Ids follow the order of the list, whatever order the CPUs came in: the same machine reads the same every
 * time.
 */
static void give_ids(const uint32_t *apic_ids, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct cpu *cpu = ready_cpu(apic_ids[i]);

        if (cpu)
            cpu_add_online(cpu);
    }
}

static void let_all_go(void)
{
    for (unsigned id = 1; id < cpu_count(); id++)
        __atomic_store_n(&cpu_by_id(id)->start_state, START_GO, __ATOMIC_RELEASE);
    for (unsigned id = 1; id < cpu_count(); id++)
        smp_wake(id);
}

static void report_missing(const uint32_t *apic_ids, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!ready_cpu(apic_ids[i]))
            log_print("cpu: APIC id %u did not answer within 1 s: left out\n", apic_ids[i]);
}

unsigned smp_start(const uint32_t *apic_ids, unsigned count, uint64_t trampoline, void (*entry)(void),
                   void (*wait_us)(uint32_t us))
{
    struct trampoline_parameters *parameters;
    uint32_t chosen[MAX_CPUS];
    unsigned taken;

    count = choose_cpus(apic_ids, count, chosen);
    if (count == 0 || areas_used > 1)
        return cpu_count();
    if (trampoline == 0 || trampoline % FRAME_SIZE || trampoline >= 1u << 20)
        panic("no page below 1 MiB to start CPUs from (0x%lx)", trampoline);
    smp_set_entry(entry);
    areas_used = count + 1;
    for (unsigned i = 0; i < count; i++) /* first of all: firmware may have left them spinning (OVMF does) */
        apic_send_init(chosen[i]);
    for (unsigned area = 1; area < areas_used; area++)
        cpu_area_build(cpu_by_area(area), area);
    parameters = place_trampoline(trampoline, count);
    start_all_cpus(chosen, count, trampoline, wait_us);

    taken = __atomic_exchange_n(&parameters->taken, ROLL_CLOSED, __ATOMIC_ACQ_REL);
    if (close_start(taken) == 0)
        map_trampoline(trampoline, false); /* else a late CPU may be about to switch paging on in it */
    give_ids(chosen, count);
    report_missing(chosen, count);
    let_all_go();
    return cpu_count();
}

void smp_wake(unsigned id)
{
    struct cpu *cpu = cpu_by_id(id);

    if (cpu)
        apic_send(cpu->apic_id, VECTOR_WAKE);
}
