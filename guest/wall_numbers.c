#include "wall_numbers.h"

#define FIRST_S 2000000000
#define MOST    1000000 /* settings */

/* Two numbers of which one has the other's ns are farther apart than a run is long. */
struct meridian_utc wall_of_number(int64_t number)
{
    int64_t away = number % 4 < 2 ? number : -number;
    return (struct meridian_utc){FIRST_S + away, (uint32_t)(number * 7919 % MOST * 997)};
}

int64_t wall_number_of(struct meridian_utc utc)
{
    int64_t number = utc.sec < FIRST_S ? FIRST_S - utc.sec : utc.sec - FIRST_S;
    if (number >= MOST)
        return WALL_NO_NUMBER;
    struct meridian_utc whole = wall_of_number(number);
    return whole.sec == utc.sec && whole.nsec == utc.nsec ? number : WALL_NO_NUMBER;
}
