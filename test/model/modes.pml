/*
 * Unified mode left and entered again, and per-CPU mode between: docs/model.md. VCPU n runs on CPU n. Word
 * DATA of a record holds the number of its line, word FLAGS stands for that line's mark STABLE. That no torn
 * record is accepted is publish.pml's matter. Two reads as there; the word that readers share in per-CPU mode
 * (last_ns) only ever holds what a read before has got, so pairs of reads are still enough.
 */
#define CPUS 2
#define SKEW 1
#ifndef LAST
#define LAST 3
#endif
#ifndef MOVES
#define MOVES 3 /* of the keeper; each is a line */
#endif

#define COMMON   0
#define OWN(cpu) (1 + cpu)
#define VERSION1 0
#define DATA     1
#define FLAGS    2
#define WORD(record, field) ((record) * 3 + (field))
#define SAID    WORD(1 + CPUS, 0) /* what A got, plus 1; 0: nothing yet */
#define HIGHEST WORD(1 + CPUS, 1) /* the readers' shared word, last_ns */
#define WORDS   (HIGHEST + 1)
#define DEPTH   14
#define NOBODY  CPUS
#define NEVER   255

#include "tso.pml"
#include "clock.pml"

Line line[MOVES + 1];
bit stable[MOVES + 2];
byte number;
byte timeline[CPUS];     /* the line of each CPU */
byte versions[1 + CPUS]; /* the records', even, private */
bit unified = true;
byte home = NOBODY;
bit stopped;
bit told;
byte told_at;

inline record_begin(cpu, record)
{
    store(cpu, WORD(record, VERSION1), versions[record] + 1)
}

inline record_fill(cpu, record)
{
    store(cpu, WORD(record, DATA), number);
    store(cpu, WORD(record, FLAGS), number)
}

inline record_end(cpu, record)
{
    versions[record] = versions[record] + 2;
    store(cpu, WORD(record, VERSION1), versions[record])
}

#define EXACT(of, tsc) (2 * line[of].ns + line[of].frac + TICKS(line[of], tsc) * line[of].rate)

/* Line `number` follows line `old` at the joint, at a rate that the caller chooses. */
inline follow(old, joint)
{
    line[number].stamp = joint;
    line[number].ns = EXACT(old, joint) / 2;
    line[number].frac = EXACT(old, joint) % 2
}

/* Leaving: the line stays, the mark goes. */
inline keep_line()
{
    line[number].stamp = line[number - 1].stamp;
    line[number].ns = line[number - 1].ns;
    line[number].frac = line[number - 1].frac;
    line[number].rate = line[number - 1].rate;
    timeline[0] = number;
    timeline[1] = number
}

/* publish_own(): this CPU's line bends here and now; only its own VCPU reads the record, and does not run. */
inline publish_own(cpu)
{
    move_on();
    follow(timeline[cpu], TSC(cpu));
    timeline[cpu] = number;
    if
    :: line[number].rate = SLOW
    :: line[number].rate = FAST
    fi;
    d_step {
        /* step O1: this CPU's own record, which no other reads | records_write_vcpu(&domain->vcpus[i], */
        record_begin(cpu, OWN(cpu));
        record_fill(cpu, OWN(cpu));
        record_end(cpu, OWN(cpu))
    };
    printf("cpu %d: own line %d from TSC %d on, %d/2 ns a tick\n", cpu, number, TSC(cpu), line[number].rate)
}

/* Where the common line begins: at the highest of all CPUs' own. */
inline join_timelines(cpu, joint)
{
    /* step E1: the highest of all CPUs' own lines at the joint | timeline_join(&keeper.common.timeline, */
#ifdef ENTER_ON_OWN
    follow(timeline[cpu], joint);
#else
    if
    :: EXACT(timeline[0], joint) >= EXACT(timeline[1], joint) -> follow(timeline[0], joint)
    :: else -> follow(timeline[1], joint)
    fi;
#endif
    line[number].rate = SLOW; /* what a reader got before is soonest undercut */
    stable[number] = true;
    timeline[0] = number;
    timeline[1] = number
}

/* One mover at a time: the lock is let go by the last store, and taken by a locked instruction. */
#define LOCK_FREE (MFENCE(0) && MFENCE(1))

#define BEGIN(record) record_begin(cpu, record)
#define FILL(record)  record_fill(cpu, record)
#define END(record)   record_end(cpu, record)

