/*
 * Writes down what some machines were: a part. All parts are added up, on another computer perhaps:
 *
 *     part FIRST COUNT
 *     (what broken promises tell)
 *     =figure value ...       each once (tally.h)
 *     end FIRST COUNT
 *
 * A part that was cut off anywhere counts for nothing.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

/*
 * Many, so that many CPUs share a short run; but of a long run none is so short that its beginning counts.
 * They are the same on every computer, for a run ends after a part if enough promises are broken.
 */
#define PARTS      256u
#define PART_LEAST 4u
#define PART_MOST  1000u

void parts_plan(const struct wish *wish, uint64_t planned)
{
    uint64_t each = planned / PARTS, count;

    each = each < PART_LEAST ? PART_LEAST : each > PART_MOST ? PART_MOST : each;
    for (uint64_t done = 0; done < planned; done += count) {
        count = planned - done < each ? planned - done : each;
        printf("%llu %llu\n", (unsigned long long)(wish->seed + done), (unsigned long long)count);
    }
}

void part_run(const struct wish *wish, uint64_t count)
{
    printf("part %llu %llu\n", (unsigned long long)wish->seed, (unsigned long long)count);
    fflush(stdout); /* what is told on stderr stands in it */
    machines_run(wish, count);
    tally_write(stdout, &tally);
    printf("end %llu %llu\n", (unsigned long long)wish->seed, (unsigned long long)count);
}

/* A part that is being read. */
struct part {
    unsigned long long first, count;
    struct tally tally;
    unsigned taken; /* figures */
};

static bool end_of(const struct part *part, const char *line)
{
    unsigned long long first, count;
    int length = 0;

    return sscanf(line, "end %llu %llu%n", &first, &count, &length) == 2 &&
           strcmp(line + length, "\n") == 0 && first == part->first && count == part->count &&
           part->taken == TALLY_COUNT;
}

/* Reads on to a part's end. Returns false at the end of all. */
static bool next_part(FILE *file, struct part *part)
{
    const struct tally nothing = TALLY_NOTHING;
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    *part = (struct part){.taken = TALLY_COUNT + 1};
    while (!found && getline(&line, &size, file) > 0) {
        if (sscanf(line, "part %llu %llu", &part->first, &part->count) == 2) {
            part->tally = nothing;
            part->taken = 0;
        } else if (line[0] == '=') {
            part->taken = tally_take(&part->tally, line) == part->taken ? part->taken + 1 : TALLY_COUNT + 1;
        } else {
            found = end_of(part, line);
        }
    }
    free(line);
    return found;
}

bool parts_merge(FILE *file, const struct wish *wish, uint64_t planned, struct tally *all)
{
    uint64_t next = wish->seed, end = wish->seed + planned;
    struct part part;

    while (next < end && all->broken < BROKEN_ENOUGH && next_part(file, &part)) {
        bool whole = part.tally.runs == part.count || part.tally.broken >= BROKEN_ENOUGH;

        if (part.first != next || part.count > end - next || !whole) {
            fprintf(stderr, "sim: a part of seed %llu and %llu machines, where seed %llu is due\n",
                    part.first, part.count, (unsigned long long)next);
            return false;
        }
        tally_add(all, &part.tally);
        next += part.count;
    }
    if (next == end || all->broken >= BROKEN_ENOUGH)
        return true;
    fprintf(stderr, "sim: no part has seed %llu\n", (unsigned long long)next);
    return false;
}
