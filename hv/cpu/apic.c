/* The local APIC (SDM vol. 3, chapter 10): registers by memory in xAPIC mode, by MSR in x2APIC mode. */
#include "cpu/apic.h"

#include <stddef.h>

#include "cpu/apic_registers.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/spin.h"
#include "cpu/traps.h"
#include "log/log.h"

#define DELIVERY_SPINS 1000000u

static volatile uint32_t *registers; /* xAPIC mode */
static bool x2apic;

uint32_t apic_read(unsigned reg)
{
    if (x2apic)
        return (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4));
    return registers ? registers[reg / 4] : 0;
}

void apic_write(unsigned reg, uint32_t value)
{
    if (x2apic)
        wrmsr(MSR_X2APIC + (reg >> 4), value);
    else if (registers)
        registers[reg / 4] = value;
}

bool apic_init(uint64_t base)
{
    uint64_t msr = rdmsr(MSR_APIC_BASE), own = msr & APIC_BASE_ADDRESS;
    uint32_t version;

    if (!(msr & APIC_BASE_ENABLED)) {
        log_print("apic: switched off by the firmware; switch it on in the firmware's set-up\n");
        return false;
    }
    if (base && base != own)
        log_print("apic: ACPI says 0x%lx, the CPU 0x%lx: the CPU is right\n", base, own);
    x2apic = msr & APIC_BASE_X2APIC;
    if (!x2apic)
        registers = map_mmio(own, 4096);
    if (!x2apic && !registers) {
        log_print("apic: no room to map its registers at 0x%lx\n", own);
        return false;
    }
    version = apic_read(APIC_VERSION) & 0xff;
    if (version < 0x10 || version == 0xff) {
        log_print("apic: version 0x%x: not a local APIC of this age\n", version);
        return false;
    }
    log_print("apic: %s mode, as the firmware left it\n", x2apic ? "x2APIC" : "xAPIC");
    return true;
}

/* A CPU woken by INIT keeps or loses x2APIC mode, as its maker chose. It can be switched on, but not off. */
static bool enter_boot_mode(void)
{
    uint64_t msr = rdmsr(MSR_APIC_BASE);

    if (!x2apic && (msr & APIC_BASE_X2APIC)) {
        log_print("apic: a CPU is in x2APIC mode while the boot CPU is not: it cannot be used\n");
        return false;
    }
    if (!(msr & APIC_BASE_ENABLED))
        wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLED);
    if (x2apic)
        wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLED | APIC_BASE_X2APIC);
    return true;
}

static void mask_lvts(void)
{
    unsigned last = apic_read(APIC_VERSION) >> 16 & 0xff;

    apic_write(APIC_LVT_TIMER, LVT_MASKED);
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    apic_write(APIC_LVT_ERROR, LVT_MASKED);
    if (last >= 4)
        apic_write(APIC_LVT_PERFORMANCE, LVT_MASKED);
    if (last >= 5)
        apic_write(APIC_LVT_THERMAL, LVT_MASKED);
    if (last >= 6)
        apic_write(APIC_LVT_CMCI, LVT_MASKED);
}

bool apic_init_cpu(void)
{
    if (!enter_boot_mode())
        return false;
    apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_TPR, 0);
    mask_lvts();
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1); /* before anybody measures its rate */
    apic_write(APIC_ERROR_STATUS, 0);
    for (unsigned left = 0; left < 256 && apic_in_service(); left++)
        apic_eoi(); /* firmware may have left one for each vector */
    return true;
}

/* CPUID leaf 0Bh gives the whole id where it exists, leaf 1 eight bits. */
static uint32_t id_by_cpuid(void)
{
    if (cpuid(0, 0).eax >= 0xb && cpuid(0xb, 0).ebx)
        return cpuid(0xb, 0).edx;
    return cpuid(1, 0).ebx >> 24;
}

uint32_t apic_id(void)
{
    if (x2apic)
        return apic_read(APIC_ID);
    return registers ? apic_read(APIC_ID) >> 24 : id_by_cpuid();
}

uint32_t apic_largest_id(void)
{
    return x2apic ? 0xfffffffeu : 254;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

/* ISR and IRR: 256 bits each, in eight registers, 16 bytes apart. */
bool apic_in_service(void)
{
    for (unsigned part = 0; part < 8; part++)
        if (apic_read(APIC_IN_SERVICE + part * 0x10))
            return true;
    return false;
}

bool apic_requested(unsigned vector)
{
    return apic_read(APIC_REQUESTED + (vector / 32) * 0x10) >> (vector % 32) & 1;
}

/* x2APIC mode has no delivery status: its write to the command register is enough. */
static bool is_delivered(void *unused)
{
    (void)unused;
    return x2apic || !(apic_read(APIC_COMMAND) & COMMAND_PENDING);
}

static bool wait_delivered(void)
{
    return spin_until(is_delivered, NULL, DELIVERY_SPINS);
}

static bool send_command(uint32_t apic_id, uint32_t what)
{
    if (!x2apic && (!registers || apic_id > 254))
        return false;
    if (!wait_delivered())
        return false;
    if (x2apic) {
        /*
         * The write does not serialise: the CPU that gets the interrupt must see what we stored before it
         * (SDM vol. 3, 10.12.3).
         */
        cpu_fence_all();
        wrmsr(MSR_X2APIC + (APIC_COMMAND >> 4), (uint64_t)apic_id << 32 | what);
        return true;
    }
    apic_write(APIC_COMMAND_HIGH, apic_id << 24);
    apic_write(APIC_COMMAND, what);
    return wait_delivered();
}

bool apic_send(uint32_t apic_id, unsigned vector)
{
    return send_command(apic_id, COMMAND_ASSERT | (vector & 0xff));
}

bool apic_send_nmi(uint32_t apic_id)
{
    return send_command(apic_id, COMMAND_ASSERT | COMMAND_NMI);
}

bool apic_send_init(uint32_t apic_id)
{
    return send_command(apic_id, COMMAND_ASSERT | COMMAND_INIT);
}

bool apic_send_startup(uint32_t apic_id, uint8_t page)
{
    return send_command(apic_id, COMMAND_ASSERT | COMMAND_STARTUP | page);
}
