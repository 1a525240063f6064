/*
 * A publisher that dies between two of its stores, and one that takes over: docs/model.md. Reads A and B are
 * as in wall.pml. Versions that the publisher keeps for itself are words too: the other finds them as the
 * dead one's stores left them. The lock and the wait for an answer are one moment here, any moment: the dead
 * CPU may have been about to go on.
 */
#define CPUS    3
#define RECORDS 2
#define VERSION 0
#define DATA    1
#define KEPT    3
#define WORD(record, field) ((record) * 4 + (field))
#define WHOLE  WORD(RECORDS, 0) /* the step that is noted */
#define SAID   (WHOLE + 1)      /* what A got, plus 1; 0: nothing yet */
#define WORDS  (SAID + 1)
#define DEPTH  20
#define NOBODY CPUS

#include "tso.pml"

bit given_init;
bit stopped;
bit told;

#ifdef NO_INIT
#define MAY_RUN true
#else
#define MAY_RUN (!given_init)
#endif
#define STORE(address, value) \
    atomic {                  \
        if                    \
        :: MAY_RUN -> store(0, address, value) \
        :: else -> goto dead  \
        fi                    \
    }

/* Records hold line 0 at version 0; it publishes line 1. */
proctype Dying()
{
    STORE(WORD(0, VERSION), 1);
    STORE(WORD(1, VERSION), 1);
    STORE(WHOLE, 1);
    STORE(WORD(0, DATA), 1);
    STORE(WORD(0, DATA + 1), 1);
    STORE(WORD(1, DATA), 1);
    STORE(WORD(1, DATA + 1), 1);
    STORE(WORD(0, VERSION), 2);
    STORE(WORD(0, KEPT), 2);
    STORE(WORD(1, VERSION), 2);
    STORE(WORD(1, KEPT), 2);
dead:
    skip
}

#define BEGIN(record) store(1, WORD(record, VERSION), kept[record] + 1)
#define FILL(record)  store(1, WORD(record, DATA), line); store(1, WORD(record, DATA + 1), line)
#define END(record)   kept[record] = kept[record] + 2; store(1, WORD(record, VERSION), kept[record])

proctype Other()
{
    byte kept[RECORDS], line;

    atomic {
        given_init = true;
#ifndef NO_DRAIN
    }
    atomic {
        MFENCE(0) -> /* INIT keeps what is in the store buffer, and it drains meanwhile */
#endif
        load(1, WHOLE, line);
#ifdef OLD_LINE
        line = 0;
#endif
        load(1, WORD(0, KEPT), kept[0]);
        load(1, WORD(1, KEPT), kept[1]);
        /* step A1: versions past what it may have left | records_skip(); */
        kept[0] = kept[0] + 2;
        kept[1] = kept[1] + 2;
        /* step A2: all records odd, whatever it had released | records_begin(NEWS_BOTH); */
        BEGIN(0); BEGIN(1)
    }
    atomic {
        MFENCE(1) ->
        /* step A3: the data of all records | records_fill(NEWS_BOTH, NULL); */
        FILL(0); FILL(1);
        /* step A4: all records even | records_end(NEWS_BOTH); */
        END(0); END(1)
    }
    atomic { /* the mode goes on */
        MFENCE(1) ->
        line = 2;
        BEGIN(0); BEGIN(1)
    }
    atomic {
        MFENCE(1) ->
        FILL(0); FILL(1);
        END(0); END(1);
        stopped = true
    }
}

#define CALM   (stopped && MFENCE(1))
#define FORGET record = 0; version = 0; from = 0; words = 0; got = 0; said = 0; torn = 0; calm = 0

proctype Reader(bit is_b)
{
    byte cpu = NOBODY, record, version, from, words, got, said;
    bit torn, calm;

again:
    atomic {
        !is_b || told ->
        if
        :: cpu == NOBODY -> if :: cpu = 1 :: cpu = 2 fi
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
        printf("cpu %d: %c has line %d in record %d, version %d\n", cpu, 'A' + is_b, from, record, version);
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
        run Dying();
        run Other();
        run Reader(0);
        run Reader(1)
    }
}
