/*
 * A wall clock that is set badly, or slowly, for a test image only: linked with --wrap, so the hypervisor's
 * own sources stay as they are. `wallfault=WHAT` on Meridian's command line:
 *
 * slow   as it should be, but with so much time between any two stores that readers look in between
 * apart  the same, and no record is marked while it is written, as if each were nobody else's business
 * lost   every 16th set is forgotten, as when two write at once what each has worked out before
 */
#include "../unit/record_wraps.h"
#include "boot.h"
#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper.h"
#include "words.h"

/* An emulator that runs one CPU after another changes them at each PAUSE: some reads of each other VCPU. */
#define PAUSES     24
#define LOST_EVERY 16

static enum { NONE, SLOW, APART, LOST } fault;
static bool setting[MAX_CPUS]; /* each its own */

void __real_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot);
void __real_keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns);
void __wrap_keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns);

void __wrap_boot_read(uint32_t magic, uint32_t info, struct boot_info *boot)
{
    __real_boot_read(magic, info, boot);
    const char *at = words_find(boot->cmdline, "wallfault");
    if (!at)
        return;
    fault = words_take(&at, "slow")    ? SLOW
            : words_take(&at, "apart") ? APART
            : words_take(&at, "lost")  ? LOST
                                       : NONE;
}

static bool is_setting(void)
{
    return setting[cpu_id()];
}

static void linger(void)
{
    for (unsigned i = 0; is_setting() && i < PAUSES; i++)
        cpu_relax();
}

/* Only the CPU that holds the keeper's lock comes to the records. One that waits for it is in none. */
void __wrap_keeper_set_wall(int64_t utc_s, uint32_t utc_ns, uint64_t system_ns)
{
    static unsigned sets;

    if (fault == LOST && __atomic_add_fetch(&sets, 1, __ATOMIC_RELAXED) % LOST_EVERY == 0)
        return;
    setting[cpu_id()] = fault == SLOW || fault == APART;
    __real_keeper_set_wall(utc_s, utc_ns, system_ns);
    setting[cpu_id()] = false;
}

void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version)
{
    if (!is_setting() || fault != APART)
        __real_record_begin(record, version);
    linger();
}

void __wrap_record_fill_wall(volatile struct meridian_record *record, struct utc wall)
{
    record->wall_sec = wall.s;
    linger();
    record->wall_nsec = wall.ns;
    linger();
}

/* Of the common record too, only the wall changes now. */
void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data)
{
    if (is_setting())
        __wrap_record_fill_wall(record, data->wall);
    else
        __real_record_fill(record, data);
}

void __wrap_record_end(volatile struct meridian_record *record, uint32_t version)
{
    if (!is_setting() || fault != APART)
        __real_record_end(record, version);
    linger();
}
