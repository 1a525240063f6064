/* sources: test/fuzz/seeds.c hv/platform/rtc_decode.c */
/* runs: 200000 */
#include "fuzz.h"
#include "platform/rtc.h"

#define LAST_S (253402300800ll * 2) /* twice the end of the year 9999, which two BCD fields can say at most */

static int field(uint8_t raw, uint8_t status_b)
{
    return status_b & 4 ? raw : (raw >> 4) * 10 + (raw & 15);
}

/* Back from the seconds to the fields that need no calendar. */
static void check(const struct rtc_registers *raw, int64_t utc_s)
{
    bool of_24_hours = raw->status_b & 2;
    int hour = field(of_24_hours ? raw->hour : raw->hour & 0x7f, raw->status_b);

    MUST(utc_s >= 0 && utc_s < LAST_S);
    MUST(utc_s % 60 == field(raw->second, raw->status_b));
    MUST(utc_s / 60 % 60 == field(raw->minute, raw->status_b));
    MUST(of_24_hours || (hour >= 1 && hour <= 12));
    if (!of_24_hours)
        hour = hour % 12 + (raw->hour & 0x80 ? 12 : 0);
    MUST(utc_s / 3600 % 24 == hour);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct rtc_registers raw;
    bool has_century = input_byte(&in) & 1;
    int64_t utc_s = -1;

    input_take(&in, &raw, sizeof(raw));
    if (rtc_decode(&raw, has_century, &utc_s))
        check(&raw, utc_s);
    return 0;
}

size_t fuzz_seed(unsigned number, uint8_t *out)
{
    static const struct rtc_registers times[] = {
        {0x59, 0x59, 0x23, 0x31, 0x12, 0x99, 0x19, 0x02}, /* BCD, 24 hours */
        {0x00, 0x00, 0x92, 0x29, 0x02, 0x24, 0x20, 0x00}, /* BCD, 12 hours, after noon, a leap day */
        {30, 15, 12, 8, 7, 5, 20, 0x06},                  /* binary */
    };

    if (number >= 2 * sizeof(times) / sizeof(times[0]))
        return 0;
    out[0] = number & 1;
    memcpy(out + 1, &times[number / 2], sizeof(times[0]));
    return 1 + sizeof(times[0]);
}
