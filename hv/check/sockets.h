/* Of several sockets: the worst CPU of each, and how far TSCs are apart within and between them. Pure. */
#ifndef CHECK_SOCKETS_H
#define CHECK_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

struct evidence;

#define SOCKETS_MOST 64u

struct socket {
    uint32_t number; /* CPUID's */
    unsigned cpus;
    unsigned worst; /* a CPU that was not measured to the end; else an unknown, an odd, the farthest one */
    unsigned ahead, behind; /* the CPUs at the ends of its offsets, */
    bool some;              /* where any is known */
};

/* How far two TSCs are apart that are farther apart than all other pairs of that kind. */
struct apart {
    unsigned ahead, behind; /* the CPUs; the same one: there is no such pair with known offsets */
    uint64_t ns, bound_ns;
};

/* A count of 0: there is one socket, or nothing is known of them, or there are more than SOCKETS_MOST. */
struct sockets {
    struct socket of[SOCKETS_MOST]; /* in the order of their first CPUs */
    unsigned count;
    struct apart within, between;
};

/* Fills in all of `sockets`. */
void sockets_find(const struct evidence *evidence, struct sockets *sockets);

#endif
