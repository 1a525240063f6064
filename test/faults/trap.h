/* The traps that the test image can provoke (trap.c chooses one by name). */
#ifndef TEST_FAULTS_TRAP_H
#define TEST_FAULTS_TRAP_H

struct trap {
    const char *name;
    void (*provoke)(void); /* comes back only from a trap that is survived */
};

/* Ends with a name of NULL. */
extern const struct trap traps[];

#endif
