/*
 * The wall clock set over several records at once: docs/model.md. A word holds the number of its set. Reads A
 * and B as in publish.pml; a read of any record of ours or of Xen's wall clock is the same: its version even,
 * two words, the version unchanged.
 */
#define CPUS    3
#define RECORDS 3
#define SETS    2
#define VERSION 0
#define DATA    1
#define WORD(record, field) ((record) * 3 + (field))
#define SAID   WORD(RECORDS, 0) /* what A got, plus 1; 0: nothing yet */
#define WORDS  (SAID + 1)
#define DEPTH  (RECORDS * 4 + 1)
#define NOBODY CPUS

#include "tso.pml"

byte number;
bit stopped;
bit told;

#define BEGIN(record) store(cpu, WORD(record, VERSION), 2 * number - 1)
#define FILL(record)  store(cpu, WORD(record, DATA), number); store(cpu, WORD(record, DATA + 1), number)
#define END(record)   store(cpu, WORD(record, VERSION), 2 * number)

/* One set is one run of stores, which drain one by one; the lock is as in publish.pml. */
proctype Setter()
{
    byte cpu;

    do
    :: atomic {
        number < SETS && MFENCE(cpu) ->
        if
        :: cpu = 0
        :: number > 0 -> cpu = 1
        fi;
        number++;
#ifdef ONE_PHASE
        BEGIN(0); FILL(0); END(0); BEGIN(1); FILL(1); END(1); BEGIN(2); FILL(2); END(2)
#else
        /* step V1: all records odd | records_begin(NEWS_WALL); */
        BEGIN(0); BEGIN(1); BEGIN(2);
        /* step V2: the new wall time in all | records_fill(NEWS_WALL, NULL); */
        FILL(0); FILL(1); FILL(2);
        /* step V3: all records even | records_end(NEWS_WALL); */
        END(0); END(1); END(2)
#endif
    }
    :: atomic { number == SETS -> stopped = true; break }
    od
}

#define CALM   (stopped && MFENCE(0) && MFENCE(1))
#define FORGET record = 0; version = 0; from = 0; words = 0; got = 0; said = 0; torn = 0; calm = 0

proctype Reader(bit is_b)
{
    byte cpu = NOBODY, record, version, from, words, got, said;
    bit torn, calm;

again:
    atomic {
        !is_b || told ->
        if
        :: cpu == NOBODY -> if :: cpu = 0 :: cpu = 1 :: cpu = 2 fi
        :: else
        fi;
        load(cpu, SAID, said);
        if
        :: is_b && said == 0 -> goto failed
        :: else
        fi;
        calm = CALM;
        if
        :: record = 0
        :: record = 1
        :: record = 2
        fi;
        load(cpu, WORD(record, VERSION), version);
        if
        :: version % 2 -> assert(!calm); goto failed
        :: else
        fi
    }
    do
    :: atomic {
        words < 2 ->
        load(cpu, WORD(record, DATA + words), got);
        if
        :: words == 0 -> from = got
        :: else -> torn = got != from
        fi;
        got = 0;
        words++
    }
    :: atomic { words == 2 -> break }
    od;
    atomic {
        load(cpu, WORD(record, VERSION), got);
        if
        :: got != version -> assert(!calm); goto failed
        :: else
        fi;
        got = from;
        printf("cpu %d: %c has set %d in record %d\n", cpu, 'A' + is_b, from, record);
        assert(!torn);
        if
        :: is_b -> assert(got >= said - 1)
        :: else -> store(cpu, SAID, got + 1); told = true
        fi;
        cpu = 0;
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
        run Drain(0); run Drain(1); run Drain(2);
        run Setter();
        run Reader(0);
        run Reader(1)
    }
}
