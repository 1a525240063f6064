/*
 * The calls of a small kernel of the Xen Test Framework's pv64 kind, in its order: 17 of 9 kinds. Then what
 * it builds on them: its own descriptors, a user mode, bounced #UD and #GP, CPUID by the forced-emulation
 * prefix.
 */
#include "../kit.h"

#include <xen/callback.h>
#include <xen/sched.h>

#include "pv64.h"

static page gdt;
static page other;
static page kernel_stack[2];
static unsigned number;

/* Every call of the 17 says its number and its name. */
static void counted(const char *what, long got)
{
    number++;
    say(number < 10 ? "+ call  " : "+ call ");
    say_number(number);
    say(" ");
    check(what, got, 0);
}

static void set_traps(void)
{
    static struct trap_info traps[21];

    for (unsigned i = 0; i < 20; i++)
        traps[i] = (struct trap_info){(uint8_t)i, i == 3 || i == 4 ? 3 : 0, FLAT_KERNEL_CS,
                                      (u64)trap_entries + i * 16};
    counted("set_trap_table", call(__HYPERVISOR_set_trap_table, (u64)traps, 0, 0, 0));
}

static void callback(const char *what, uint16_t type, unsigned entry)
{
    struct callback_register wish = {type, CALLBACKF_mask_events, (u64)trap_entries + entry * 16};

    counted(what, call(__HYPERVISOR_callback_op, CALLBACKOP_register, (u64)&wish, 0, 0));
}

static long set_gdt(u64 mfn, unsigned entries)
{
    return call(__HYPERVISOR_set_gdt, (u64)&mfn, entries, 0, 0);
}

static long user_root(u64 mfn)
{
    struct mmuext_op op = {.cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = mfn};

    return call(__HYPERVISOR_mmuext_op, (u64)&op, 1, 0, DOMID_SELF);
}

static void write_line(const char *line)
{
    unsigned length = 0;

    while (line[length])
        length++;
    number++;
    if (call(__HYPERVISOR_console_io, CONSOLEIO_write, length, (u64)line, 0))
        check("console_io", 1, 0);
}

static void describe(void *page)
{
    u64 *entries = page;

    entries[1] = GDT_DATA | GDT_DPL3;
    entries[2] = GDT_DATA;
    entries[3] = GDT_CODE64 | GDT_DPL3;
    entries[4] = GDT_CODE64 & ~GDT_PRESENT;
}

/* 16 of the 17; the last is the shutdown. */
static void the_calls(void)
{
    set_traps();
    callback("callback_op event", CALLBACKTYPE_event, TRAP_EVENT);
    callback("callback_op failsafe", CALLBACKTYPE_failsafe, 0);
    callback("callback_op syscall", CALLBACKTYPE_syscall, TRAP_CALL);
    counted("update_va_mapping shared_info", map(&shared, start->shared_info | PTE_RW, UVMF_INVLPG));
    describe(gdt);
    counted("update_va_mapping gdt", map(gdt, entry_of(gdt, PTE_RO), UVMF_INVLPG));
    counted("set_gdt", set_gdt(mfn_of(gdt), 512));
    counted("stack_switch",
            call(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, (u64)kernel_stack + sizeof kernel_stack, 0, 0));
    counted("mmuext_op NEW_USER_BASEPTR", user_root(mfn_of((void *)start->pt_base)));
    counted("update_va_mapping of address 0", map((void *)0, 0, UVMF_INVLPG));
    write_line("--- Xen Test Framework's way ---\n");
    write_line("Environment: PV 64bit (Long mode 4 levels)\n");
    write_line("Hello World\n");
    write_line("Test result: ");
    write_line("SUCCESS\n");
    number++;
    check("call 16 iret", same_by_iret(), 0x1234);
}

static void forced_cpuid(void)
{
    uint32_t r[4];

    cpuid_forced(0x40000000, 0, r);
    check("cpuid: the signature is XenVMMXenVMM",
          r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e, 1);
    check("cpuid: leaves to 40000002 at least", r[0] >= 0x40000002, 1);
    cpuid_forced(0x40000001, 0, r);
    check("cpuid: version", r[0], 4 << 16 | 17);
    cpuid_forced(1, 0, r);
    check("cpuid: a hypervisor, no VMX, no MONITOR", r[2] & (1u << 31 | 1u << 5 | 1u << 3), (long)(1u << 31));
    check("cpuid: TSC, SSE2, no PGE, no PSE", r[3] & (1u << 4 | 1u << 26 | 1u << 13 | 1u << 3),
          1u << 4 | 1u << 26);
    check("cpuid: an APIC id by VCPU", r[1] >> 24, 0);
    cpuid_forced(7, 0, r);
    check("cpuid: no SMEP, SMAP, INVPCID", r[1] & (1u << 7 | 1u << 20 | 1u << 10), 0);
    check("cpuid: no UMIP, PKU, OSPKE", r[2] & (1u << 2 | 1u << 3 | 1u << 4), 0);
    cpuid_forced(0x80000001, 0, r);
    check("cpuid: long mode, NX, SYSCALL", r[3] & (1u << 29 | 1u << 20 | 1u << 11),
          1u << 29 | 1u << 20 | 1u << 11);
    check("cpuid: no SVM", r[2] >> 2 & 1, 0);
}

