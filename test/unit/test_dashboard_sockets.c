/* sources: hv/screen/dashboard.c hv/screen/panels.c hv/screen/pages.c hv/screen/plot.c hv/check/history.c hv/check/sockets.c hv/screen/font.c build/font/font_data.c hv/check/qr.c hv/screen/qr_show.c hv/screen/shadow.c hv/log/format.c */
/* A large machine on a small screen: a row a socket with its worst CPU, then each socket's own CPUs. */
#include <limits.h>

#include "dashboard_fixture.h"

static void in_sockets(unsigned columns, unsigned rows, unsigned count, unsigned sockets)
{
    start(columns, rows, count, false);
    for (unsigned i = 0; i < count; i++) {
        cpus[i].seen.offset_ns = 0;
        cpus[i].seen.rate_ppb = 0;
        cpus[i].facts.place =
            (struct cpu_place){.from = "0Bh", .socket = i * sockets / count, .core = i, .thread = i % 2};
    }
    sockets_find(&figures.evidence, &figures.sockets);
}

static bool socket_stands(unsigned socket)
{
    char text[ROW_BYTES];

    socket_text(&figures, socket, text);
    if (strlen(text) > shadow.columns)
        text[shadow.columns] = 0;
    return stands(text);
}

static unsigned cpus_that_stand(unsigned first, unsigned count)
{
    unsigned standing = 0;

    for (unsigned cpu = first; cpu < first + count; cpu++)
        standing += cpu_stands(cpu);
    return standing;
}

static void sockets_stand(unsigned count)
{
    assert_true(strstr(line(LAYOUT_HEAD), "  sock CPUs worst        MHz"));
    for (unsigned socket = 0; socket < count; socket++)
        assert_true(socket_stands(socket));
    assert_int_equal(cpus_that_stand(0, figures.evidence.count), 0);
}

static void sockets_come_first(void **state)
{
    (void)state;
    in_sockets(80, 37, 64, 8);
    cpus[21].seen.offset_ns = -4321;
    sockets_find(&figures.evidence, &figures.sockets);
    paint(WISH_NONE);
    sockets_stand(8);
    assert_true(stands("! S2   x8   CPU21   2611.993"));
    assert_true(stands("* S0   x8   CPU0 ") || stands("+ S0   x8   CPU"));
    assert_true(stands("64 CPUs in 8 sockets"));
}

/* By turns: each page stays 5 s. Of a socket that has more CPUs than rows there are several. */
static void each_opens_by_turns(void **state)
{
    static bool seen[64];
    unsigned turns = (unsigned)(DASHBOARD_PAGE_NS / STEP_NS), pages;

    (void)state;
    in_sockets(80, 25, 64, 4);
    paint(WISH_NONE);
    sockets_stand(4);
    assert_true(dashboard.layout.cpus < 16);
    pages = 1 + 4 * ((16 + dashboard.layout.cpus - 1) / dashboard.layout.cpus);
    assert_int_equal(page_count(&figures, dashboard.layout.cpus), pages);
    for (unsigned i = 0; i < pages * turns; i++) {
        paint(WISH_NONE);
        for (unsigned cpu = 0; cpu < 64; cpu++)
            seen[cpu] |= cpu_stands(cpu);
    }
    for (unsigned cpu = 0; cpu < 64; cpu++)
        assert_true(seen[cpu]);
    paint(WISH_NONE);
    sockets_stand(4);
}

/* Space opens the next one; s comes back, and there it stays until space. */
static void each_opens_by_a_key(void **state)
{
    (void)state;
    in_sockets(80, 37, 64, 8);
    paint(WISH_NONE);
    for (unsigned socket = 0; socket < 8; socket++) {
        char heading[16];

        paint(WISH_PAGE);
        snprintf(heading, sizeof heading, "  in S%u ", socket);
        assert_non_null(strstr(line(LAYOUT_HEAD), heading));
        assert_int_equal(cpus_that_stand(8 * socket, 8), 8);
        assert_int_equal(cpus_that_stand(0, 64), 8);
    }
    paint(WISH_PAGE);
    sockets_stand(8);
    paint(WISH_PAGE);
    paint(WISH_SOCKETS);
    for (unsigned i = 0; i < 3 * DASHBOARD_PAGE_NS / STEP_NS; i++) {
        sockets_stand(8);
        paint(WISH_NONE);
    }
    paint(WISH_PAGE);
    assert_int_equal(cpus_that_stand(0, 8), 8);
    for (unsigned i = 0; i <= DASHBOARD_PAGE_NS / STEP_NS; i++)
        paint(WISH_NONE);
    assert_int_equal(cpus_that_stand(8, 8), 8);
}

/* Where all CPUs have a row, or there is one socket, or none is known. */
static void else_as_ever(void **state)
{
    (void)state;
    in_sockets(160, 64, 16, 4);
    paint(WISH_NONE);
    assert_int_equal(cpus_that_stand(0, 16), 16);
    assert_true(stands("0/0/3/1"));
    assert_int_equal(page_count(&figures, dashboard.layout.cpus), 1);
    in_sockets(80, 25, 64, 1);
    paint(WISH_NONE);
    assert_int_equal(cpus_that_stand(0, dashboard.layout.cpus), dashboard.layout.cpus);
    assert_false(stands("sockets"));
}

/* There are more sockets than rows; and CPUs are numbered from socket to socket. */
static void pages_of_every_shape(void **state)
{
    (void)state;
    in_sockets(80, 25, 255, 51);
    for (unsigned rows = 1; rows < 256; rows++) {
        static unsigned seen[255], sockets;

        memset(seen, 0, sizeof seen);
        sockets = 0;
        for (unsigned i = 0; i < page_count(&figures, rows); i++) {
            struct page page = page_at(&figures, rows, i);

            for (unsigned row = 0; row < rows; row++) {
                unsigned what = page_row(&page, &figures, row);

                if (page.kind == PAGE_SOCKETS)
                    sockets += what != UINT_MAX;
                else if (what != UINT_MAX)
                    seen[what]++;
            }
        }
        assert_int_equal(sockets, rows < 255 ? 51 : 0);
        for (unsigned cpu = 0; cpu < 255; cpu++)
            assert_int_equal(seen[cpu], 1);
    }
}

static void the_worst_may_be_left_out(void **state)
{
    char text[ROW_BYTES];

    (void)state;
    in_sockets(80, 25, 64, 8);
    cpus[9].seen.state = KEEPER_CPU_LEFT_OUT;
    sockets_find(&figures.evidence, &figures.sockets);
    socket_text(&figures, 1, text);
    assert_string_equal(text, "x S1   x8   CPU9   left out: its TSC cannot be measured");
}

static void the_ratio_stands_in_the_head(void **state)
{
    (void)state;
    in_sockets(80, 25, 4, 1);
    figures.cpuid = (struct cpuid_rates){.art_numerator = 216, .art_denominator = 2};
    paint(WISH_NONE);
    assert_true(stands("Firmware 1.2.3  ART x 216/2  \"some words=here\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_come_first),           cmocka_unit_test(each_opens_by_turns),
        cmocka_unit_test(each_opens_by_a_key),          cmocka_unit_test(else_as_ever),
        cmocka_unit_test(pages_of_every_shape),         cmocka_unit_test(the_worst_may_be_left_out),
        cmocka_unit_test(the_ratio_stands_in_the_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
