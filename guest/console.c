#include "console.h"

#include "hypercall.h"
#include "log/format.h"

#define CONSOLEIO_WRITE 0 /* CONSOLEIO_write: older headers do not name it */
#define LINE_SIZE       400

void print(const char *text, ...)
{
    char line[LINE_SIZE];
    va_list args;

    va_start(args, text);
    int length = format_va(line, sizeof(line), text, args);
    va_end(args);
    if (length >= LINE_SIZE) {
        length = LINE_SIZE - 1;
        line[LINE_SIZE - 2] = '\n';
    }
    hypercall(__HYPERVISOR_console_io, CONSOLEIO_WRITE, (uint64_t)length, address_of(line), 0);
}
