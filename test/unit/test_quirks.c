/* sources: hv/platform/quirks.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/facts.h"
#include "log/log.h"
#include "platform/quirks.h"

/* For what this machine is asked, which no test here does. */
bool smbios_read(struct efi_table efi, phys_view view, struct machine_names *out)
{
    (void)efi, (void)view, (void)out;
    return false;
}

bool cpu_hypervisor(char out[HYPERVISOR_BYTES])
{
    (void)out;
    return false;
}

void log_print(const char *format, ...)
{
    (void)format;
}

static const char tcg[] = "TCGTCGTCGTCG", kvm[] = "KVMKVMKVM\0\0";

static const struct quirk *of(enum quirk_effect effect, const char *hypervisor, const char *vendor,
                              const char *product, const char *board)
{
    struct machine_names names = {.firmware = "unknown"};

    strcpy(names.vendor, vendor);
    strcpy(names.product, product);
    strcpy(names.board, board);
    return quirk_match(effect, hypervisor, &names);
}

static void trap_board_that_crashes(void **state)
{
    const struct quirk *quirk;

    (void)state;
    quirk = of(QUIRK_ONE_CPU, NULL, "Supermicro", "Super Server", "X10SDV-4C-TLN4F");
    assert_non_null(quirk);
    assert_string_equal(quirk->name, "a Supermicro X10SDV");
    assert_non_null(of(QUIRK_ONE_CPU, NULL, "Supermicro", "X10SDV-TLN4F", "unknown"));
    assert_null(of(QUIRK_ONE_CPU, NULL, "Supermicro", "Super Server", "X10SRL-F"));
    assert_null(of(QUIRK_ONE_CPU, NULL, "Supermicro", "Super Server", "X10SD"));
    assert_null(of(QUIRK_ONE_CPU, NULL, "Supermicro Inc", "X10SDV", "X10SDV"));
    assert_null(of(QUIRK_ONE_CPU, NULL, "unknown", "unknown", "unknown"));
    assert_null(of(QUIRK_TSC_SLIPS, NULL, "Supermicro", "Super Server", "X10SDV-4C-TLN4F"));
}

static void the_tests_own_machine(void **state)
{
    (void)state;
    assert_non_null(of(QUIRK_ONE_CPU, tcg, "Meridian", "quirk test: nosmp", "unknown"));
    assert_null(of(QUIRK_ONE_CPU, tcg, "Meridian", "quirk test", "unknown"));
    assert_null(of(QUIRK_ONE_CPU, tcg, "QEMU", "quirk test: nosmp", "unknown"));
}

static void by_hypervisor(void **state)
{
    const struct quirk *quirk = of(QUIRK_TSC_SLIPS, tcg, "QEMU", "Standard PC (Q35 + ICH9, 2009)", "unknown");

    (void)state;
    assert_non_null(quirk);
    assert_int_equal(quirk->slip_ns, 1000000);
    assert_non_null(of(QUIRK_NO_SMAP, tcg, "", "", "")); /* before SMBIOS is read */
    assert_null(of(QUIRK_NO_SMAP, kvm, "", "", ""));
    assert_null(of(QUIRK_NO_SMAP, NULL, "", "", ""));
    assert_null(of(QUIRK_TSC_SLIPS, kvm, "QEMU", "Standard PC (Q35 + ICH9, 2009)", "unknown"));
    assert_null(of(QUIRK_TSC_SLIPS, NULL, "QEMU", "Standard PC (Q35 + ICH9, 2009)", "unknown"));
    assert_null(of(QUIRK_ONE_CPU, tcg, "QEMU", "Standard PC (Q35 + ICH9, 2009)", "unknown"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_board_that_crashes),
        cmocka_unit_test(the_tests_own_machine),
        cmocka_unit_test(by_hypervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
