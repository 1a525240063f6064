/* sources: hv/check/qr.c */
/* flags: -Wl,--no-as-needed -lqrencode */
/* QR codes against libqrencode, module by module, and read by zbar from pictures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <qrencode.h>

#include "random.h"
#include "check/qr.h"

#define LETTERS  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
#define PICTURES 24
#define SCALE    3u

static unsigned random_below(struct random *random, unsigned limit)
{
    return (unsigned)(random_next(random) % limit);
}

static void random_text(struct random *random, unsigned length, char *out)
{
    for (unsigned i = 0; i < length; i++)
        out[i] = LETTERS[random_below(random, sizeof LETTERS - 1)];
    out[length] = 0;
}

static QRcode *theirs(const char *text)
{
    QRinput *input = QRinput_new2(6, QR_ECLEVEL_L);
    QRcode *code;

    assert_non_null(input);
    assert_int_equal(QRinput_append(input, QR_MODE_AN, (int)strlen(text), (const unsigned char *)text), 0);
    code = QRcode_encodeInput(input);
    assert_non_null(code);
    QRinput_free(input);
    return code;
}

static bool their_module(const QRcode *code, unsigned row, unsigned column)
{
    return code->data[row * (unsigned)code->width + column] & 1;
}

/* The format's three bits of mask, under the format's own mask 101010000010010 (7.9). */
static unsigned their_mask(const QRcode *code)
{
    return ((unsigned)their_module(code, 8, 2) << 2 | (unsigned)their_module(code, 8, 3) << 1 |
            (unsigned)their_module(code, 8, 4)) ^
           5u;
}

/* Which mask that was. */
static unsigned compare(const char *text)
{
    QRcode *code = theirs(text);
    unsigned mask = their_mask(code);
    struct qr qr;

    assert_int_equal(code->version, 6);
    assert_int_equal(code->width, QR_MODULES);
    assert_true(qr_encode_masked(text, mask, &qr));
    for (unsigned row = 0; row < QR_MODULES; row++)
        for (unsigned column = 0; column < QR_MODULES; column++)
            if (qr.dark[row][column] != their_module(code, row, column))
                fail_msg("%zu letters, mask %u: module %u, %u", strlen(text), mask, row, column);
    QRcode_free(code);
    return mask;
}

/* Every length, so every way in which the data can end. */
static void like_libqrencode(void **state)
{
    struct random random = {4711};
    char text[QR_MOST + 1];
    unsigned masks = 0;

    (void)state;
    for (unsigned length = 1; length <= QR_MOST; length++) {
        for (unsigned i = 0; i < 4; i++) {
            random_text(&random, length, text);
            masks |= 1u << compare(text);
        }
    }
    assert_int_equal(masks, 0xff);
}

static void refused(void **state)
{
    struct random random = {1};
    char text[QR_MOST + 2];
    struct qr qr, untouched;

    (void)state;
    memset(&qr, 0x5a, sizeof qr);
    untouched = qr;
    random_text(&random, QR_MOST + 1, text);
    assert_false(qr_encode(text, &qr));
    assert_false(qr_encode("lower case", &qr));
    assert_false(qr_encode("A_B", &qr));
    assert_false(qr_encode("\xff", &qr));
    assert_false(qr_encode_masked("A", 8, &qr));
    assert_memory_equal(&qr, &untouched, sizeof qr);
    text[QR_MOST] = 0;
    assert_true(qr_encode(text, &qr));
    assert_true(qr_encode("", &qr));
}

/* ---- The mask: table 11 counted in the plainest way ---- */

static unsigned runs_of(const struct qr *qr, bool columns)
{
    unsigned penalty = 0;

    for (unsigned a = 0; a < QR_MODULES; a++) {
        for (unsigned b = 0, length; b < QR_MODULES; b += length) {
            bool dark = columns ? qr->dark[b][a] : qr->dark[a][b];

            for (length = 1; b + length < QR_MODULES; length++)
                if ((columns ? qr->dark[b + length][a] : qr->dark[a][b + length]) != dark)
                    break;
            penalty += length >= 5 ? 3 + (length - 5) : 0;
        }
    }
    return penalty;
}

