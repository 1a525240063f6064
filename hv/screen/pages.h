/* Pages of the table, where CPUs are more than rows: of all CPUs, or of sockets and then of each. Pure. */
#ifndef SCREEN_PAGES_H
#define SCREEN_PAGES_H

#include "check/figures.h"

/* Some of all CPUs; some of all sockets, by their worst CPUs; some CPUs of one socket. */
enum page_kind { PAGE_CPUS, PAGE_SOCKETS, PAGE_SOCKET };

struct page {
    enum page_kind kind;
    unsigned socket; /* of the figures' list */
    unsigned first;  /* so many are on earlier pages of that kind and socket */
};

/* Returns page `number` of those with at most `rows` rows. Beyond the last one the first comes again. */
struct page page_at(const struct figures *figures, unsigned rows, unsigned number);
/* Returns how many there are. */
unsigned page_count(const struct figures *figures, unsigned rows);
/* Returns the CPU, or the socket of the figures' list, in row `row`; UINT_MAX: that row is empty. */
unsigned page_row(const struct page *page, const struct figures *figures, unsigned row);

#endif
