/* What a guest is made from. */
#ifndef DOMAIN_CONFIG_H
#define DOMAIN_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct domain_config {
    const void *image; /* the ELF module, readable; not trusted */
    size_t image_size;
    const char *cmdline;
    uint64_t memory_bytes;
    unsigned vcpus; /* 1..32; VCPU n runs on the nth CPU whose TSC could be measured */
};

#endif
