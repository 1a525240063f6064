/*
 * Time on the CPUs. `now` moves on where a TSC is read, by any amount up to LAST: nothing else can see it.
 * CPU n's TSC is now + ahead[n], any two of them at most SKEW apart. Lines are kept in half ns, records say
 * whole ones: a line's ns is what the record says, frac the half below it.
 */
#define SLOW 1 /* half ns a tick */
#define FAST 5

typedef Line {
    byte stamp;
    byte ns;
    bit frac;
    byte rate;
};
byte now;
byte ahead[CPUS];

inline move_on()
{
    do
    :: now < LAST -> now++
    :: break
    od
}

#define TSC(cpu)           (now + ahead[cpu])
#define TICKS(line, tsc)   (tsc > line.stamp -> tsc - line.stamp : 0)
#define READ_NS(line, tsc) (line.ns + TICKS(line, tsc) * line.rate / 2)
