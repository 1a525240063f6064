#include "check/sockets.h"

#include <stddef.h>

#include "check/figures.h"

static struct socket *socket_of(struct sockets *sockets, uint32_t number)
{
    for (unsigned i = 0; i < sockets->count; i++)
        if (sockets->of[i].number == number)
            return &sockets->of[i];
    if (sockets->count == SOCKETS_MOST)
        return NULL;
    sockets->of[sockets->count] = (struct socket){.number = number};
    return &sockets->of[sockets->count++];
}

static uint64_t beyond(int64_t value, uint64_t bound)
{
    return magnitude(value) > bound ? magnitude(value) - bound : 0;
}

static bool known(const struct keeper_cpu *cpu)
{
    return cpu->state != KEEPER_CPU_LEFT_OUT && cpu->offset_bound_ns != UINT64_MAX;
}

/* Returns 3 for one that was not measured to the end, 2: unknown, 1: out of step, 0: nothing is wrong. */
static unsigned rank(const struct keeper_cpu *cpu)
{
    if (cpu->state != KEEPER_CPU_ONLINE)
        return 3;
    if (!known(cpu))
        return 2;
    return beyond(cpu->offset_ns, cpu->offset_bound_ns) || beyond(cpu->rate_ppb, cpu->rate_bound_ppb);
}

static bool worse(const struct keeper_cpu *a, const struct keeper_cpu *b)
{
    if (rank(a) != rank(b))
        return rank(a) > rank(b);
    return magnitude(a->offset_ns) > magnitude(b->offset_ns);
}

static void add_cpu(const struct cpu_evidence *cpus, struct socket *socket, unsigned cpu)
{
    const struct keeper_cpu *seen = &cpus[cpu].seen;

    if (socket->cpus++ == 0 || worse(seen, &cpus[socket->worst].seen))
        socket->worst = cpu;
    if (!known(seen))
        return;
    /* Of equal ones the first is ahead and the last behind: two CPUs are a pair, however near. */
    if (!socket->some || seen->offset_ns > cpus[socket->ahead].seen.offset_ns)
        socket->ahead = cpu;
    if (!socket->some || seen->offset_ns <= cpus[socket->behind].seen.offset_ns)
        socket->behind = cpu;
    socket->some = true;
}

/* Offsets are those to the boot CPU: the bound of a difference is the sum of both. */
static void take_apart(const struct cpu_evidence *cpus, struct apart *apart, const struct socket *a,
                       const struct socket *b)
{
    const struct keeper_cpu *ahead = &cpus[a->ahead].seen, *behind = &cpus[b->behind].seen;
    uint64_t ns = (uint64_t)ahead->offset_ns - (uint64_t)behind->offset_ns;

    if (!a->some || !b->some || a->ahead == b->behind || ahead->offset_ns < behind->offset_ns ||
        (apart->ahead != apart->behind && ns <= apart->ns))
        return;
    *apart = (struct apart){.ahead = a->ahead,
                            .behind = b->behind,
                            .ns = ns,
                            .bound_ns = ahead->offset_bound_ns + behind->offset_bound_ns};
}

void sockets_find(const struct evidence *e, struct sockets *sockets)
{
    *sockets = (struct sockets){0};
    for (unsigned cpu = 0; cpu < e->count; cpu++) {
        const struct cpu_place *place = &e->cpus[cpu].facts.place;
        struct socket *socket = place->from ? socket_of(sockets, place->socket) : NULL;

        if (!socket) {
            sockets->count = 0;
            return;
        }
        add_cpu(e->cpus, socket, cpu);
    }
    if (sockets->count < 2)
        sockets->count = 0;
    for (unsigned i = 0; i < sockets->count; i++)
        for (unsigned j = 0; j < sockets->count; j++)
            take_apart(e->cpus, i == j ? &sockets->within : &sockets->between, &sockets->of[i],
                       &sockets->of[j]);
}
