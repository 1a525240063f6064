/* sources: hv/domain/vcpu/descriptor.c hv/domain/memory/ownership.c */
/* A guest's own descriptors, and whether it could write to the frame they are in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cpu/paging.h"
#include "domain/memory/ownership.h"
#include "domain/vcpu/descriptor.h"
#include "random.h"

#define DPL3    (3ull << 45)
#define PRESENT (1ull << 47)
#define SYSTEM  (1ull << 44) /* clear: a system descriptor */
#define DATA    0x00cff3000000ffffull
#define CODE64  0x00affb000000ffffull
#define CODE32  0x00cffb000000ffffull

static void privilege_is_3_and_accessed_is_set(void **state)
{
    uint64_t given = 0x00cf92000000ffff, loaded;

    (void)state;
    assert_true(descriptor_check(&given, &loaded));
    assert_int_equal(given, 0x00cff2000000ffff);
    assert_int_equal(loaded, DATA);
}

/* A TSS, a gate, a local table would be the CPU's to act upon; what is not present may say anything. */
static void no_system_descriptor(void **state)
{
    (void)state;
    for (uint64_t type = 0; type < 16; type++) {
        uint64_t given = PRESENT | type << 40, loaded;

        assert_int_equal(descriptor_check(&given, &loaded), type == 0);
        given = type << 40 | 0xffff;
        assert_true(descriptor_check(&given, &loaded));
        assert_int_equal(loaded, type << 40 | 0xffff);
        assert_false(descriptor_is_code(loaded) || descriptor_is_stack(loaded));
    }
}

static void what_iret_takes(void **state)
{
    (void)state;
    assert_true(descriptor_is_code(CODE64) && descriptor_is_code64(CODE64));
    assert_true(descriptor_is_code(CODE32) && !descriptor_is_code64(CODE32));
    assert_false(descriptor_is_code(CODE64 | 1ull << 54)); /* L and D: reserved */
    assert_false(descriptor_is_code(CODE64 & ~DPL3) || descriptor_is_code(CODE64 & ~PRESENT));
    assert_false(descriptor_is_code(DATA) || descriptor_is_stack(CODE64));
    assert_true(descriptor_is_stack(DATA));
    assert_false(descriptor_is_stack(DATA & ~(1ull << 41))); /* read-only */
    assert_false(descriptor_is_code(0) || descriptor_is_stack(0));
}

/* An interrupt right behind a limit would leave IRETQ a rip beyond it: a fault in the hypervisor. */
static void small_code_reaches_to_4_gib(void **state)
{
    uint64_t given = 0x0040fb0000000fff, loaded;

    (void)state;
    assert_true(descriptor_check(&given, &loaded));
    assert_int_equal(given, 0x0040fb0000000fff);
    assert_int_equal(loaded & 0x008f00000000ffff, 0x008f00000000ffff);
    given = 0x0040f30000000fff; /* data keeps its limit */
    assert_true(descriptor_check(&given, &loaded));
    assert_int_equal(loaded, 0x0040f30000000fff);
}

static void bases(void **state)
{
    (void)state;
    assert_int_equal(descriptor_base(0x12cff3345678ffff), 0x12345678);
    assert_int_equal(descriptor_base(0), 0);
    assert_int_equal(descriptor_base(0x12cf73345678ffff), 0);
}

/* Whatever is let in: nothing present below privilege 3, nothing of the system's. */
static void at_random(void **state)
{
    struct random random = {1};

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t given = random_next(&random), loaded;

        if (!descriptor_check(&given, &loaded) || !(loaded & PRESENT))
            continue;
        if (loaded & SYSTEM)
            assert_true((loaded & DPL3) == DPL3 && (given & DPL3) == DPL3 && (loaded & 1ull << 40));
        else
            assert_int_equal(loaded >> 40 & 15, 0);
    }
}

/* ---- Tables ---- */

static uint64_t machine[8][512];

static void *at(uint64_t phys)
{
    assert_true(phys / FRAME_SIZE < 8);
    return (char *)machine + phys;
}

static void writable_mappings_are_found(void **state)
{
    const struct guest_space space = {0, at};
    uint64_t full = PTE_P | PTE_W | PTE_U, frame = 0x5000;

    (void)state;
    memset(machine, 0, sizeof(machine));
    machine[0][0] = 0x1000 | full;
    machine[1][511] = 0x2000 | full;
    machine[2][7] = 0x3000 | full;
    machine[3][100] = frame | PTE_P | PTE_U;
    assert_false(tables_map_writable(&space, frame));
    machine[3][511] = frame | full | PTE_NX;
    assert_true(tables_map_writable(&space, frame));
    assert_false(tables_map_writable(&space, frame + 0x1000));
    machine[2][7] &= ~PTE_W;
    assert_false(tables_map_writable(&space, frame));
    machine[2][7] |= PTE_W;
    machine[0][HV_ENTRY_FIRST] = machine[0][0]; /* the hypervisor's own are none of it */
    machine[0][0] = 0;
    assert_false(tables_map_writable(&space, frame));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(privilege_is_3_and_accessed_is_set),
        cmocka_unit_test(no_system_descriptor),
        cmocka_unit_test(what_iret_takes),
        cmocka_unit_test(small_code_reaches_to_4_gib),
        cmocka_unit_test(bases),
        cmocka_unit_test(at_random),
        cmocka_unit_test(writable_mappings_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
