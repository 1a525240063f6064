#include "platform/reference/reference_vote.h"

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

bool rates_agree(uint64_t a, uint64_t b)
{
    return a != 0 && b != 0 && distance(a, b) * 100 <= (a > b ? a : b);
}

uint32_t rates_apart_permille(uint64_t a, uint64_t b)
{
    uint64_t permille = distance(a, b) / b * 1000 + distance(a, b) % b * 1000 / b;
    return permille < 999999 ? (uint32_t)permille : 999999;
}

unsigned rates_winner(const uint64_t *rates, unsigned count)
{
    unsigned winner = count, most = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned votes = 0;
        for (unsigned j = 0; j < count; j++)
            votes += rates_agree(rates[i], rates[j]);
        if (votes > most) {
            most = votes;
            winner = i;
        }
    }
    return winner;
}
