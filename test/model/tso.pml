/*
 * Memory as x86 has it (SDM vol. 3, 8.2): each CPU has a buffer of stores, first in, first out. A CPU's loads
 * see its own stores at once, others see them when they drain, which is at any moment. MFENCE waits until the
 * CPU's own buffer is empty. The includer says CPUS, WORDS (of memory) and DEPTH (of a buffer).
 */
typedef Buffer {
    byte where[DEPTH];
    byte what[DEPTH];
    byte used;
};
Buffer buffer[CPUS];
byte memory[WORDS];
byte at; /* of the loops below; 0 outside them */

/* Own stores do nothing to others until they drain: a run of them may be one step. */
inline store(cpu, address, value)
{
    assert(buffer[cpu].used < DEPTH);
    buffer[cpu].where[buffer[cpu].used] = address;
    buffer[cpu].what[buffer[cpu].used] = value;
    buffer[cpu].used++;
}

/* The newest of the CPU's own stores to it, else memory. */
inline load(cpu, address, into)
{
    into = memory[address];
    at = 0;
    do
    :: at < buffer[cpu].used ->
        if
        :: buffer[cpu].where[at] == address -> into = buffer[cpu].what[at]
        :: else
        fi;
        at++
    :: else -> break
    od;
    at = 0
}

/* The oldest store of a CPU reaches memory. The rest moves up: equal buffers are equal states. */
inline drain(cpu)
{
    printf("cpu %d: memory[%d] = %d is seen by all\n", cpu, buffer[cpu].where[0], buffer[cpu].what[0]);
    memory[buffer[cpu].where[0]] = buffer[cpu].what[0];
    buffer[cpu].used--;
    at = 0;
    do
    :: at < buffer[cpu].used ->
        buffer[cpu].where[at] = buffer[cpu].where[at + 1];
        buffer[cpu].what[at] = buffer[cpu].what[at + 1];
        at++
    :: else -> break
    od;
    buffer[cpu].where[at] = 0;
    buffer[cpu].what[at] = 0;
    at = 0
}

#define MFENCE(cpu) (buffer[cpu].used == 0)

proctype Drain(byte cpu)
{
end:
    do
    :: d_step { buffer[cpu].used > 0 -> drain(cpu) }
    od
}
