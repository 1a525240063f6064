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

static const struct quirk *on_board(enum quirk_effect effect, const char *vendor, const char *product,
                                    const char *board_vendor, const char *board, const char *hypervisor)
{
    struct machine_names names = {.firmware = "unknown"};

    strcpy(names.vendor, vendor);
    strcpy(names.product, product);
    strcpy(names.board, board);
    strcpy(names.board_vendor, board_vendor);
    return quirk_match(effect, hypervisor, &names);
}

static const struct quirk *of(enum quirk_effect effect, const char *hypervisor, const char *vendor,
                              const char *product, const char *board)
{
    return on_board(effect, vendor, product, vendor, board, hypervisor);
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

/* Sold under another name, it is the same board; and a name alone is no board of that maker's. */
static void a_board_goes_by_its_own_maker(void **state)
{
    static const char board[] = "X10SDV-4C-TLN4F";

    (void)state;
    assert_non_null(on_board(QUIRK_ONE_CPU, "SomeSeller", "Appliance 100", "Supermicro", board, NULL));
    assert_non_null(on_board(QUIRK_ONE_CPU, "unknown", "unknown", "Supermicro", board, NULL));
    assert_null(on_board(QUIRK_ONE_CPU, "Supermicro", "Super Server", "SomeMaker", board, NULL));
    assert_null(on_board(QUIRK_ONE_CPU, "SomeSeller", board, "Supermicro", "X11SSH", NULL));
    assert_null(on_board(QUIRK_ONE_CPU, "SomeSeller", "Supermicro", "SomeMaker", board, NULL));
}

static void panels_on_their_side(void **state)
{
    struct machine_names lenovo = {.vendor = "LENOVO",
                                   .product = "81H3",
                                   .version = "Lenovo ideapad D330-10IGM",
                                   .board_vendor = "LENOVO"};
    const struct quirk *quirk = of(QUIRK_ROTATED, NULL, "Valve", "Jupiter", "Jupiter");

    (void)state;
    assert_non_null(quirk);
    assert_int_equal(quirk->rotation, ROTATE_90);
    quirk = of(QUIRK_ROTATED, NULL, "ASUSTeK COMPUTER INC.", "T100HAN", "T100HAN");
    assert_int_equal(quirk->rotation, ROTATE_270);
    quirk = quirk_match(QUIRK_ROTATED, NULL, &lenovo);
    assert_non_null(quirk);
    assert_int_equal(quirk->rotation, ROTATE_90);
    strcpy(lenovo.version, "ThinkPad X1");
    assert_null(quirk_match(QUIRK_ROTATED, NULL, &lenovo));
    assert_null(of(QUIRK_ROTATED, NULL, "GPD", "G1621-02", "G1621-02"));
    assert_null(of(QUIRK_ROTATED, NULL, "QEMU", "Jupiter", "unknown"));
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
        cmocka_unit_test(trap_board_that_crashes), cmocka_unit_test(a_board_goes_by_its_own_maker),
        cmocka_unit_test(panels_on_their_side),    cmocka_unit_test(the_tests_own_machine),
        cmocka_unit_test(by_hypervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