static void bounced(void)
{
    expect(6, 2);
    __asm__ volatile("ud2a");
    check("bounced #UD", was_caught(), 1);
    check("its cs says kernel", (long)(caught.cs & 3), 0);
    expect(6, 9); /* the prefix with another instruction than CPUID: UD2, "xen", MOV EAX, EAX; MOV EAX, EAX */
    __asm__ volatile("ud2a; .ascii \"xen\"; movl %%eax, %%eax; movl %%eax, %%eax" : : : "memory");
    check("the prefix on another instruction is #UD", was_caught(), 1);
    check("#GP: loading a selector beyond the guest's descriptors", load_ds(0xc0db), -1);
    check("its error code", (long)caught.error, 0xc0d8);
}

static void own_descriptors(void)
{
    const volatile u64 *entries = (void *)gdt;

    check("ds: own data descriptor", load_ds(1 * 8 + 3), 0);
    check("ds: DPL 0 became DPL 3", load_ds(2 * 8 + 3), 0);
    check("and shows in the guest's page", (long)(entries[2] & GDT_DPL3) == (long)GDT_DPL3, 1);
    check("ds: an empty descriptor is #GP", load_ds(100 * 8 + 3), -1);
    check("cs: own code descriptor", cs_by_far_return(3 * 8 + 3), 3 * 8 + 3);
    expect(6, 2);
    cs_by_far_return(3 * 8 + 3);
    __asm__ volatile("ud2a");
    check("an exception on the own cs comes back", was_caught(), 1);
    check("and its frame names it", (long)caught.cs & 0xffff, 3 * 8);
    check("a call on the own cs gives back the flat one", (long)read_cs(), 0xe033);
    check("ds: back to the empty one", load_ds(0), 0);
}

static void refused(void)
{
    u64 *entries = (void *)other;

    check("gdt: not to be mapped writable meanwhile", map(gdt, entry_of(gdt, PTE_RW), UVMF_INVLPG) != 0, 1);
    check("set_gdt: a frame mapped writable", set_gdt(mfn_of(other), 512), -XEN_EINVAL);
    entries[5] = 0x00008b0000000067; /* a TSS, present */
    map(other, entry_of(other, PTE_RO), UVMF_INVLPG);
    check("set_gdt: a TSS in it", set_gdt(mfn_of(other), 512), -XEN_EINVAL);
    check("the old table is still there", load_ds(1 * 8 + 3), 0);
    map(other, entry_of(other, PTE_RW), UVMF_INVLPG);
    entries[5] = GDT_DATA;
    map(other, entry_of(other, PTE_RO), UVMF_INVLPG);
    check("set_gdt: without it", set_gdt(mfn_of(other), 512), 0);
    check("ds: from the new table", load_ds(5 * 8 + 3), 0);
    check("ds: not from the old one", load_ds(3 * 8 + 3), -1);
    check("gdt: writable again", map(gdt, entry_of(gdt, PTE_RW), UVMF_INVLPG), 0);
    check("set_gdt: too many entries", set_gdt(mfn_of(other), 7169), -XEN_EINVAL);
    check("set_gdt: a list that is not mapped", call(__HYPERVISOR_set_gdt, 0, 512, 0, 0), -XEN_EFAULT);
    check("set_gdt: a frame that is nobody's", set_gdt(0x7ffffffffful, 512), -XEN_EINVAL);
    check("set_gdt: a page table", set_gdt(mfn_of((void *)start->pt_base), 512), -XEN_EINVAL);
    check("set_gdt: none", call(__HYPERVISOR_set_gdt, 0, 0, 0, 0), 0);
    check("ds: now nothing is there", load_ds(5 * 8 + 3), -1);
    check("user root: no page table", user_root(mfn_of(other)), -XEN_EINVAL);
    load_ds(0);
}

void run(void)
{
    the_calls();
    own_descriptors();
    bounced();
    forced_cpuid();
    user_mode();
    refused();
    say("call 17: sched_op shutdown");
    say_end();
}

void other_cpu(u64 cpu)
{
    (void)cpu;
}
