/* The CMOS clock's registers (MC146818; ports 0x70 and 0x71), read at the second's edge. */
#include "platform/rtc.h"

#include "cpu/instructions.h"
#include "cpu/lock.h"
#include "platform/reference/reference.h"

#define CMOS_INDEX 0x70 /* bit 7 masks NMI: it stays clear */
#define CMOS_DATA  0x71

enum {
    RTC_SECOND = 0x00,
    RTC_MINUTE = 0x02,
    RTC_HOUR = 0x04,
    RTC_DAY = 0x07,
    RTC_MONTH = 0x08,
    RTC_YEAR = 0x09,
    RTC_STATUS_A = 0x0a,
    RTC_STATUS_B = 0x0b,
};

#define UPDATE_IN_PROGRESS 0x80u    /* status A: within 244 us the registers change, or they are changing */
#define UPDATES_STOPPED    0x80u    /* status B */
#define EDGE_WAIT_US       1100000u /* a second and what may be lost on the way */
#define READ_TRIES         8u
#define GLANCE_US          10u /* and at most so many polls: */
#define GLANCE_POLLS       16u
#define STABLE_US          200u /* after a look that showed no update: 244, and some room */
/* Between two polls. On an emulator that counts instructions, where a poll is dear, some us; else nothing. */
#define PAUSE_SPINS 50u

static struct lock glances = LOCK_INIT("RTC");
static uint8_t form; /* status B, by rtc_read: whether numbers are BCD */

static uint8_t cmos_read(uint8_t index)
{
    outb(CMOS_INDEX, index);
    return inb(CMOS_DATA);
}

static bool rtc_answers(void)
{
    uint8_t status_b = cmos_read(RTC_STATUS_B);
    bool floating = cmos_read(RTC_STATUS_A) == 0xff && status_b == 0xff;

    return !floating && !(status_b & UPDATES_STOPPED);
}

/* Returns the second's register; -1 while an update may be under way, for then it means nothing. */
static int stable_second(void)
{
    if (cmos_read(RTC_STATUS_A) & UPDATE_IN_PROGRESS)
        return -1;
    return cmos_read(RTC_SECOND);
}

static void short_pause(void)
{
    for (unsigned i = 0; i < PAUSE_SPINS; i++)
        __asm__ volatile("");
}

/*
 * The edge lies between the last poll that showed the old second, or an update under way, and the first that
 * showed another. A busy host may hide the update itself (244 us), but never the change of the second.
 */
static bool wait_for_edge(uint64_t *tsc_lo, uint64_t *tsc_hi, uint8_t *second_then)
{
    struct reference_wait wait;
    int old = -1;
    bool updating = false;

    reference_wait_start(&wait, EDGE_WAIT_US);
    *tsc_lo = rdtsc_ordered();
    while (reference_waiting(&wait)) {
        uint64_t before = rdtsc_ordered();
        int second = stable_second();

        if (second >= 0 && (updating || (old >= 0 && second != old))) {
            *tsc_hi = rdtsc_ordered();
            *second_then = (uint8_t)second;
            return true;
        }
        updating = second < 0;
        old = second;
        *tsc_lo = before;
        short_pause();
    }
    return false;
}

static struct rtc_registers read_registers(uint8_t century_register)
{
    return (struct rtc_registers){
        .second = cmos_read(RTC_SECOND),
        .minute = cmos_read(RTC_MINUTE),
        .hour = cmos_read(RTC_HOUR),
        .day = cmos_read(RTC_DAY),
        .month = cmos_read(RTC_MONTH),
        .year = cmos_read(RTC_YEAR),
        .century = century_register ? cmos_read(century_register) : 0,
        .status_b = cmos_read(RTC_STATUS_B),
    };
}

static bool same(const struct rtc_registers *a, const struct rtc_registers *b)
{
    return a->second == b->second && a->minute == b->minute && a->hour == b->hour && a->day == b->day &&
           a->month == b->month && a->year == b->year && a->century == b->century &&
           a->status_b == b->status_b;
}

/* Reads until two readings are alike, so that no update was between them. Returns false if none are. */
static bool read_whole(uint8_t century_register, struct rtc_registers *out)
{
    for (unsigned try = 0; try < READ_TRIES; try++) {
        *out = read_registers(century_register);
        struct rtc_registers again = read_registers(century_register);
        if (same(out, &again))
            return true;
    }
    return false;
}

bool rtc_read(uint8_t century_register, int64_t *utc_s, uint64_t *tsc_lo, uint64_t *tsc_hi)
{
    struct rtc_registers registers;
    uint8_t second;
    bool were_on = irq_save();
    bool ok =
        rtc_answers() && wait_for_edge(tsc_lo, tsc_hi, &second) && read_whole(century_register, &registers);

    irq_restore(were_on);
    form = ok ? registers.status_b : 0;
    /* A host that stopped us for a second after the edge would pair it with the next one's time. */
    return ok && registers.second == second && rtc_decode(&registers, century_register != 0, utc_s);
}

/*
 * An update that is under way is watched for a while, for its end is the edge. Status A alone is read for
 * that: its index is set once. *since: the last reading was later.
 */
static uint8_t watch_update(uint64_t ticks, struct rtc_glance *out, uint64_t *since)
{
    uint64_t begun = rdtsc_ordered();
    uint8_t status_a;

    outb(CMOS_INDEX, RTC_STATUS_A);
    out->ended = false;
    out->tsc_lo = *since = rdtsc_ordered();
    status_a = inb(CMOS_DATA);
    out->tsc_hi = rdtsc_ordered();
    for (unsigned poll = 1; poll < GLANCE_POLLS && (status_a & UPDATE_IN_PROGRESS); poll++) {
        if (out->tsc_hi - begun > ticks)
            break;
        out->tsc_lo = *since;
        *since = rdtsc_ordered();
        status_a = inb(CMOS_DATA);
        out->tsc_hi = rdtsc_ordered();
        out->ended = !(status_a & UPDATE_IN_PROGRESS);
    }
    return status_a;
}

/* Without an update under way the registers stay as they are for 244 us at least. */
static bool look_at_second(uint64_t us_ticks, struct rtc_glance *out)
{
    uint64_t since;
    uint8_t status_a = watch_update(GLANCE_US * us_ticks, out, &since);

    out->second = -1;
    if (status_a & UPDATE_IN_PROGRESS)
        return status_a != 0xff; /* nobody answers; or the divider is held, and it does not count */
    out->second = rtc_decode_second(cmos_read(RTC_SECOND), form);
    return out->second >= 0 && rdtsc_ordered() - since < STABLE_US * us_ticks;
}

bool rtc_glance(uint64_t us_ticks, struct rtc_glance *out)
{
    bool were_on, ok;

    if (!lock_try(&glances, &were_on))
        return false;
    ok = look_at_second(us_ticks, out);
    lock_release(&glances, were_on);
    return ok;
}