static unsigned finders_of(const struct qr *qr, bool columns)
{
    static const char *const patterns[] = {"10111010000", "00001011101"};
    unsigned penalty = 0;

    for (unsigned a = 0; a < QR_MODULES; a++) {
        char line[QR_MODULES + 1] = {0};

        for (unsigned b = 0; b < QR_MODULES; b++)
            line[b] = (columns ? qr->dark[b][a] : qr->dark[a][b]) ? '1' : '0';
        for (unsigned i = 0; i < 2; i++)
            for (const char *at = line; (at = strstr(at, patterns[i])); at++)
                penalty += 40;
    }
    return penalty;
}

static unsigned penalty_of(const struct qr *qr)
{
    unsigned penalty = 0, dark = 0, all = QR_MODULES * QR_MODULES;

    for (unsigned r = 0; r + 1 < QR_MODULES; r++)
        for (unsigned c = 0; c + 1 < QR_MODULES; c++) {
            bool first = qr->dark[r][c];

            penalty +=
                qr->dark[r + 1][c] == first && qr->dark[r][c + 1] == first && qr->dark[r + 1][c + 1] == first
                    ? 3
                    : 0;
        }
    for (unsigned r = 0; r < QR_MODULES; r++)
        for (unsigned c = 0; c < QR_MODULES; c++)
            dark += qr->dark[r][c];
    for (int columns = 0; columns < 2; columns++)
        penalty += runs_of(qr, columns) + finders_of(qr, columns);
    return penalty + (unsigned)(abs((int)(dark * 100) - (int)(all * 50)) / (int)(all * 5)) * 10;
}

/* As the format says. */
static unsigned mask_of(const struct qr *qr)
{
    return (qr->dark[8][2] * 4u + qr->dark[8][3] * 2u + qr->dark[8][4]) ^ 5u;
}

static void the_best_mask(void **state)
{
    struct random random = {99};
    char text[QR_MOST + 1];
    unsigned chosen = 0, best;

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        struct qr qr, other;

        random_text(&random, random_below(&random, QR_MOST + 1), text);
        assert_true(qr_encode(text, &qr));
        best = mask_of(&qr);
        chosen |= 1u << best;
        for (unsigned mask = 0; mask < 8; mask++) {
            assert_true(qr_encode_masked(text, mask, &other));
            if (mask == best)
                assert_memory_equal(&other, &qr, sizeof qr);
            assert_true(mask < best ? penalty_of(&other) > penalty_of(&qr)
                                    : penalty_of(&other) >= penalty_of(&qr));
        }
    }
    assert_true(chosen & (chosen - 1)); /* not always the same */
}

/* ---- Read back ---- */

static bool dark_at(const struct qr *qr, unsigned row, unsigned column)
{
    return row < QR_MODULES && column < QR_MODULES && qr->dark[row][column];
}

static void write_picture(const char *path, const struct qr *qr)
{
    unsigned side = (QR_MODULES + 2 * QR_QUIET) * SCALE;
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fprintf(file, "P5\n%u %u\n255\n", side, side);
    for (unsigned y = 0; y < side; y++)
        for (unsigned x = 0; x < side; x++)
            putc(dark_at(qr, y / SCALE - QR_QUIET, x / SCALE - QR_QUIET) ? 0 : 255, file);
    assert_int_equal(fclose(file), 0);
}

static void zbar_reads_them(void **state)
{
    char texts[PICTURES][QR_MOST + 1], folder[] = "/tmp/qr.XXXXXX", path[64], line[256], command[2048];
    struct random random = {7};
    struct qr qr;
    FILE *out;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "zbarimg -q --nodbus --raw -Sdisable -Sqrcode.enable %s/*.pgm", folder);
    for (unsigned i = 0; i < PICTURES; i++) {
        random_text(&random, i == 0 ? QR_MOST : 1 + random_below(&random, QR_MOST), texts[i]);
        assert_true(qr_encode(texts[i], &qr));
        snprintf(path, sizeof path, "%s/%02u.pgm", folder, i);
        write_picture(path, &qr);
    }
    out = popen(command, "r");
    assert_non_null(out);
    for (unsigned i = 0; i < PICTURES; i++) {
        assert_non_null(fgets(line, sizeof line, out));
        line[strcspn(line, "\n")] = 0;
        assert_string_equal(line, texts[i]);
    }
    assert_int_equal(pclose(out), 0);
    for (unsigned i = 0; i < PICTURES; i++) {
        snprintf(path, sizeof path, "%s/%02u.pgm", folder, i);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_libqrencode),
        cmocka_unit_test(refused),
        cmocka_unit_test(the_best_mask),
        cmocka_unit_test(zbar_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
