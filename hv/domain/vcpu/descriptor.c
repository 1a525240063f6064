#include "domain/vcpu/descriptor.h"

#define ACCESSED  (1ull << 40)
#define WRITABLE  (1ull << 41) /* of data */
#define CODE      (1ull << 43)
#define NO_SYSTEM (1ull << 44) /* S: code or data */
#define TYPE      (15ull << 40)
#define DPL3      (3ull << 45)
#define PRESENT   (1ull << 47)
#define LONG_MODE (1ull << 53)
#define BIG       (1ull << 54)
/* The largest limit there is, in pages. */
#define LIMIT_4GIB (0xffffull | 15ull << 48 | 1ull << 55)
#define USABLE     (PRESENT | NO_SYSTEM | DPL3)

bool descriptor_check(uint64_t *given, uint64_t *loaded)
{
    *loaded = *given;
    if (!(*given & PRESENT))
        return true;
    if (!(*given & NO_SYSTEM))
        return !(*given & TYPE); /* type 0 is reserved: loading it faults */
    *given |= DPL3;
    *loaded = *given | ACCESSED;
    if ((*given & (CODE | LONG_MODE)) == CODE)
        *loaded |= LIMIT_4GIB;
    return true;
}

bool descriptor_is_code(uint64_t loaded)
{
    return (loaded & (USABLE | CODE)) == (USABLE | CODE) && (loaded & (LONG_MODE | BIG)) != (LONG_MODE | BIG);
}

bool descriptor_is_code64(uint64_t loaded)
{
    return descriptor_is_code(loaded) && (loaded & LONG_MODE);
}

bool descriptor_is_stack(uint64_t loaded)
{
    return (loaded & (USABLE | CODE | WRITABLE)) == (USABLE | WRITABLE);
}

uint64_t descriptor_base(uint64_t loaded)
{
    if ((loaded & USABLE) != USABLE)
        return 0;
    return (loaded >> 16 & 0xffffff) | (loaded >> 56) << 24;
}
