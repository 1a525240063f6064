/* MC146818 registers to UTC. Pure. */
#include "platform/rtc.h"

#define STATUS_B_24_HOURS (1u << 1)
#define STATUS_B_BINARY   (1u << 2)
#define HOUR_PM           0x80u

/* Returns a register's number; -1 if it is not BCD though it should be. */
static int number_of(uint8_t raw, bool binary)
{
    if (binary)
        return raw;
    return (raw & 15) <= 9 && raw >> 4 <= 9 ? (raw >> 4) * 10 + (raw & 15) : -1;
}

int rtc_decode_second(uint8_t raw, uint8_t status_b)
{
    int second = number_of(raw, status_b & STATUS_B_BINARY);

    return second <= 59 ? second : -1;
}

/* Returns 0..23, or -1. In 12-hour form bit 7 says afternoon, and 12 comes before 1. */
static int hour_of(uint8_t raw, uint8_t status_b)
{
    bool binary = status_b & STATUS_B_BINARY;
    bool whole_day = status_b & STATUS_B_24_HOURS;
    int hour = number_of(whole_day ? raw : raw & 0x7f, binary);

    if (whole_day)
        return hour <= 23 ? hour : -1;
    if (hour < 1 || hour > 12)
        return -1;
    return hour % 12 + (raw & HOUR_PM ? 12 : 0);
}

/*
 * A century that makes sense counts (19..29: the register may hold something else). Without, the two digits
 * of the year stand for 1970..2069.
 */
static int year_of(const struct rtc_registers *raw, bool has_century)
{
    bool binary = raw->status_b & STATUS_B_BINARY;
    int year = number_of(raw->year, binary), century = number_of(raw->century, binary);

    if (year < 0 || year > 99)
        return -1;
    if (has_century && century >= 19 && century <= 29)
        return century * 100 + year;
    return year >= 70 ? 1900 + year : 2000 + year;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Returns the days from 1970-01-01 to `year`-01-01, year >= 1970: one more for each leap year in between. */
static int64_t days_before_year(int year)
{
    int before = year - 1;
    int leaps = before / 4 - before / 100 + before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);

    return (int64_t)(year - 1970) * 365 + leaps;
}

bool rtc_decode(const struct rtc_registers *raw, bool has_century, int64_t *utc_s)
{
    bool binary = raw->status_b & STATUS_B_BINARY;
    int year = year_of(raw, has_century), month = number_of(raw->month, binary),
        day = number_of(raw->day, binary);
    int hour = hour_of(raw->hour, raw->status_b);
    int minute = number_of(raw->minute, binary), second = number_of(raw->second, binary);
    int64_t days;

    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    if (hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;

    days = days_before_year(year) + day - 1;
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    *utc_s = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}
