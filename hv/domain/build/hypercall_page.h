/* The page through which a guest calls: entry n makes hypercall n. Pure. */
#ifndef DOMAIN_HYPERCALL_PAGE_H
#define DOMAIN_HYPERCALL_PAGE_H

#define HYPERCALL_PAGE_BYTES 4096

/* `page`: HYPERCALL_PAGE_BYTES writable bytes, of any alignment. */
void hypercall_page_fill(unsigned char *page);

#endif
