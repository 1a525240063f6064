#include "choose_port.h"

#include "cpu/paging.h"
#include "log/format.h"
#include "log/log.h"
#include "log/serial.h"
#include "platform/loader/memmap.h"
#include "platform/pci_uart.h"

/* I/O APICs, HPET and local APICs: a table that names them as a UART is wrong. */
#define APICS_START 0xfec00000ull
#define APICS_END   0xfef00000ull

#define PLACE_BYTES 64u
#define USUAL_BAUD  115200u

static const char by_option[] = "which the command line names";
static bool found;

static const char *place_text(const struct uart_place *place, char out[PLACE_BYTES])
{
    for (unsigned i = 0; i < 4; i++)
        if (place->space == UART_PORTS && place->address == uart_com(i, 0).address) {
            format(out, PLACE_BYTES, "COM%u (port 0x%lx)", i + 1, place->address);
            return out;
        }
    if (place->space == UART_PORTS)
        format(out, PLACE_BYTES, "port 0x%lx", place->address);
    else
        format(out, PLACE_BYTES, "memory 0x%lx, registers %u bytes apart", place->address, place->stride);
    return out;
}

/* Returns NULL if its registers can be tried, else why not. */
static const char *reach(const struct boot_info *boot, struct uart *uart)
{
    uint64_t start = uart->place.address, end = start + (uint64_t)uart->place.stride * UART_REGISTERS;

    if (uart->place.space == UART_PORTS)
        return NULL;
    if (memmap_overlaps_ram(boot, start, end))
        return "lies in RAM";
    if (start < APICS_END && end > APICS_START)
        return "lies where the APICs are";
    uart->registers = map_mmio(start, end - start);
    return uart->registers ? NULL : "is out of the CPU's reach";
}

static void say_chosen(const struct uart_place *place, const char *by)
{
    char where[PLACE_BYTES], rate[24] = "its rate as it was set";

    if (uart_divisor(place))
        format(rate, sizeof rate, "%u baud", place->baud);
    log_print("serial: the log goes to %s, %s, %s\n", place_text(place, where), by, rate);
}

/* `boot`: NULL as long as nothing can be mapped. */
static void try_place(const struct boot_info *boot, const struct uart_place *place, const char *by)
{
    struct uart uart = {.place = *place};
    const char *wrong = NULL;
    char where[PLACE_BYTES];

    found = serial_is_at(place);
    if (found)
        return;
    if (boot)
        wrong = reach(boot, &uart);
    if (!wrong && !serial_answers(&uart))
        wrong = "does not answer";
    if (wrong) {
        log_print("serial: %s, %s, %s: it is left alone\n", place_text(place, where), by, wrong);
        return;
    }
    found = true;
    say_chosen(place, by); /* there too where the log was before */
    serial_use(&uart);
}

void choose_port_early(const struct options *options)
{
    if (options->console_given && options->console.space == UART_PORTS)
        try_place(NULL, &options->console, by_option);
}

static void try_second(void)
{
    struct uart com2 = {.place = uart_com(1, USUAL_BAUD)};

    if (serial_answers(&com2)) {
        say_chosen(&com2.place, "as COM1 does not answer");
        serial_use(&com2);
    }
}

static void try_firmware(const struct boot_info *boot, const struct acpi_console *console)
{
    struct uart_place place = console->place;
    const char *wrong = console->wrong;

    if (!console->table)
        return;
    if (!wrong && console->pci.named)
        wrong = pci_uart_find(&console->pci, &place);
    if (wrong)
        log_print("serial: ACPI's %s %s\n", console->table, wrong);
    else
        try_place(boot, &place,
                  console->table[0] == 'S' ? "which ACPI's SPCR names" : "which ACPI's DBG2 names");
}

void choose_port(const struct boot_info *boot, const struct options *options, const struct machine *machine)
{
    if (options->console_given && options->console.space == UART_MEMORY)
        try_place(boot, &options->console, by_option);
    if (!found)
        try_firmware(boot, &machine->console);
    if (!serial_in_use())
        try_second();
    if (!serial_in_use())
        log_print("serial: none, neither COM1 nor COM2 answers; console= names another\n");
}
