/* `make sim`: machines drawn from a seed, every promise checked at every read, and the table. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"
#include "world.h"

#define HOUR_NS 3.6e12L
#define YEAR_NS 3.15576e16L

static const char usage[] = "sim [--seed=n] [--runs=n | --minutes=n | --hours=n | --years=n] [--jobs=n] "
                            "[--world=name] [--table=no] [--trace] "
                            "[--negative] [--watchdog] [--part | --merge]\n";

/* "name=value" of an argument; NULL: it is another one. */
static const char *value_of(const char *argument, const char *name)
{
    size_t length = strlen(name);

    return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

static bool take_length(struct wish *wish, const char *argument)
{
    static const struct {
        const char *name;
        long double ns;
    } units[] = {{"--minutes", 60 * SECOND}, {"--hours", HOUR_NS}, {"--years", YEAR_NS}};
    const char *value;

    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        value = value_of(argument, units[i].name);
        if (value)
            wish->length_ns = strtold(value, NULL) * units[i].ns;
        if (value)
            return true;
    }
    return false;
}

static bool take_what(struct wish *wish, const char *argument)
{
    static const char *const whats[] = {
        [WISH_PLAN] = "--plan", [WISH_PART] = "--part", [WISH_MERGE] = "--merge"};

    for (unsigned i = WISH_PLAN; i <= WISH_MERGE; i++) {
        if (strcmp(argument, whats[i]) == 0) {
            wish->what = (enum what)i;
            return true;
        }
    }
    return false;
}

static bool take(struct wish *wish, const char *argument)
{
    const char *value;

    if (take_length(wish, argument) || take_what(wish, argument))
        return true;
    if ((value = value_of(argument, "--seed")))
        wish->seed = strtoull(value, NULL, 0);
    else if ((value = value_of(argument, "--runs")))
        wish->runs = strtoull(value, NULL, 0);
    else if ((value = value_of(argument, "--world")))
        wish->world = value;
    else if ((value = value_of(argument, "--jobs")) && strtoul(value, NULL, 0) > 0)
        wish->jobs = (unsigned)strtoul(value, NULL, 0);
    else if (strcmp(argument, "--negative") == 0)
        wish->negative = true;
    else if (strcmp(argument, "--watchdog") == 0)
        wish->watched = true;
    else if (strcmp(argument, "--table=no") == 0)
        wish->table = false;
    else if (strcmp(argument, "--trace") == 0)
        wish->trace = true;
    else
        return false;
    return true;
}

static bool known_world(const char *name)
{
    for (unsigned i = 0; i < world_count; i++) {
        if (strcmp(worlds[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Returns the status. */
static int grant(const struct wish *wish)
{
    struct tally parts = TALLY_NOTHING, *all = &tally;
    uint64_t planned = machines_planned(wish);
    bool kept;

    printf("seed %llu\n", (unsigned long long)wish->seed);
    if (wish->what == WISH_MERGE && !parts_merge(stdin, wish, planned, all = &parts))
        return 2;
    if (wish->what == WISH_ALL)
        machines_run(wish, planned);
    kept = summary_print(wish, all, planned);
    if (wish->table && !wish->trace && !wish->watched) {
        kept = watched_run(wish) && kept;
        kept = table_run(wish) && kept;
    }
    return kept ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct wish wish = {
        .seed = 1, .runs = 100, .table = true, .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN)};

    for (int i = 1; i < argc; i++) {
        if (!take(&wish, argv[i])) {
            fputs(usage, stderr);
            return 64;
        }
    }
    if (wish.world && !(wish.negative ? negative_known(wish.world) : known_world(wish.world))) {
        fprintf(stderr, "sim: no world is called %s\n", wish.world);
        return 64;
    }
    tracing = wish.trace;
    if (wish.negative) {
        printf("seed %llu\n", (unsigned long long)wish.seed);
        if (wish.what == WISH_MERGE)
            return negative_machines_merge() ? 0 : 1;
        return negative_machines_run(&wish) ? 0 : 1;
    }
    if (wish.what == WISH_PLAN)
        parts_plan(&wish, machines_planned(&wish));
    else if (wish.what == WISH_PART)
        part_run(&wish, machines_planned(&wish));
    else
        return grant(&wish);
    return 0;
}
