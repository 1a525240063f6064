/* A check's figures, made up, and a screen to paint them on. */
#ifndef DASHBOARD_FIXTURE_H
#define DASHBOARD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "screen/dashboard.h"

#define STEP_NS 250000000ull
#define MOST    255u
#define CELLS   (SHADOW_MAX_COLUMNS * SHADOW_MAX_ROWS)

static struct cell cells[CELLS];
static bool changed[CELLS];
static struct tile tiles[TILES];
static struct cpu_evidence cpus[MOST];
static struct moment moments[MOST * HISTORY_MOMENTS];
static struct machine_names names = {
    .vendor = "Vendor", .product = "Product", .board = "Board", .firmware = "Firmware 1.2.3"};
static struct figures figures;
static struct dashboard dashboard;
static struct shadow shadow = {.cells = cells, .changed = changed};
static uint64_t now_ns;

/* hv/cpu is not for the host. */
const char *core_word(enum core_type core)
{
    return core == CORE_PERFORMANCE ? "P" : core == CORE_EFFICIENT ? "E" : "-";
}

static inline void fill_cpu(unsigned cpu)
{
    cpus[cpu].seen = (struct keeper_cpu){
        .state = KEEPER_CPU_ONLINE,
        .apic_id = 2 * cpu,
        .hz = 2611993123 + cpu,
        .hz_ppb = 1400 + cpu,
        .rate_ppb = cpu % 3 ? (int64_t)cpu * 1000 : -(int64_t)cpu * 1000,
        .rate_bound_ppb = 900,
        .offset_ns = cpu % 2 ? (int64_t)cpu * 1234567 : -(int64_t)cpu * 17,
        .offset_bound_ns = 38 + cpu,
        .behind = cpu,
    };
    cpus[cpu].facts = (struct cpu_facts){.core = cpu % 3, .smi_counted = cpu % 2, .smi = 70 + cpu};
}

static inline void start(unsigned columns, unsigned rows, unsigned count, bool pixels)
{
    shadow.tiles = pixels ? tiles : NULL;
    shadow_init(&shadow, columns, rows);
    memset(&dashboard, 0, sizeof dashboard);
    memset(&figures, 0, sizeof figures);
    history_begin(&figures.history, count, moments);
    for (unsigned cpu = 0; cpu < count; cpu++)
        fill_cpu(cpu);
    figures.names = &names;
    figures.cpu_name = "A CPU's name";
    figures.contact = "";
    figures.command_line = "some words=here";
    figures.evidence = (struct evidence){.cpus = cpus, .count = count, .source = "pmtimer"};
    figures.verdict = (struct verdict){
        .kind = VERDICT_IN_STEP, .title = "STOPS IN IDLE", .linux_word = "unsafe", .worst.all = count};
    strcpy(figures.verdict.means,
           "All 4 TSCs tell the same time to within 127 ns, at the same rate to within "
           "0.101 ppm; nothing changed them in 9 s.");
    strcpy(
        figures.verdict.linux_advice,
        "CPUID does not promise a TSC that never stops and keeps its rate: Linux may choose another clock, "
        "and be right. The TSC is that of a virtual machine.");
    now_ns = STEP_NS;
}

static inline bool paint(enum dashboard_wish wish)
{
    now_ns += STEP_NS;
    if (!figures.ended)
        figures.now_ns = now_ns;
    if (!figures.ended && history_next(&figures.history, now_ns))
        for (unsigned cpu = 0; cpu < figures.history.cpus; cpu++)
            history_add(&figures.history, cpu, cpus[cpu].seen.offset_ns, cpus[cpu].seen.hz_ppb);
    return dashboard_paint(&dashboard, &shadow, &figures, now_ns, wish);
}

static inline void end_with_code(void)
{
    figures.ended = true;
    figures.qr_made = qr_encode("MERIDIAN 0.5 IN-STEP LINUX:SAFE", &figures.qr);
    assert_true(figures.qr_made);
}

static inline const char *line(unsigned row)
{
    static char text[SHADOW_MAX_COLUMNS + 1];

    for (unsigned column = 0; column < shadow.columns; column++) {
        uint16_t glyph = cells[row * shadow.columns + column].glyph;

        text[column] = glyph < 256 ? (char)glyph : '\x01';
    }
    text[shadow.columns] = 0;
    return text;
}

static inline bool stands(const char *text)
{
    for (unsigned row = 0; row < shadow.rows; row++)
        if (strstr(line(row), text))
            return true;
    return false;
}

/* What a row is cut to on this screen. */
static inline bool cpu_stands(unsigned cpu)
{
    char text[ROW_BYTES];

    row_text(&figures, cpu, text);
    if (strlen(text) > shadow.columns)
        text[shadow.columns] = 0;
    return stands(text);
}

static inline bool dot_at(unsigned row, unsigned column, bool lower)
{
    const struct cell *cell = &cells[row * shadow.columns + column];

    if (cell->glyph == 0xdb)
        return true;
    return cell->glyph == (lower ? 0xdc : 0xdf);
}

#endif
