#include "probe/probe.h"

char page_a[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
char page_b[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
char page_c[2 * PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

volatile struct event_frame last_event;
volatile unsigned events, last_event_vcpu;
volatile u64 ports_seen[64];

bool port_seen(evtchn_port_t port)
{
    return ports_seen[port / 64] >> port % 64 & 1;
}

void on_event(struct event_frame *frame)
{
    struct vcpu_info *info = infos[this_vcpu()];
    u64 words;

    last_event = *frame;
    last_event_vcpu = this_vcpu();
    events++;
    info->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (unsigned w = 0; w < 64; w++)
        if (words >> w & 1)
            ports_seen[w] |= __atomic_exchange_n(&shared->evtchn_pending[w], 0, __ATOMIC_SEQ_CST);
}

void on_trap(struct trap_frame *frame)
{
    seen_trap(frame);
}

static void probe_start(void)
{
    value("start: magic", begins(start_info->magic, "xen-3."));
    value("start: privileged, initial domain", start_info->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN));
    hex("start: list of pages", start_info->mfn_list);
    value("start: boot tables", start_info->nr_pt_frames);
    hex("start: module", start_info->mod_start);
    value("start: upcall mask", infos[0]->evtchn_upcall_mask);
}

void program(void)
{
    const char *how = option("crash=");

    if (how)
        crash(how);
    probe_start();
    probe_versions();
    probe_callbacks();
    probe_exceptions();
    probe_registers();
    probe_mappings();
    probe_channels();
    probe_batches();
    probe_vcpus();
    say("probe: end = 0\n");
}
