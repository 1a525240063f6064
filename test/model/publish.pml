/*
 * The airtight publish against readers of three protocols. docs/model.md tells what is modelled and how.
 *
 * A word of a record holds the number of the line that it is of, so a torn record is seen as such. There are
 * two reads: A says in a word of memory what it got, B begins after its CPU has loaded that word. A read
 * writes nothing else, so what is true of every such pair, on any CPUs, is true of any number of readers.
 */
#define CPUS      3
#define RECORDS   2
#define PUBLISHES 2
#define SKEW      1
#ifndef LAST
#define LAST 3 /* TSCs move on by chance up to here; beyond it only where somebody waits for it */
#endif

#define COMMON   0 /* the record of all */
#define OWN      1 /* a VCPU's */
#define VERSION1 0
#define VERSION2 1
#define DATA     2
#define FIELDS   2 /* tsc_timestamp, and all that goes with it */
#define WORD(record, field) ((record) * (DATA + FIELDS) + (field))
#define SAID   WORD(RECORDS, 0) /* what A got, plus 1; 0: nothing yet */
#define WORDS  (SAID + 1)
#define DEPTH  (RECORDS * (DATA + FIELDS + 2) + 1)
#define NOBODY CPUS
#define NEVER  255

#include "tso.pml"
#include "clock.pml"

Line line[PUBLISHES + 1]; /* the publisher's, in private */
byte exact;               /* the last one's start in half ns, summed up beside the publisher's arithmetic */
byte number;              /* of lines published; versions are twice that */
byte home = NOBODY;       /* where a publish runs, interrupts off: no reader runs there */
bit stopped;              /* the publisher writes no more */
bit told;                 /* A has said what it got, ... */
byte told_at;             /* ... when its CPU's TSC stood here */

inline record_begin(cpu, record)
{
    /* step W1: version1 odd | RECORD_STORE(record->version1, version + 1); */
    store(cpu, WORD(record, VERSION1), 2 * number - 1);
#ifdef VERSION2_ODD
    store(cpu, WORD(record, VERSION2), 2 * number - 1)
#endif
}

inline record_fill(cpu, record)
{
    /* step W2: the data | RECORD_STORE(record->tsc_timestamp, data->line.tsc); */
    store(cpu, WORD(record, DATA), number);
    store(cpu, WORD(record, DATA + 1), number)
}

inline record_end(cpu, record)
{
#ifdef VERSION1_FIRST
    store(cpu, WORD(record, VERSION1), 2 * number);
    store(cpu, WORD(record, VERSION2), 2 * number)
#else
    /* step W3: version2 even | RECORD_STORE(record->version2, version + 2); */
    store(cpu, WORD(record, VERSION2), 2 * number);
    /* step W4: version1 even | RECORD_STORE(record->version1, version + 2); */
    store(cpu, WORD(record, VERSION1), 2 * number)
#endif
}

/* The new line at the joint, and what is promised of it: nothing is lost, no fraction either (T4, T5). */
inline line_follow(old, new, joint)
{
    new.stamp = joint;
    exact = exact + TICKS(old, joint) * old.rate;
#ifdef JOINT_BELOW_READER
    new.ns = old.ns + TICKS(old, joint) / 2 * old.rate;
#else
    new.ns = old.ns + (old.frac + TICKS(old, joint) * old.rate) / 2;
#ifndef FLOOR_AT_JOINT
    new.frac = (old.frac + TICKS(old, joint) * old.rate) % 2;
#endif
    assert(exact == 2 * new.ns + new.frac);
#endif
    new.rate = SLOW + FAST - old.rate
}

/*
 * publish_airtight(). Stores that follow one another go to the buffer in one step; they drain one by one, at
 * any time. The lock is let go by the last of them and taken by a locked instruction, which waits as MFENCE.
 * The joint's margin of 2 us is 0 here: nothing rests on it.
 */
