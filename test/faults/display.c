/*
 * A display of any layout, for a test image only, linked with --wrap: on Meridian's command line `fb_mib=`
 * (where, in MiB), `fb_width=`, `fb_height=`, `fb_pitch=`, `fb_bits=`, `fb_fields=` (places and sizes of
 * red, green and blue, as 11,5,5,6,0,5), `fb_type=` (1 unless said); `panic=1` panics before time runs.
 * Where it lies the test has put memory that the map does not name. What the pages of it are like is said,
 * and on every CPU what the PAT makes of that; at the end, how drawing went while time was kept.
 */
#include "boot.h"
#include "check/check.h"
#include "cpu/instructions.h"
#include "cpu/paging.h"
#include "cpu/percpu.h"
#include "domain/domain.h"
#include "keeper.h"
#include "log/log.h"
#include "log/panic.h"
#include "outcome.h"
#include "platform/reference/reference.h"
#include "screen/display.h"
#include "screen/screen.h"
#include "words.h"

#define MSR_PAT 0x277u

#define PAUSE_NS 10000000ull

/* How drawing went on one CPU since its system time runs. */
static struct drawer {
    bool keeps_time;
    uint64_t cells, portions, begun_ns, last_ns, longest_ns, least_free_ns;
} drawers[MAX_CPUS];
static uint32_t at_once, collisions;

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
volatile void *__real_map_framebuffer(uint64_t phys, size_t size);
volatile void *__wrap_map_framebuffer(uint64_t phys, size_t size);
bool __real_check_end(void);
bool __wrap_check_end(void);
void __real_screen_set_painter(void (*paint)(struct shadow *));
void __wrap_screen_set_painter(void (*paint)(struct shadow *));
void __real_display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles);
void __wrap_display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles);
void __real_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
static void (*painter)(struct shadow *);
static uint64_t paints, longest_paint_ns;
static bool measured; /* and with that it is over */

bool __wrap_check_end(void)
{
    measured = true;
    return __real_check_end();
}

/* Only the CPU that holds the screen paints. */
static void paint_timed(struct shadow *shadow)
{
    uint64_t begun_ns = keeper_now_ns(), took_ns;

    painter(shadow);
    took_ns = keeper_now_ns() - begun_ns;
    if (!measured && took_ns > longest_paint_ns)
        longest_paint_ns = took_ns;
    paints++;
}

void __wrap_screen_set_painter(void (*paint)(struct shadow *))
{
    painter = paint;
    __real_screen_set_painter(paint_timed);
}

void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok);
_Noreturn void __real_domain_run_cpu(void);
_Noreturn void __wrap_domain_run_cpu(void);

static void read_fields(const char *at, struct boot_framebuffer *out)
{
    int64_t position, size;

    for (unsigned i = 0; at && i < 3; i++) {
        if (!words_number(&at, &position) || !words_skip(&at, ',') || !words_number(&at, &size))
            return;
        out->fields[i] = (struct boot_field){(uint8_t)position, (uint8_t)size};
        words_skip(&at, ',');
    }
}

static bool panic_wanted;
unsigned __real_reference_find(const struct machine *machine, const char *wanted);
unsigned __wrap_reference_find(const struct machine *machine, const char *wanted);

unsigned __wrap_reference_find(const struct machine *machine, const char *wanted)
{
    if (panic_wanted)
        panic("the test asked for it");
    return __real_reference_find(machine, wanted);
}

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    struct boot_framebuffer *out = &boot->framebuffer;
    const char *line = boot->cmdline;

    __real_boot_read(magic, info, boot);
    panic_wanted = words_find(boot->cmdline, "panic");
    if (!words_find(line, "fb_mib"))
        return;
    boot->vga_text = false;
    out->address = (uint64_t)words_value(line, "fb_mib") * MIB;
    out->width = (uint32_t)words_value(line, "fb_width");
    out->height = (uint32_t)words_value(line, "fb_height");
    out->pitch = (uint32_t)words_value(line, "fb_pitch");
    out->bits = (uint8_t)words_value(line, "fb_bits");
    out->type = words_find(line, "fb_type") ? (uint8_t)words_value(line, "fb_type") : 1;
    read_fields(words_find(line, "fb_fields"), out);
}

/* The entry of the 4 KiB page at `virt`, as the page tables have it. */
static uint64_t entry_of(uint64_t virt)
{
    uint64_t table = paging_root(), entry = 0;

    for (unsigned level = 4; level >= 1; level--) {
        entry = ((uint64_t *)phys_to_virt(table))[virt >> (12 + 9 * (level - 1)) & 511];
        if (!(entry & PTE_P))
            return 0;
        table = entry & PTE_ADDRESS;
    }
    return entry;
}

volatile void *__wrap_map_framebuffer(uint64_t phys, size_t size)
{
    volatile void *at = __real_map_framebuffer(phys, size);
    uint64_t first = entry_of((uint64_t)at), last = entry_of((uint64_t)at + size - 1);

    log_print("@display phys=%lx first=%lx last=%lx bytes=%lu\n", phys, first, last, (uint64_t)size);
    return at;
}

/* Cells that come one after the other belong to one portion. */
static void note(struct drawer *drawer)
{
    uint64_t now_ns = keeper_now_ns(), free_ns = keeper_free_ns();

    if (!drawer->cells++ || now_ns - drawer->last_ns > PAUSE_NS) {
        drawer->begun_ns = now_ns;
        drawer->portions++;
    }
    drawer->last_ns = now_ns;
    if (now_ns - drawer->begun_ns > drawer->longest_ns)
        drawer->longest_ns = now_ns - drawer->begun_ns;
    if (free_ns < drawer->least_free_ns)
        drawer->least_free_ns = free_ns;
}

void __wrap_display_draw(unsigned row, unsigned column, struct cell cell, const struct tile *tiles)
{
    struct drawer *drawer = &drawers[cpu_id()];

    if (__atomic_fetch_add(&at_once, 1, __ATOMIC_SEQ_CST))
        collisions++;
    if (drawer->keeps_time)
        note(drawer);
    __real_display_draw(row, column, cell, tiles);
    __atomic_fetch_sub(&at_once, 1, __ATOMIC_SEQ_CST);
}

void __wrap_outcome_domain_ended(enum domain_end end, const char *why, bool reported, bool reported_ok)
{
    for (unsigned i = 0; i < cpu_count(); i++)
        log_print("drawer: cpu=%u cells=%lu portions=%lu longest_ns=%lu least_free_ns=%lu collisions=%u\n", i,
                  drawers[i].cells, drawers[i].portions, drawers[i].longest_ns, drawers[i].least_free_ns,
                  collisions);
    log_print("painter: paints=%lu longest_ns=%lu\n", paints, longest_paint_ns);
    __real_outcome_domain_ended(end, why, reported, reported_ok);
}

void __wrap_domain_run_cpu(void)
{
    drawers[cpu_id()].least_free_ns = UINT64_MAX;
    drawers[cpu_id()].keeps_time = true;
    log_print("@pat cpu=%u value=%lx\n", cpu_id(), rdmsr(MSR_PAT));
    __real_domain_run_cpu();
}
