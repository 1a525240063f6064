/* Any call with any arguments, but for those by which a guest may rightly stop or lose itself. */
#include "fuzz/fuzz.h"

#define LIST_MOST 40u

static bool stops_vcpu(u64 number, u64 operation)
{
    switch (number) {
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_trap_table: /* its handlers are needed */
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_callback_op: return true;
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
        return operation != SCHEDOP_yield && operation <= SCHEDOP_remote_shutdown;
    case __HYPERVISOR_vcpu_op: return operation == VCPUOP_down || operation == VCPUOP_initialise;
    default: return false;
    }
}

/* Three in four are calls that there are. */
static u64 roll_number(struct dice *dice)
{
    static const uint8_t known[] = {
        __HYPERVISOR_stack_switch,     __HYPERVISOR_sched_op_compat,   __HYPERVISOR_platform_op,
        __HYPERVISOR_multicall,        __HYPERVISOR_update_va_mapping, __HYPERVISOR_set_timer_op,
        __HYPERVISOR_xen_version,      __HYPERVISOR_console_io,        __HYPERVISOR_vcpu_op,
        __HYPERVISOR_set_segment_base, __HYPERVISOR_sched_op,          __HYPERVISOR_event_channel_op,
        __HYPERVISOR_arch_7,
    };

    return roll_below(dice, 4) ? known[roll_below(dice, sizeof known)] : roll_below(dice, 70);
}

/* Random operations would hardly ever meet one that there is. */
static void aim(struct dice *dice, struct multicall_entry *entry)
{
    u64 page = (u64)play[roll_below(dice, PLAY_PAGES)];

    switch (entry->op) {
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat: entry->args[0] %= 8; break;
    case __HYPERVISOR_event_channel_op: entry->args[0] %= 14; break;
    case __HYPERVISOR_vcpu_op:
        entry->args[0] %= 16;
        entry->args[1] %= KIT_CPUS + 1;
        break;
    case __HYPERVISOR_update_va_mapping:
        if (roll_below(dice, 4)) {
            entry->args[0] = page;
            entry->args[1] = roll_below(dice, 2) ? pte_of(play[roll_below(dice, PLAY_PAGES)], 0x27)
                                                 : start_info->shared_info | PTE_RO;
            entry->args[2] = roll_below(dice, 7);
        }
        break;
    case __HYPERVISOR_console_io: /* nobody wants to read what is in play[] */
        entry->args[0] = CONSOLEIO_write;
        entry->args[1] %= 3;
        if (entry->args[2] - (u64)play < PLAY_BYTES)
            entry->args[2] = ~entry->args[2];
        break;
    case __HYPERVISOR_multicall: entry->args[1] %= LIST_MOST; break;
    default: break;
    }
}

static struct multicall_entry roll_call(struct dice *dice)
{
    struct multicall_entry entry;

    do {
        entry = (struct multicall_entry){.op = roll_number(dice)};
        for (unsigned i = 0; i < 4; i++)
            entry.args[i] = roll_argument(dice);
        aim(dice, &entry);
    } while (stops_vcpu(entry.op, entry.args[0]) || entry.op == __HYPERVISOR_multicall);
    return entry;
}

static void spoil_play(struct dice *dice)
{
    for (unsigned i = 0; i < 64; i++)
        ((volatile u64 *)play[roll_below(dice, PLAY_PAGES)])[i] = roll_argument(dice);
}

void call_at_random(struct dice *dice, unsigned vcpu)
{
    static struct multicall_entry lists[KIT_CPUS][LIST_MOST];
    struct multicall_entry one;
    unsigned count = roll_below(dice, LIST_MOST);

    if (roll_below(dice, 8) == 0)
        spoil_play(dice);
    if (roll_below(dice, 64) == 0) {
        for (unsigned i = 0; i < count; i++)
            lists[vcpu][i] = roll_call(dice);
        call(__HYPERVISOR_multicall, (u64)lists[vcpu], count, 0);
        return;
    }
    one = roll_call(dice);
    call(one.op, one.args[0], one.args[1], one.args[2]);
}
