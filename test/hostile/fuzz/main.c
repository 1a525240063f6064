#include "fuzz/fuzz.h"

#define PAGE_FAULT  14
#define PATIENCE_NS 20000000000ull
#define CALLS       100000u
#define SEED_STEP   0x9e3779b97f4a7c15ull /* odd: VCPUs' seeds differ */

char play[PLAY_PAGES + 1][PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

static volatile struct {
    u64 calls, traps, upcalls;
    bool done;
} __attribute__((aligned(64))) counts[KIT_CPUS];
static u64 seed = 1, calls = CALLS;
static bool stressed;

static void map_play(void)
{
    for (unsigned i = 0; i < PLAY_PAGES; i++)
        call(__HYPERVISOR_update_va_mapping, (u64)play[i], pte_of(play[i], PTE_RW), UVMF_INVLPG);
}

/* Only play[] is ever anything but mapped and writable. */
void on_trap(struct trap_frame *frame)
{
    u64 address = infos[this_vcpu()]->arch.cr2;

    counts[this_vcpu()].traps++;
    if (frame->vector != PAGE_FAULT || address - (u64)play >= PLAY_BYTES) {
        say("fuzz: trap %d, error %x, at %x, address %x\n", (long)frame->vector, frame->error, frame->rip,
            address);
        leave(SHUTDOWN_crash);
    }
    map_play();
}

void on_event(struct event_frame *frame)
{
    volatile struct vcpu_info *info = infos[this_vcpu()];
    u64 words;

    (void)frame;
    counts[this_vcpu()].upcalls++;
    info->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned w = 0; w < 64; w++)
        if (words >> w & 1)
            __atomic_exchange_n(&shared->evtchn_pending[w], 0, __ATOMIC_SEQ_CST);
}

static void run(unsigned vcpu)
{
    struct dice dice = {(seed + vcpu) * SEED_STEP | 1};

    infos[vcpu]->evtchn_upcall_mask = 0;
    for (u64 i = 0; i < calls; i++) {
        if (stressed)
            stress(&dice, vcpu);
        else
            call_at_random(&dice, vcpu);
        counts[vcpu].calls++;
    }
    counts[vcpu].done = true;
}

void other_cpu(void)
{
    run(this_vcpu());
    for (;;)
        call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
}

static unsigned start_all(void)
{
    unsigned vcpu = 1;

    for (; vcpu < KIT_CPUS; vcpu++) {
        if (call(__HYPERVISOR_vcpu_op, VCPUOP_initialise, vcpu, (u64)context_for(vcpu)))
            break;
        call(__HYPERVISOR_vcpu_op, VCPUOP_up, vcpu, 0);
    }
    return vcpu;
}

/* IPIs first: they get ports 1 to KIT_CPUS. */
static void bind_all(void)
{
    for (unsigned vcpu = 0; vcpu < KIT_CPUS; vcpu++) {
        struct evtchn_bind_ipi ipi = {.vcpu = vcpu};

        call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (u64)&ipi, 0);
    }
    for (unsigned vcpu = 0; vcpu < KIT_CPUS; vcpu++) {
        struct evtchn_bind_virq timer = {.virq = VIRQ_TIMER, .vcpu = vcpu};

        call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (u64)&timer, 0);
    }
}

static u64 number(const char *text, u64 otherwise)
{
    u64 value = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (u64)(*text - '0');
    return value ? value : otherwise;
}

static bool all_done(unsigned vcpus)
{
    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++)
        if (!counts[vcpu].done)
            return false;
    return true;
}

void program(void)
{
    u64 end_ns, made = 0, traps = 0, upcalls = 0;
    unsigned vcpus;

    seed = number(option("seed="), seed);
    calls = number(option("calls="), calls);
    stressed = option("stress");
    take_traps(4);
    call(__HYPERVISOR_set_callbacks, (u64)event_entry, (u64)event_entry, 0);
    bind_all();
    vcpus = start_all();
    run(0);
    for (end_ns = now() + PATIENCE_NS; !all_done(vcpus) && now() < end_ns;)
        call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
    for (unsigned vcpu = 0; vcpu < vcpus; vcpu++) {
        made += counts[vcpu].calls;
        traps += counts[vcpu].traps;
        upcalls += counts[vcpu].upcalls;
    }
    say("fuzz: vcpus=%d calls=%d traps=%d upcalls=%d done=%d\n", (long)vcpus, (long)made, (long)traps,
        (long)upcalls, (long)all_done(vcpus));
}
