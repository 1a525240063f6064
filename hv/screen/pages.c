#include "screen/pages.h"

#include <limits.h>

static unsigned pages_for(unsigned count, unsigned rows)
{
    return (count + rows - 1) / rows;
}

static bool by_sockets(const struct figures *f, unsigned rows)
{
    return f->sockets.count && f->evidence.count > rows;
}

unsigned page_count(const struct figures *f, unsigned rows)
{
    unsigned pages = pages_for(f->sockets.count, rows);

    if (!by_sockets(f, rows))
        return pages_for(f->evidence.count, rows);
    for (unsigned i = 0; i < f->sockets.count; i++)
        pages += pages_for(f->sockets.of[i].cpus, rows);
    return pages;
}

struct page page_at(const struct figures *f, unsigned rows, unsigned number)
{
    unsigned left = number % page_count(f, rows), socket;

    if (!by_sockets(f, rows))
        return (struct page){.kind = PAGE_CPUS, .first = left * rows};
    if (left < pages_for(f->sockets.count, rows))
        return (struct page){.kind = PAGE_SOCKETS, .first = left * rows};
    left -= pages_for(f->sockets.count, rows);
    for (socket = 0; left >= pages_for(f->sockets.of[socket].cpus, rows); socket++)
        left -= pages_for(f->sockets.of[socket].cpus, rows);
    return (struct page){.kind = PAGE_SOCKET, .socket = socket, .first = left * rows};
}

/* CPUs of a socket need not come one after the other. */
static unsigned cpu_of_socket(const struct figures *f, uint32_t socket, unsigned number)
{
    for (unsigned cpu = 0; cpu < f->evidence.count; cpu++)
        if (f->evidence.cpus[cpu].facts.place.socket == socket && number-- == 0)
            return cpu;
    return UINT_MAX;
}

unsigned page_row(const struct page *page, const struct figures *f, unsigned row)
{
    unsigned number = page->first + row;

    if (page->kind == PAGE_SOCKET)
        return cpu_of_socket(f, f->sockets.of[page->socket].number, number);
    return number < (page->kind == PAGE_CPUS ? f->evidence.count : f->sockets.count) ? number : UINT_MAX;
}