proctype Publisher()
{
    byte joint, cpu;

    do
    :: atomic {
        number < PUBLISHES && now <= LAST && MFENCE(cpu) ->
        if
        :: cpu = 0
        :: number > 0 -> cpu = 1
        fi;
        home = cpu;
        number++
    }
    /* step P1: all records odd, the common one last | records_begin(NEWS_LINE); */
#if defined(ONE_PHASE)
    d_step { record_begin(cpu, COMMON) }
#elif defined(COMMON_OTHERWISE)
    d_step { record_begin(cpu, COMMON); record_begin(cpu, OWN) }
#else
    d_step { record_begin(cpu, OWN); record_begin(cpu, COMMON) }
#endif
    /* step P2: all CPUs see them odd, then the TSC is read | joint = rdtsc_after_stores(); */
#ifndef NO_FENCE
    MFENCE(cpu);
#endif
    atomic {
        move_on();
        joint = TSC(cpu);
        /* step P3: the joint, ahead of every CPU's TSC, and the line | joint += skew */
#ifndef NO_SKEW
        joint = joint + SKEW;
#endif
        line_follow(line[number - 1], line[number], joint);
        printf("cpu %d: P3 line %d from TSC %d on: %d/2 ns a tick, begins at %d ns + %d/2\n", cpu, number,
               joint, line[number].rate, line[number].ns, line[number].frac);
        /* step P4: the data of all records | records_fill(NEWS_LINE, &keeper.common.published); */
        d_step {
#ifndef ONE_PHASE
            record_fill(cpu, OWN);
#endif
            record_fill(cpu, COMMON)
        }
    }
    /* step P5: every CPU's TSC is past the joint | wait_past(joint + skew); */
#ifndef NO_WAIT
    atomic {
        move_on();
        now = (TSC(cpu) > joint + SKEW -> now : joint + SKEW + 1 - ahead[cpu]);
        printf("cpu %d: P5 it is TSC %d\n", cpu, TSC(cpu))
    }
#endif
    /* step P6: all records even, the common one first | records_end(NEWS_LINE); */
    atomic {
        d_step {
#if defined(NO_RELEASE)
            record_end(cpu, COMMON)
#elif defined(COMMON_OTHERWISE)
            record_end(cpu, OWN);
            record_end(cpu, COMMON)
#else
            record_end(cpu, COMMON);
#ifdef ONE_PHASE
            record_begin(cpu, OWN);
            record_fill(cpu, OWN);
#endif
            record_end(cpu, OWN)
#endif
        };
        joint = 0;
        home = NOBODY
    }
    :: atomic { number == PUBLISHES || now > LAST -> stopped = true; break }
    od
}

/* Which version a reader looks at first and last: meridian 1, 1 and 2; pvclock 1, 1; in2005 2, 1. */
mtype = { meridian, pvclock, in2005 };

#define ANY_CPU(cpu) if :: home != 0 -> cpu = 0 :: home != 1 -> cpu = 1 :: home != 2 -> cpu = 2 fi
#define CALM         (stopped && MFENCE(0) && MFENCE(1))

/*
 * Versions only grow. A read that memory has outrun cannot end well and is given up at once: that leaves a
 * third of the states.
 */
#ifdef READER_ONE_LOOK
#define OUTRUN        false
#define CHANGED(what) false
#else
#define OUTRUN        (memory[WORD(record, VERSION1)] > version)
#define CHANGED(what) (what != version)
#endif
#define RUNS          (home != cpu && !OUTRUN)

#ifdef READER_TSC_LATE
#define TSC_TAKEN true
#else
#define TSC_TAKEN (tsc != NEVER)
#endif
/* What a read leaves behind is not part of the state. */
#define FORGET record = 0; protocol = 0; version = 0; calm = 0; said = 0; from = 0; words = 0; got = 0; \
               torn = 0
#define READ_TSC move_on(); tsc = TSC(cpu)

