/* sources: hv/cpu/frames.c */
/* The frame list against a plain map of bits, over random ranges, reservations and takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/frames.h"
#include "random.h"

#define MODEL_FRAMES 4096u

static uint8_t free_frame[MODEL_FRAMES]; /* the model: frame by frame */

static uint64_t model_bytes(void)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < MODEL_FRAMES; i++)
        count += free_frame[i];
    return count * FRAME_SIZE;
}

static void model_init(const struct frame_range *ranges, unsigned count)
{
    memset(free_frame, 0, sizeof(free_frame));
    for (unsigned i = 0; i < count; i++)
        for (uint64_t at = 1; at < MODEL_FRAMES; at++)
            if (at * FRAME_SIZE >= ranges[i].start && (at + 1) * FRAME_SIZE <= ranges[i].end)
                free_frame[at] = 1;
}

static void model_reserve(uint64_t start, uint64_t end)
{
    for (uint64_t at = 0; at < MODEL_FRAMES; at++)
        if (at * FRAME_SIZE < end && (at + 1) * FRAME_SIZE > start && start < end)
            free_frame[at] = 0;
}

static int model_has_room(uint64_t count, uint64_t align, uint64_t limit)
{
    for (uint64_t at = 1; at + count <= MODEL_FRAMES; at++) {
        uint64_t i = 0;

        if (at * FRAME_SIZE % align || (limit && (at + count) * FRAME_SIZE > limit))
            continue;
        while (i < count && free_frame[at + i])
            i++;
        if (i == count)
            return 1;
    }
    return 0;
}

static void model_take(uint64_t phys, uint64_t count, uint64_t align, uint64_t limit)
{
    assert_int_equal(phys % align, 0);
    assert_true(!limit || phys + count * FRAME_SIZE <= limit);
    for (uint64_t at = phys / FRAME_SIZE; at < phys / FRAME_SIZE + count; at++) {
        assert_true(at < MODEL_FRAMES);
        assert_true(free_frame[at]);
        free_frame[at] = 0;
    }
}

static uint64_t below(struct random *random, uint64_t limit)
{
    return random_next(random) % limit;
}

static void start_at_random(struct random *random)
{
    struct frame_range ranges[8];
    unsigned count = 1 + (unsigned)below(random, 8);

    for (unsigned i = 0; i < count; i++) { /* unsorted, overlapping, not aligned, some empty */
        ranges[i].start = below(random, (uint64_t)MODEL_FRAMES * FRAME_SIZE);
        ranges[i].end = ranges[i].start + below(random, 900ull * FRAME_SIZE);
        if (ranges[i].end > (uint64_t)MODEL_FRAMES * FRAME_SIZE)
            ranges[i].end = (uint64_t)MODEL_FRAMES * FRAME_SIZE;
    }
    frames_init(ranges, count);
    model_init(ranges, count);
}

static void reserve_at_random(struct random *random)
{
    uint64_t start = below(random, (uint64_t)MODEL_FRAMES * FRAME_SIZE);
    uint64_t end = start + below(random, 40ull * FRAME_SIZE);

    assert_true(frames_reserve(start, end));
    model_reserve(start, end);
}

static void take_at_random(struct random *random)
{
    uint64_t count = 1 + below(random, 20), align = (uint64_t)FRAME_SIZE << below(random, 7);
    uint64_t limit = below(random, 2) ? 0 : below(random, (uint64_t)MODEL_FRAMES * FRAME_SIZE);
    uint64_t phys = frames_take(count, align, limit);

    if (phys)
        model_take(phys, count, align, limit);
    else
        assert_false(model_has_room(count, align, limit));
}

static void random_histories_agree(void **state)
{
    struct random random = {5};

    (void)state;
    for (unsigned history = 0; history < 60; history++) {
        start_at_random(&random);
        for (unsigned step = 0; step < 60; step++) {
            if (below(&random, 3) == 0)
                reserve_at_random(&random);
            else
                take_at_random(&random);
            assert_int_equal(frames_free_bytes(), model_bytes());
        }
    }
}

static void taken_from_the_top(void **state)
{
    const struct frame_range range = {0x1000, 0x100000000ull};

    (void)state;
    frames_init(&range, 1);
    assert_int_equal(frames_take(1, FRAME_SIZE, 0), 0xfffff000ull);
    assert_int_equal(frames_take(1, FRAME_SIZE, 0x100000), 0xff000);
}

static void frame_zero_is_never_given(void **state)
{
    const struct frame_range range = {0, 3 * FRAME_SIZE};

    (void)state;
    frames_init(&range, 1);
    assert_int_equal(frames_free_bytes(), 2 * FRAME_SIZE);
    assert_int_equal(frames_take(3, FRAME_SIZE, 0), 0);
    assert_int_equal(frames_take(1, FRAME_SIZE, 0), 2 * FRAME_SIZE);
    assert_int_equal(frames_take(1, FRAME_SIZE, 0), FRAME_SIZE);
    assert_int_equal(frames_take(1, FRAME_SIZE, 0), 0);
}

static void absurd_requests_are_refused(void **state)
{
    const struct frame_range range = {0x1000, UINT64_MAX};

    (void)state;
    frames_init(&range, 1);
    assert_int_equal(frames_take(0, FRAME_SIZE, 0), 0);
    assert_int_equal(frames_take(UINT64_MAX / 2, FRAME_SIZE, 0), 0);
    assert_int_equal(frames_take(1, 12345, 0), 0);
    assert_int_equal(frames_take(1, 16, 0), 0);
    assert_true(frames_reserve(UINT64_MAX - 10, UINT64_MAX));
    assert_true(frames_reserve(0, UINT64_MAX));
    assert_int_equal(frames_free_bytes(), 0);
}

/* A full list: a reservation that would split says so and changes nothing; a take never gives a frame twice.
 */
static void a_full_list(void **state)
{
    struct frame_range ranges[FRAMES_MAX_RANGES + 1];
    uint64_t before, first, second;

    (void)state;
    for (unsigned i = 0; i <= FRAMES_MAX_RANGES; i++)
        ranges[i] = (struct frame_range){(i + 1) * 0x100000ull, (i + 1) * 0x100000ull + 0x40000};
    frames_init(ranges, FRAMES_MAX_RANGES + 1);
    before = frames_free_bytes();
    assert_int_equal(before, FRAMES_MAX_RANGES * 0x40000ull);
    assert_false(frames_reserve(0x110000, 0x120000));
    assert_int_equal(frames_free_bytes(), before);
    assert_true(frames_reserve(0x100000, 0x110000));
    first = frames_take(1, 0x20000, 0x300000 - 1); /* inside a range: what is above it is given up */
    second = frames_take(1, FRAME_SIZE, 0x240000);
    assert_int_equal(first, 0x220000);
    assert_int_equal(second, 0x21f000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_agree),
        cmocka_unit_test(taken_from_the_top),
        cmocka_unit_test(frame_zero_is_never_given),
        cmocka_unit_test(absurd_requests_are_refused),
        cmocka_unit_test(a_full_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
