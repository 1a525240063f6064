/* All negative worlds, on several processes: each world so long, in runs of half an hour at the most. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "negative.h"
#include "sim.h"

#define RUN_NS    (1800 * SECOND)
#define LEAST_NS  (600 * SECOND)
#define ROWS_MOST 64u

typedef struct negative_tally tallies_of_row[NEGATIVE_READINGS];

/* Run number n is of world n % worlds: what a process has done is spread over all of them. */
struct shared {
    uint64_t next;
    tallies_of_row tally[][ROWS_MOST]; /* of each process */
};

static uint64_t runs_each(const struct wish *wish)
{
    return wish->length_ns > RUN_NS ? (uint64_t)ceill(wish->length_ns / RUN_NS) : 1;
}

static long double run_ns(const struct wish *wish)
{
    return larger(LEAST_NS, smaller(wish->length_ns, RUN_NS));
}

/* The whole name of a row of the table is that row alone; else it is the beginning of some. */
static bool wanted(const struct wish *wish, unsigned row, unsigned reading)
{
    bool whole = false;
    char name[96];

    for (unsigned i = 0; wish->world && i < negative_row_count * NEGATIVE_READINGS; i++) {
        negative_name(name, sizeof name, i / NEGATIVE_READINGS, i % NEGATIVE_READINGS);
        whole = whole || strcmp(name, wish->world) == 0;
    }
    negative_name(name, sizeof name, row, reading);
    return !wish->world ||
           (whole ? strcmp(name, wish->world) == 0 : strncmp(name, wish->world, strlen(wish->world)) == 0);
}

bool negative_known(const char *begin)
{
    const struct wish wish = {.world = begin};
    bool any = false;

    for (unsigned row = 0; row < negative_row_count; row++)
        any = any || wanted(&wish, row, 0) || wanted(&wish, row, 1);
    return any;
}

/* What no run may show, however rarely: then it says how to see it again. */
static void tell(const struct scene *scene, unsigned row, unsigned reading, const struct negative_tally *one)
{
    const char *failed = negative_failed(&negative_rows[row], reading, one);
    char name[96], seldom[16] = "";

    for (size_t count = 0; *failed; failed++) {
        if (strchr("PSLMWUD", *failed))
            seldom[count++] = *failed;
    }
    if (!seldom[0])
        return;
    negative_name(name, sizeof name, row, reading);
    fprintf(stderr, "%s: %s; again: make sim NEGATIVE=1 SEED=%llu MINUTES=%.0Lf WORLD='%s' TRACE=1\n", seldom,
            name, (unsigned long long)scene->seed, scene->length_ns / (60 * SECOND), name);
}

static void work(const struct wish *wish, struct shared *shared, unsigned job)
{
    uint64_t each = (uint64_t)negative_row_count * NEGATIVE_READINGS, total = runs_each(wish) * each, n;

    while ((n = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED)) < total) {
        unsigned row = n % each / NEGATIVE_READINGS, reading = n % NEGATIVE_READINGS;
        struct scene scene =
            negative_scene(&negative_rows[row], reading, wish->seed + n / each, run_ns(wish));
        struct negative_tally one = {0};

        if (!wanted(wish, row, reading))
            continue;
        negative_run(&scene, &one);
        tell(&scene, row, reading, &one);
        negative_add(&shared->tally[job][row][reading], &one);
    }
}

static bool wait_for_all(unsigned jobs)
{
    bool ended = true;
    int status;

    for (unsigned job = 0; job < jobs; job++)
        ended = wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && ended;
    return ended;
}

bool negative_machines_run(const struct wish *wish)
{
    size_t bytes = sizeof(struct shared) + wish->jobs * sizeof(tallies_of_row[ROWS_MOST]);
    struct shared *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool ended;

    if (shared == MAP_FAILED || negative_row_count > ROWS_MOST)
        return false;
    fflush(stdout);
    for (unsigned job = 0; job < wish->jobs; job++) {
        if (fork() == 0) {
            work(wish, shared, job);
            _exit(0);
        }
    }
    ended = wait_for_all(wish->jobs);
    for (unsigned job = 1; job < wish->jobs; job++) {
        for (unsigned row = 0; row < negative_row_count; row++) {
            for (unsigned j = 0; j < NEGATIVE_READINGS; j++)
                negative_add(&shared->tally[0][row][j], &shared->tally[job][row][j]);
        }
    }
    for (unsigned i = 0; wish->what == WISH_PART && i < negative_row_count * NEGATIVE_READINGS; i++) {
        unsigned row = i / NEGATIVE_READINGS, reading = i % NEGATIVE_READINGS;

        if (shared->tally[0][row][reading].runs)
            negative_part_write(stdout, row, reading, wish->seed, &shared->tally[0][row][reading]);
    }
    return (wish->what == WISH_PART || negative_print(shared->tally[0])) && ended;
}

bool negative_machines_merge(void)
{
    static tallies_of_row tallies[ROWS_MOST];

    return negative_parts_merge(stdin, tallies) && negative_print(tallies);
}
