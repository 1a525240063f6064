/* What a kernel keeps of each CPU, at a fixed offset from a segment's base; here of each thread. */
#ifndef BENCH_OWN_CPU_H
#define BENCH_OWN_CPU_H

#include <stdint.h>

struct meridian_record;

struct own_cpu {
    uint64_t vcpu;
    const struct meridian_record *record;
};

extern __thread struct own_cpu own_cpu __attribute__((visibility("hidden"), tls_model("local-exec")));

#endif
