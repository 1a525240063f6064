/* sources: hv/check/summary.c hv/check/qr.c hv/log/format.c */
/* The check in one line of QR's letters: what stands in it, what is cut, and that it always fits a code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "check/qr.h"
#include "check/summary.h"

#define LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

static struct verdict verdict;
static struct summary summary;
static char out[SUMMARY_MOST + 1];

static int usual(void **state)
{
    (void)state;
    verdict = (struct verdict){
        .word = "not-in-step",
        .linux_word = "unsafe",
        .option = "clocksource=acpi_pm",
        .worst = {.all = 4,
                  .offset_ns = -2000,
                  .offset_bound_ns = 38,
                  .rate_ppb = 7,
                  .rate_bound_ppb = 12,
                  .err_ns = 65,
                  .behind = 4},
    };
    summary = (struct summary){
        .version = "0.5",
        .verdict = &verdict,
        .watched_s = 60,
        .disruptions = 2,
        .smi = 17,
        .wander_ppb_s = 47,
        .phase_ns = 12,
        .mode = "percpu",
        .source = "pmtimer",
        .disputed = "",
        .vendor = "LENOVO",
        .product = "20KHCTO1WW",
        .firmware = "N23ET63W (1.38)",
        .cpu = "Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz",
    };
    return 0;
}

static size_t summarise(void)
{
    size_t length;

    memset(out, 0x7e, sizeof out);
    length = summary_text(&summary, out);
    assert_true(length <= SUMMARY_MOST);
    assert_int_equal(out[length], 0);
    assert_int_equal(strlen(out), length);
    return length;
}

static void all_of_it(void **state)
{
    (void)state;
    summarise();
    assert_string_equal(out, "MERIDIAN 0.5 NOT-IN-STEP LINUX:UNSAFE OPT:CLOCKSOURCE:ACPI-PM CPUS:4 S:60 "
                             "OFF:-2000+-38 PPB:+7+-12 BEHIND:4 SMI:17 DIS:2 ERR:65 D:47 J:12 PERCPU PMTIMER "
                             "LENOVO 20KHCTO1 N23ET63W INTEL.R. CORE.TM.");
}

static void unknown_figures(void **state)
{
    (void)state;
    verdict.worst.offset_bound_ns = verdict.worst.rate_bound_ppb = verdict.worst.err_ns = UINT64_MAX;
    summary.smi = UINT64_MAX;
    summarise();
    assert_non_null(strstr(out, " OFF:-2000+-- PPB:+7+-- BEHIND:4 SMI:- DIS:2 ERR:- D:47 J:12 PERCPU"));
}

/* What was not looked at is told. */
static void not_all_of_it(void **state)
{
    (void)state;
    verdict.worst.unseen = 1;
    summary.untried = true;
    summary.disputed = "hpet,pit";
    summary.source = "hpet";
    summarise();
    assert_non_null(strstr(out, " CPUS:3/4 UNTRIED:IDLE S:60 "));
    assert_non_null(strstr(out, " PERCPU HPET DISPUTED:HPET.PIT"));
    summary.repaired = 3;
    summarise();
    assert_non_null(strstr(out, " CPUS:3/4 UNTRIED:IDLE REPAIRED:3 S:60 "));
    usual(state);
    summary.crystals = &(struct keeper_crystals){CRYSTALS_AGREE, -12999, 39999};
    summarise();
    assert_non_null(strstr(out, " PERCPU PMTIMER RTC:-12+-41 "));
    summary.crystals = &(struct keeper_crystals){CRYSTALS_UNKNOWN, 0, UINT64_MAX};
    summarise();
    assert_null(strstr(out, "RTC:"));
}

/* A short line leaves all names room; runs of blanks are one. */
static void names(void **state)
{
    (void)state;
    verdict.option = "none";
    summary.vendor = NULL;
    summary.product = "A  B   C";
    summary.firmware = "";
    summary.cpu = "AMD Ryzen 7";
    summarise();
    assert_non_null(strstr(out, " PMTIMER A B C AMD RYZEN 7"));
    assert_int_equal(strlen(strstr(out, "AMD")), strlen("AMD RYZEN 7"));
}

/* Nobody's name takes all the room of those after it. */
static void long_names(void **state)
{
    char name[300];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    verdict.option = "none";
    summary.vendor = summary.product = summary.firmware = name;
    assert_int_equal(summarise(), SUMMARY_MOST);
    assert_non_null(strstr(out, " INTEL.R. CORE.TM."));
}

static const char *random_name(struct random *random, char name[64])
{
    unsigned length = random_next(random) % 63;

    for (unsigned i = 0; i < length; i++)
        name[i] = (char)(1 + random_next(random) % 255);
    name[length] = 0;
    return name;
}

/* Whatever firmware calls itself, and however odd the figures. */
static void always_a_code(void **state)
{
    struct random random = {2005};
    char text[6][64];
    struct qr qr;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        verdict.worst = (struct worst){
            .all = (unsigned)random_next(&random),
            .unseen = (unsigned)random_next(&random),
            .offset_ns = (int64_t)random_next(&random),
            .offset_bound_ns = random_next(&random),
            .rate_ppb = (int64_t)random_next(&random),
            .rate_bound_ppb = random_next(&random),
            .err_ns = random_next(&random),
            .behind = (uint32_t)random_next(&random),
        };
        summary.version = random_name(&random, text[0]);
        summary.vendor = random_name(&random, text[1]);
        summary.product = random_name(&random, text[2]);
        summary.firmware = i % 2 ? NULL : random_name(&random, text[3]);
        summary.cpu = random_name(&random, text[4]);
        summarise();
        assert_int_equal(strspn(out, LETTERS), strlen(out));
        assert_null(strstr(out, "  "));
        assert_true(qr_encode(out, &qr));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_of_it, usual),     cmocka_unit_test_setup(unknown_figures, usual),
        cmocka_unit_test_setup(not_all_of_it, usual), cmocka_unit_test_setup(names, usual),
        cmocka_unit_test_setup(long_names, usual),    cmocka_unit_test_setup(always_a_code, usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