proctype Reader(bit is_b)
{
    byte cpu = NOBODY, record, version, tsc = NEVER, from, words, got, said;
    mtype protocol;
    bit torn, calm;

#ifdef READER_NO_LFENCE
    atomic { ANY_CPU(cpu); READ_TSC }
#endif
again:
    /* step R1: version1 | uint32_t version = meridian_load(&record->version1); */
    atomic {
        !is_b || told ->
        if
        :: cpu == NOBODY -> ANY_CPU(cpu)
        :: else -> home != cpu
        fi;
        load(cpu, SAID, said);
        if
        :: !is_b
        :: is_b && said == 0 -> goto failed /* nothing heard yet */
        :: is_b && said > 0 -> /* TSCs in step: no message comes before it was sent */
            now = (TSC(cpu) < told_at -> told_at - ahead[cpu] : now);
            told_at = 0
        fi;
        calm = CALM;
        if
        :: record = COMMON
        :: record = OWN
        fi;
        if
        :: protocol = meridian; load(cpu, WORD(record, VERSION1), version)
        :: protocol = pvclock; load(cpu, WORD(record, VERSION1), version)
        :: protocol = in2005; load(cpu, WORD(record, VERSION2), version)
        fi;
        if
        :: protocol != in2005 && version % 2 -> assert(!calm); goto failed
        :: else
        fi;
        printf("cpu %d: R1 %c, %e, record %d: version %d\n", cpu, 'A' + is_b, protocol, record, version)
    }
    do
    :: atomic { OUTRUN -> goto failed }
    /* step R2: the TSC, not before version1 | struct meridian_halves tsc = meridian_tsc_halves(); */
    :: atomic { RUNS && tsc == NEVER -> READ_TSC; printf("cpu %d: R2 TSC %d\n", cpu, tsc) }
    /* step R3: the line | out->tsc_timestamp = MERIDIAN_FIELD(record->tsc_timestamp); */
    :: atomic {
        RUNS && words < FIELDS ->
        load(cpu, WORD(record, DATA + words), got);
        printf("cpu %d: R3 a word of line %d\n", cpu, got);
        if
        :: words == 0 -> from = got
        :: else -> torn = torn || got != from
        fi;
        got = 0;
        words++
    }
    /* step R4: the versions again, not before the TSC | meridian_load_versions(record) == */
    :: atomic {
        RUNS && words == FIELDS && TSC_TAKEN ->
        load(cpu, WORD(record, VERSION1), got);
        if
        :: CHANGED(got) -> assert(!calm); goto failed
        :: else
        fi;
        load(cpu, WORD(record, VERSION2), got);
        if
        :: protocol == meridian && CHANGED(got) -> assert(!calm); goto failed
        :: else
        fi;
        break
    }
    od;
    atomic {
#ifdef READER_TSC_LATE
        home != cpu;
        if
        :: tsc == NEVER -> READ_TSC
        :: else
        fi;
#endif
        got = READ_NS(line[from], tsc);
        printf("cpu %d: R4 %c has line %d at TSC %d: %d ns\n", cpu, 'A' + is_b, from, tsc, got);
        assert(!torn);
        assert(tsc >= line[from].stamp);
        if
        :: is_b -> assert(got >= said - 1)
        :: else -> store(cpu, SAID, got + 1); told_at = TSC(cpu); told = true
        fi;
        tsc = 0;
        cpu = 0;
        FORGET;
        goto done
    }
failed:
    atomic {
#ifndef READER_NO_LFENCE
        tsc = NEVER;
        cpu = (is_b -> cpu : NOBODY);
#endif
        FORGET;
        goto again
    }
done:
    skip
}

/* CPU 1 is behind, CPU 2 ahead of it; CPU 0 like either. */
init {
    atomic {
        ahead[2] = SKEW;
        if
        :: ahead[0] = 0
        :: ahead[0] = SKEW
        fi;
        if
        :: line[0].rate = SLOW
        :: line[0].rate = FAST
        fi;
        run Drain(0); run Drain(1); run Drain(2);
        run Publisher();
        run Reader(0);
        run Reader(1)
    }
}
