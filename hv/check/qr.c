/* Names and section numbers are ISO/IEC 18004's. */
#include "check/qr.h"

#include <stdint.h>

#include "log/string.h"

#define SIZE         QR_MODULES
#define DATA         136u /* codewords of version 6, level L (7.5, table 9), */
#define CHECK        18u  /* and of check for each block */
#define BLOCKS       2u
#define WORDS        (DATA + CHECK * BLOCKS)
#define MASKS        8u
#define MODE_LETTERS 2u /* alphanumeric */
#define LEVEL_L      1u
#define FIELD        0x11du /* the primitive polynomial of GF(256) */
#define FORMAT_BCH   0x537u
#define FORMAT_MASK  0x5412u
#define FINDER       3u          /* its centre, from the corner */
#define ALIGNMENT    (SIZE - 7u) /* its centre; version 6 has one */

static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/* ---- Data (7.4) ---- */

struct bits {
    uint8_t bytes[DATA];
    unsigned count;
};

static void add_bits(struct bits *bits, unsigned value, unsigned width)
{
    for (; width-- > 0; bits->count++)
        bits->bytes[bits->count / 8] |= (uint8_t)((value >> width & 1) << (7 - bits->count % 8));
}

static bool valid(const char *text, unsigned *length)
{
    for (*length = 0; text[*length]; ++*length) {
        if (*length == QR_MOST || !strchr(letters, text[*length]))
            return false;
    }
    return true;
}

static unsigned letter_value(char letter)
{
    return (unsigned)(strchr(letters, letter) - letters);
}

/* The terminator is four zeros. After the longest text two of them fit, and no padding. */
static void encode_data(const char *text, unsigned length, struct bits *bits)
{
    memset(bits, 0, sizeof *bits);
    add_bits(bits, MODE_LETTERS, 4);
    add_bits(bits, length, 9);
    for (; length >= 2; length -= 2, text += 2)
        add_bits(bits, letter_value(text[0]) * 45 + letter_value(text[1]), 11);
    if (length)
        add_bits(bits, letter_value(text[0]), 6);
    bits->count = (bits->count + 4 + 7) / 8 * 8;
    for (unsigned pad = 0xec; bits->count < DATA * 8; pad ^= 0xec ^ 0x11)
        add_bits(bits, pad, 8);
}

/* ---- Check words: Reed and Solomon (7.5.2) ---- */

static uint8_t multiply(unsigned a, unsigned b)
{
    unsigned product = 0;

    for (int bit = 7; bit >= 0; bit--)
        product = (product << 1 ^ (product >> 7) * FIELD) ^ (b >> bit & 1u) * a;
    return (uint8_t)product;
}

/* (x - 1)(x - 2)(x - 4)...: the coefficients below the leading 1, the highest first. */
static void generator(uint8_t out[CHECK])
{
    unsigned root = 1;

    memset(out, 0, CHECK);
    out[CHECK - 1] = 1;
    for (unsigned i = 0; i < CHECK; i++, root = multiply(root, 2)) {
        for (unsigned j = 0; j < CHECK; j++)
            out[j] = multiply(out[j], root) ^ (j + 1 < CHECK ? out[j + 1] : 0);
    }
}

static void remainder_of(const uint8_t *data, unsigned length, const uint8_t *divisor, uint8_t *out)
{
    memset(out, 0, CHECK);
    for (; length-- > 0; data++) {
        unsigned factor = *data ^ out[0];

        for (unsigned j = 0; j < CHECK; j++)
            out[j] = multiply(divisor[j], factor) ^ (j + 1 < CHECK ? out[j + 1] : 0);
    }
}

/* The blocks' words, one of each block at a time, data first (7.6). */
static void make_words(const uint8_t *data, uint8_t out[WORDS])
{
    uint8_t divisor[CHECK], check[CHECK];

    generator(divisor);
    for (unsigned block = 0; block < BLOCKS; block++, data += DATA / BLOCKS) {
        remainder_of(data, DATA / BLOCKS, divisor, check);
        for (unsigned i = 0; i < DATA / BLOCKS; i++)
            out[i * BLOCKS + block] = data[i];
        for (unsigned i = 0; i < CHECK; i++)
            out[DATA + i * BLOCKS + block] = check[i];
    }
}

/* ---- Modules (6.3, 7.7) ---- */

static unsigned difference(unsigned a, unsigned b)
{
    return a > b ? a - b : b - a;
}

/* Returns which ring round a centre a module is in; the centre is ring 0. */
static unsigned ring(unsigned row, unsigned column, unsigned of_row, unsigned of_column)
{
    unsigned down = difference(row, of_row), across = difference(column, of_column);

    return down > across ? down : across;
}

/*
 * Draws what is the same in every symbol: finder patterns with their separators, alignment and timing
 * patterns. Returns false, and draws nothing, where data or the format go.
 */
static bool pattern(unsigned row, unsigned column, bool *dark)
{
    unsigned near_row = row < SIZE / 2 ? FINDER : SIZE - 1 - FINDER,
             near_column = column < SIZE / 2 ? FINDER : SIZE - 1 - FINDER;
    unsigned finder = ring(row, column, near_row, near_column),
             alignment = ring(row, column, ALIGNMENT, ALIGNMENT);

    if (finder <= 4 && (near_row == FINDER || near_column == FINDER))
        *dark = finder != 2 && finder != 4;
    else if (alignment <= 2)
        *dark = alignment != 1;
    else if (row == 6 || column == 6)
        *dark = (row + column) % 2 == 0;
    else
        return false;
    return true;
}

