/* What the machine itself says about a machine check (SDM vol. 3, 15.3): its banks, as they are. */
#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "log/log.h"

#define CPUID_MCA       (1u << 14)
#define MSR_MCG_CAP     0x179u
#define MSR_MCG_STATUS  0x17au
#define MSR_BANK_STATUS 0x401u /* that of bank 0; four MSRs a bank */
#define MCG_CAP_BANKS   0xffu
#define STATUS_VALID    (1ull << 63)
#define STATUS_ADDRESS  (1ull << 58)

static void print_bank(unsigned bank)
{
    uint32_t msr = MSR_BANK_STATUS + 4 * bank;
    uint64_t status = rdmsr(msr);

    if (!(status & STATUS_VALID))
        return;
    log_print("machine check: bank %u, status 0x%016lx", bank, status);
    if (status & STATUS_ADDRESS)
        log_print(", address 0x%016lx", rdmsr(msr + 1));
    log_print("\n");
}

void machine_check_print(void)
{
    if (!(cpuid(1, 0).edx & CPUID_MCA))
        return;
    log_print("machine check: global status 0x%lx\n", rdmsr(MSR_MCG_STATUS));
    for (unsigned bank = 0; bank < (rdmsr(MSR_MCG_CAP) & MCG_CAP_BANKS); bank++)
        print_bank(bank);
}
