/* sources: hv/platform/pci_uart.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "platform/pci.h"
#include "platform/pci_uart.h"

static uint32_t space[64];
static unsigned writes;

uint32_t pci_read(const struct acpi_pci *pci, unsigned at)
{
    assert_true(at % 4 == 0 && at < 256 && pci->slot == 4);
    return space[at / 4];
}

void pci_write(const struct acpi_pci *pci, unsigned at, uint32_t value)
{
    assert_true(at == 4 && pci->slot == 4);
    assert_int_equal(value >> 16, 0); /* ones would clear the status */
    space[at / 4] = value;
    writes++;
}

static const struct acpi_pci named = {true, 0x1b36, 2, 0, 4, 0};
static struct uart_place place;

static const char *find(unsigned kind, uint64_t address)
{
    place = (struct uart_place){.space = kind, .address = address, .stride = 1, .width = 1};
    writes = 0;
    return pci_uart_find(&named, &place);
}

static void a_device(void)
{
    for (unsigned i = 0; i < 64; i++)
        space[i] = 0;
    space[0] = 0x00021b36;
    space[1] = 0xffff0001;
    space[4] = 0xc001;
    space[5] = 0xfe000004; /* 64 bits wide */
    space[6] = 0x2;
}

static void its_registers_are_where_they_are_now(void **state)
{
    (void)state;
    a_device();
    assert_null(find(UART_PORTS, 0xc008)); /* its second port */
    assert_int_equal(place.address, 0xc008);
    assert_int_equal(writes, 0);
    assert_null(find(UART_PORTS, 0x1230)); /* of before it was moved */
    assert_int_equal(place.address, 0xc000);
    assert_null(find(UART_MEMORY, 0xfe000000)); /* only the lower half fits */
    assert_int_equal(place.address, 0x2fe000000);
    assert_int_equal(writes, 1); /* memory was off */
    assert_int_equal(space[1], 3);
    space[1] = 0xffff0000;
    assert_null(find(UART_PORTS, 0xc000));
    assert_int_equal(space[1], 1);
}

static void another_device_is_left_alone(void **state)
{
    (void)state;
    a_device();
    space[0] = 0xffffffff;
    assert_string_equal(find(UART_PORTS, 0xc000), "names a PCI device that is not there");
    a_device();
    space[3] = 1u << 16;
    assert_string_equal(find(UART_PORTS, 0xc000), "names a PCI bridge");
    a_device();
    space[4] = 0x1; /* firmware gave it none */
    assert_string_equal(find(UART_PORTS, 0xc000), "names a PCI device without such registers");
    assert_int_equal(writes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_registers_are_where_they_are_now),
        cmocka_unit_test(another_device_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
