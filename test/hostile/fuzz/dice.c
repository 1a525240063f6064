#include "fuzz/fuzz.h"

/* Marsaglia's xorshift64: any seed but 0 goes through all numbers but 0. */
u64 roll(struct dice *dice)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state;
}

u64 roll_argument(struct dice *dice)
{
    static const u64 edges[] = {
        0,
        1,
        2,
        7,
        31,
        32,
        4095,
        4096,
        0x7fffffff,
        0xffffffff,
        1ull << 32,
        1ull << 47,
        1ull << 63,
        ~0ull,
        0xffff800000000000,
        0xffff82d000000000,
        0xffff830000000000,
        0xffff880000000000,
    };

    switch (roll_below(dice, 6)) {
    case 0: return edges[roll_below(dice, sizeof edges / sizeof edges[0])];
    case 1: return (u64)play + roll_below(dice, PLAY_BYTES);
    case 2: return (u64)play[roll_below(dice, PLAY_PAGES)];
    case 3: return pte_of(play[roll_below(dice, PLAY_PAGES)], roll_below(dice, PAGE_BYTES));
    case 4: return roll_below(dice, 64);
    default: return roll(dice);
    }
}
