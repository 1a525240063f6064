/*
 * The private latch: two copies of a line, of which readers use the one that is not being written. One reader
 * is on another CPU; the other is an NMI on the writer's, between any two of its stores, and runs to its end.
 */
#define CPUS     2
#ifdef DIES
#define SETS 2
#else
#define SETS 3
#endif
#define SEQUENCE 0
#define COPY(which) (1 + 2 * (which)) /* two words each */
#define WORDS    5
#define DEPTH    (6 * SETS)

#include "tso.pml"

#ifdef DIES
/* The writer dies before any of its stores; then another CPU, which has CPU 0's name, writes line 9. */
bit dead;
#define WRITE(address, value) \
    atomic {                  \
        if                    \
        :: !dead -> store(0, address, value) \
        :: else -> goto gone  \
        fi                    \
    }
#else
#define WRITE(address, value) atomic { store(0, address, value) }
#endif

/* A word at a time: an NMI may come in between. */
proctype Writer()
{
    byte number;

    do
    :: number < SETS ->
        number++;
#ifdef SEQUENCE_LATE
        WRITE(COPY(0), number)
        WRITE(COPY(0) + 1, number)
        WRITE(SEQUENCE, 2 * number - 1)
#else
        /* step K1: readers go to copy 1 | __atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE); */
        WRITE(SEQUENCE, 2 * number - 1)
        /* step K2: copy 0 | memcpy(copies, value, size); */
        WRITE(COPY(0), number)
        WRITE(COPY(0) + 1, number)
#endif
        /* step K3: readers go to copy 0 | __atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE); */
        WRITE(SEQUENCE, 2 * number)
        /* step K4: copy 1 | memcpy((char *)copies + size, value, size); */
        WRITE(COPY(1), number)
        WRITE(COPY(1) + 1, number)
    :: else -> break
    od;
gone:
    skip
}

#ifdef DIES
#define NEXT() store(0, SEQUENCE, sequence + 1); sequence++

proctype Again()
{
    byte sequence, copies;

    atomic { dead = true }
    atomic { MFENCE(0) -> load(0, SEQUENCE, sequence) }
    do
    :: copies < 2 ->
        copies++;
#ifdef AGAIN_IN_PLACE
        atomic { store(0, COPY(sequence % 2), 9) }
        atomic { store(0, COPY(sequence % 2) + 1, 9) }
#else
        /* step G1: the copy to which no reader is sent | latch->copy[~latch->sequence & 1] = *line; */
        atomic { store(0, COPY((sequence + 1) % 2), 9) }
        atomic { store(0, COPY((sequence + 1) % 2) + 1, 9) }
#endif
        /* step G2: readers go to it |
           __atomic_store_n(&latch->sequence, latch->sequence + 1, __ATOMIC_RELEASE); */
        atomic { NEXT() }
    :: else -> break
    od
}
#endif

#define POLL(cpu) load(cpu, SEQUENCE, seen)
#define FIRST(cpu) load(cpu, COPY(seen % 2), from)
#define SECOND(cpu) load(cpu, COPY(seen % 2) + 1, got)

proctype Nmi()
{
    byte seen, from, got;
    bit torn;

    atomic {
        POLL(0);
        FIRST(0);
        SECOND(0);
        torn = got != from;
        printf("cpu 0: an NMI, sequence %d: words of lines %d and %d\n", seen, from, got);
        assert(!torn)
    }
}

proctype Other()
{
    byte seen, from, got, again;
    bit torn;

    do
    ::
        /* step N1: the sequence | seen = __atomic_load_n(sequence, __ATOMIC_ACQUIRE); */
        atomic { POLL(1) }
        /* step N2: the copy that is not being written |
           memcpy(value, (const char *)copies + (seen & 1) * size, size); */
        atomic { FIRST(1) }
        atomic { SECOND(1) }
        /* step N3: the sequence again | __atomic_load_n(sequence, __ATOMIC_RELAXED) == seen */
        atomic {
#ifdef NO_RECHECK
            again = seen;
#else
            load(1, SEQUENCE, again);
#endif
            if
            :: again == seen ->
                torn = got != from;
                printf("cpu 1: sequence %d: words of lines %d and %d\n", seen, from, got);
                assert(!torn);
                break
            :: else
            fi
        }
    od
}

init {
    atomic {
        run Drain(0);
        run Drain(1);
        run Writer();
#ifdef DIES
        run Again();
#endif
        run Nmi();
        run Other()
    }
}
