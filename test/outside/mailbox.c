/*
 * Asks a guest what time it is, through its memory, which QEMU shares as a file: mailbox FILE FRAME VCPUS,
 * where FRAME is that of the guest's page (guest/outside.c). Prints a line for each answer until it is ended:
 *     VCPU NS0 S BOUND STAMP DISRUPTIONS NS1
 * The guest read S after CLOCK_MONOTONIC was NS0 and before it was NS1.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PAGE       4096
#define PAUSE_NS   2000000
#define EAGER_NS   200000     /* so long it polls without a pause, for a narrow answer */
#define PATIENT_NS 2000000000 /* and so long at all: a VCPU may be stopped; then its neighbour is asked */

struct box {
    uint64_t asked, answered, ns, bound_ns, stamp, disruptions, unused[2];
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void rest(long ns)
{
    const struct timespec pause = {0, ns};

    nanosleep(&pause, NULL);
}

/* Returns false without an answer in time. The clock is read before each poll: `after` is not too early. */
static int await_answer(const struct box *box, uint64_t number, uint64_t before, uint64_t *after)
{
    while (__atomic_load_n(&box->answered, __ATOMIC_ACQUIRE) != number) {
        uint64_t waited = now_ns() - before;

        if (waited > PATIENT_NS)
            return 0;
        if (waited > EAGER_NS)
            rest(PAUSE_NS / 20);
    }
    *after = now_ns();
    return 1;
}

static int ask(struct box *box, unsigned vcpu, uint64_t number)
{
    uint64_t before = now_ns(), after;

    __atomic_store_n(&box->asked, number, __ATOMIC_SEQ_CST);
    if (!await_answer(box, number, before, &after))
        return 0;
    return printf("%u %lu %lu %lu %lu %lu %lu\n", vcpu, before, box->ns, box->bound_ns, box->stamp,
                  box->disruptions, after) < 0 ||
           fflush(stdout);
}

int main(int count, char **words)
{
    if (count != 4)
        return 64;
    long long frame = atoll(words[2]);
    unsigned vcpus = (unsigned)atoi(words[3]);
    int file = open(words[1], O_RDWR);
    struct box *boxes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, frame * PAGE);

    if (file < 0 || boxes == MAP_FAILED || vcpus < 1 || vcpus > PAGE / sizeof *boxes) {
        perror(words[1]);
        return EXIT_FAILURE;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive its reader */
    for (uint64_t number = 1; !ask(&boxes[number % vcpus], (unsigned)(number % vcpus), number); number++)
        rest(PAUSE_NS);
    return EXIT_FAILURE;
}