static bool for_format(unsigned row, unsigned column)
{
    return (row == 8 && (column <= 8 || column >= SIZE - 8)) ||
           (column == 8 && (row <= 8 || row >= SIZE - 8));
}

static bool for_data(unsigned row, unsigned column)
{
    bool dark;

    return !pattern(row, column, &dark) && !for_format(row, column);
}

static void draw_patterns(struct qr *qr)
{
    memset(qr, 0, sizeof *qr);
    for (unsigned row = 0; row < SIZE; row++)
        for (unsigned column = 0; column < SIZE; column++)
            pattern(row, column, &qr->dark[row][column]);
    qr->dark[SIZE - 8][8] = true;
}

/*
 * Two columns at a time from the right, the first upwards, the next downwards; the timing pattern's is left
 * out.
 */
static void draw_data(struct qr *qr, const uint8_t words[WORDS])
{
    unsigned bit = 0;

    for (unsigned pair = 0; pair < SIZE / 2; pair++) {
        unsigned right = SIZE - 1 - 2 * pair - (SIZE - 1 - 2 * pair <= 6);

        for (unsigned i = 0; i < SIZE * 2; i++) {
            unsigned column = right - i % 2, row = pair % 2 ? i / 2 : SIZE - 1 - i / 2;

            if (!for_data(row, column))
                continue;
            qr->dark[row][column] = bit < WORDS * 8 && words[bit / 8] >> (7 - bit % 8) & 1;
            bit++;
        }
    }
}

/* ---- Masks and format (7.8, 7.9) ---- */

static bool masked(unsigned mask, unsigned r, unsigned c)
{
    const uint8_t two = (r + c) % 2, odd = r * c % 2, three = r * c % 3;
    const uint8_t table[MASKS] = {two,
                                  r % 2,
                                  c % 3,
                                  (r + c) % 3,
                                  (r / 2 + c / 3) % 2,
                                  odd + three,
                                  (odd + three) % 2,
                                  (two + three) % 2};

    return table[mask] == 0;
}

static unsigned format_bits(unsigned mask)
{
    unsigned data = LEVEL_L << 3 | mask, rest = data;

    for (unsigned i = 0; i < 10; i++)
        rest = rest << 1 ^ (rest >> 9) * FORMAT_BCH;
    return (data << 10 | rest) ^ FORMAT_MASK;
}

/* The format stands there twice: round the upper left finder pattern, and along the two others. */
static void draw_format(struct qr *qr, unsigned mask)
{
    unsigned bits = format_bits(mask);

    for (unsigned i = 0; i < 15; i++) {
        bool dark = bits >> i & 1;

        if (i < 8) {
            qr->dark[i < 6 ? i : i + 1][8] = dark;
            qr->dark[8][SIZE - 1 - i] = dark;
        } else {
            qr->dark[8][i == 8 ? 7 : 14 - i] = dark;
            qr->dark[SIZE - 15 + i][8] = dark;
        }
    }
}

/* A second time takes the mask away again. */
static void put_mask(struct qr *qr, unsigned mask)
{
    for (unsigned r = 0; r < SIZE; r++)
        for (unsigned c = 0; c < SIZE; c++)
            qr->dark[r][c] ^= masked(mask, r, c) && for_data(r, c);
    draw_format(qr, mask);
}

/* ---- Which mask (7.8.3) ---- */

/* For runs of five and more in a line, and for finder patterns with four light modules beside them. */
static unsigned line_penalty(const bool *line, unsigned step)
{
    unsigned penalty = 0, run = 0, last = 0;

    for (unsigned i = 0; i < SIZE; i++, line += step) {
        run = i > 0 && *line == (last & 1) ? run + 1 : 1;
        last = (last << 1 | *line) & 0x7ff;
        penalty += run == 5 ? 3 : run > 5;
        if (i >= 10 && (last == 0x5d || last == 0x5d0))
            penalty += 40;
    }
    return penalty;
}

static unsigned penalty_of(const struct qr *qr)
{
    const bool *all = qr->dark[0];
    unsigned penalty = 0, dark = 0;

    for (unsigned i = 0; i < SIZE; i++)
        penalty += line_penalty(qr->dark[i], 1) + line_penalty(all + i, SIZE);
    for (unsigned i = 0; i < SIZE * SIZE; i++) {
        dark += all[i];
        if (i % SIZE + 1 < SIZE && i + SIZE < SIZE * SIZE)
            penalty += (all[i] + all[i + 1] + all[i + SIZE] + all[i + SIZE + 1]) % 4 ? 0 : 3;
    }
    return penalty + difference(dark * 20, SIZE * SIZE * 10) / (SIZE * SIZE) * 10;
}

/* ---- All of it ---- */

static bool encode(const char *text, struct qr *qr)
{
    uint8_t words[WORDS];
    struct bits data;
    unsigned length;

    if (!valid(text, &length))
        return false;
    encode_data(text, length, &data);
    make_words(data.bytes, words);
    draw_patterns(qr);
    draw_data(qr, words);
    return true;
}

bool qr_encode_masked(const char *text, unsigned mask, struct qr *qr)
{
    if (mask >= MASKS || !encode(text, qr))
        return false;
    put_mask(qr, mask);
    return true;
}

bool qr_encode(const char *text, struct qr *qr)
{
    unsigned least = UINT32_MAX, best = 0;

    if (!encode(text, qr))
        return false;
    for (unsigned mask = 0; mask < MASKS; mask++) {
        unsigned penalty;

        put_mask(qr, mask);
        penalty = penalty_of(qr);
        put_mask(qr, mask);
        if (penalty < least) {
            least = penalty;
            best = mask;
        }
    }
    put_mask(qr, best);
    return true;
}