proctype Keeper()
{
    byte cpu, joint;

    do
    :: atomic {
        number < MOVES && now <= LAST && LOCK_FREE ->
        if
        :: cpu = 0
        :: cpu = 1
        fi;
        home = cpu;
        number++;
        if
        :: !unified -> publish_own(cpu); home = NOBODY
        :: goto all /* leaving or entering */
        fi;
        cpu = 0
    }
    :: atomic { number == MOVES || now > LAST -> stopped = true; break }
all:
    /* step L1: all records odd | records_begin(NEWS_LINE); */
    if
#ifdef LEAVE_UNMARKED
    :: unified
    :: !unified -> atomic { BEGIN(OWN(0)); BEGIN(OWN(1)); BEGIN(COMMON) }
#else
    :: atomic { BEGIN(OWN(0)); BEGIN(OWN(1)); BEGIN(COMMON) }
#endif
    fi;
    /* step L2: all CPUs see them odd, then the TSC is read | rdtsc_after_stores() */
#ifndef NO_FENCE
    MFENCE(cpu);
#endif
    atomic {
        move_on();
        joint = TSC(cpu) + SKEW;
        /* step L3: the same line without its mark |
           keeper.common.published.flags &= (uint8_t)~MERIDIAN_FLAG_TSC_STABLE; */
        if
        :: unified -> keep_line()
        :: else -> join_timelines(cpu, joint)
        fi;
        printf("cpu %d: all have line %d, stable %d, joint %d\n", cpu, number, stable[number], joint);
        d_step { FILL(OWN(0)); FILL(OWN(1)); FILL(COMMON) }
    }
    /* step L4: every CPU's TSC is past all that was read of it | wait_past( */
#ifdef LEAVE_NO_WAIT
    if
    :: unified -> goto even
    :: else
    fi;
#endif
    atomic {
        move_on();
        now = (TSC(cpu) > joint + SKEW -> now : joint + SKEW + 1 - ahead[cpu])
    }
even:
    /* step L5: all records even | records_end(NEWS_LINE); */
    atomic {
        END(COMMON); END(OWN(0)); END(OWN(1));
        unified = stable[number];
        joint = 0;
        cpu = 0;
        home = NOBODY
    }
    od
}

#define CALM    (stopped && MFENCE(0) && MFENCE(1))
#define OUTRUN  (memory[WORD(record, VERSION1)] > version)
#define RUNS    (home != cpu && !OUTRUN)
#define FORGET  record = 0; version = 0; calm = 0; from = 0; flags = NEVER; got = 0; tsc = NEVER

proctype Reader(bit is_b)
{
    byte cpu = NOBODY, record, version, tsc = NEVER, from = NEVER, flags = NEVER, got, said;
    bit calm;

again:
    atomic {
        !is_b || told ->
        if
        :: cpu == NOBODY && home != 0 -> cpu = 0
        :: cpu == NOBODY && home != 1 -> cpu = 1
        :: cpu != NOBODY -> home != cpu
        fi;
        load(cpu, SAID, said);
        if
        :: !is_b
        :: is_b && said == 0 -> goto failed
        :: is_b && said > 0 ->
            now = (TSC(cpu) < told_at -> told_at - ahead[cpu] : now);
            told_at = 0
        fi;
        calm = CALM;
        /* step S1: the common record while it says STABLE | if (meridian_says_stable(common)) */
        load(cpu, WORD(COMMON, FLAGS), got);
        record = (stable[got] -> COMMON : OWN(cpu));
        got = 0
    }
    atomic {
        home != cpu;
        load(cpu, WORD(record, VERSION1), version);
        if
        :: version % 2 -> assert(!calm); goto failed
        :: else -> printf("cpu %d: %c begins with record %d, version %d\n", cpu, 'A' + is_b, record, version)
        fi;
        from = NEVER
    }
    do
    :: atomic { OUTRUN -> goto failed }
    :: atomic { RUNS && tsc == NEVER -> move_on(); tsc = TSC(cpu) }
    :: atomic { RUNS && from == NEVER -> load(cpu, WORD(record, DATA), from) }
    :: atomic { RUNS && from != NEVER && flags == NEVER -> load(cpu, WORD(record, FLAGS), flags) }
    :: atomic { RUNS && flags != NEVER && tsc != NEVER -> break }
    od;
    atomic {
        home != cpu;
        load(cpu, WORD(record, VERSION1), got);
        if
        :: got != version -> assert(!calm); goto failed
        :: else
        fi;
        /* step S2: a whole copy must say so too | return meridian_try_common(common, out); */
        if
        :: record == COMMON && !stable[flags] -> assert(!calm); goto failed
        :: else
        fi;
        assert(tsc >= line[from].stamp);
        got = READ_NS(line[from], tsc);
        printf("cpu %d: %c has line %d at TSC %d: %d ns\n", cpu, 'A' + is_b, from, tsc, got)
    }
#ifndef NO_CLAMP
    /* step S3: raised to the highest that any VCPU has seen | MERIDIAN_SWAP_LAST(last_ns, &seen, ns) */
    atomic {
        home != cpu && (stable[flags] || MFENCE(cpu)) ->
        if
        :: !stable[flags] && memory[HIGHEST] > got -> got = memory[HIGHEST]
        :: !stable[flags] && memory[HIGHEST] <= got -> memory[HIGHEST] = got
        :: else
        fi
    }
#endif
    atomic {
        home != cpu;
        if
        :: is_b -> assert(got >= said - 1)
        :: else -> store(cpu, SAID, got + 1); told_at = TSC(cpu); told = true
        fi;
        cpu = 0;
        said = 0;
        FORGET;
        goto done
    }
failed:
    atomic {
        cpu = (is_b -> cpu : NOBODY);
        FORGET;
        goto again
    }
done:
    skip
}

init {
    atomic {
        stable[0] = true;
        if
        :: ahead[0] = SKEW
        :: ahead[1] = SKEW
        fi;
        if
        :: line[0].rate = SLOW
        :: line[0].rate = FAST
        fi;
        run Drain(0); run Drain(1);
        run Keeper();
        run Reader(0);
        run Reader(1)
    }
}
