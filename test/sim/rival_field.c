#include "rival_field.h"

#include <stdlib.h>

#include "rival_model.h"

#define RIVALS 8u

struct field {
    struct field_world world;
    struct rival_world seen; /* what the rivals are shown */
    unsigned cpus, count;
    uint64_t at_ns, next_ns;
    struct rival *rival[RIVALS];
    struct score *score[RIVALS];
};

static struct field *field_of(void *self)
{
    return self;
}

static uint64_t world_ns(const struct field *f)
{
    return f->world.now.now_ns(f->world.now.self);
}

static uint64_t shown_ns(void *self)
{
    return field_of(self)->at_ns;
}

/* By how much the world has gone past the event that is being taken. */
static double past_ns(const struct field *f)
{
    return (double)(int64_t)(world_ns(f) - f->at_ns);
}

static uint64_t shown_tsc(void *self, unsigned cpu)
{
    const struct field *f = field_of(self);
    double back = past_ns(f) * f->world.hz(f->world.now.self, cpu) * 1e-9;

    return f->world.now.tsc(f->world.now.self, cpu) - (uint64_t)(int64_t)back;
}

static uint64_t shown_count(void *self)
{
    const struct field *f = field_of(self);
    double back = past_ns(f) * (double)f->seen.ref_den / (double)f->seen.ref_num;
    uint64_t count = f->world.now.count(f->world.now.self) - (uint64_t)(int64_t)back;

    return f->seen.ref_bits < 64 ? count & ((1ull << f->seen.ref_bits) - 1) : count;
}

static uint64_t shown_delay(void *self, enum rival_delay what, unsigned cpu)
{
    const struct field *f = field_of(self);

    return f->world.now.delay_ns(f->world.now.self, what, cpu);
}

static void find_next(struct field *f)
{
    unsigned cpu;

    f->next_ns = RIVAL_NEVER;
    for (unsigned i = 0; i < f->count; i++)
        if (rival_next_ns(f->rival[i], &cpu) < f->next_ns)
            f->next_ns = rival_next_ns(f->rival[i], &cpu);
}

struct field *field_new(const struct field_world *world, unsigned cpus)
{
    struct field *f = calloc(1, sizeof(*f));

    if (!f)
        abort();
    f->world = *world;
    f->seen = world->now;
    f->seen.self = f;
    f->seen.now_ns = shown_ns;
    f->seen.tsc = shown_tsc;
    f->seen.count = shown_count;
    f->seen.delay_ns = shown_delay;
    f->cpus = cpus;
    f->at_ns = world_ns(f);
    for (; rival_kinds[f->count]; f->count++) {
        f->rival[f->count] = rival_new(rival_kinds[f->count], &f->seen, cpus);
        f->score[f->count] = calloc(1, sizeof(struct score));
    }
    find_next(f);
    return f;
}

void field_free(struct field *f)
{
    for (unsigned i = 0; f && i < f->count; i++) {
        rival_free(f->rival[i]);
        free(f->score[i]);
    }
    free(f);
}

uint64_t field_next_ns(const struct field *f)
{
    return f->next_ns;
}

/* One rival's events, at their own instants, however far the world has gone past them. */
static void catch_up(struct field *f, struct rival *r, uint64_t now_ns)
{
    unsigned cpu;
    uint64_t due_ns, awake_ns;

    while ((due_ns = rival_next_ns(r, &cpu)) <= now_ns) {
        awake_ns = f->world.awake_ns(f->world.now.self, cpu);
        if (awake_ns > now_ns) {
            rival_postpone(r, cpu, awake_ns);
            continue;
        }
        f->at_ns = due_ns;
        rival_event(r, cpu);
    }
}

void field_catch_up(struct field *f)
{
    uint64_t now_ns = world_ns(f);

    if (now_ns < f->next_ns)
        return;
    for (unsigned i = 0; i < f->count; i++)
        catch_up(f, f->rival[i], now_ns);
    f->at_ns = now_ns;
    find_next(f);
}

void field_read(struct field *f, unsigned cpu, int64_t true_ns)
{
    f->at_ns = world_ns(f);
    for (unsigned i = 0; i < f->count; i++)
        if (rival_reads(f->rival[i], cpu))
            score_read(f->score[i], cpu, rival_read(f->rival[i], cpu), true_ns);
}

void field_spread(struct field *f)
{
    uint64_t ns[RIVAL_CPUS];
    unsigned count;

    f->at_ns = world_ns(f);
    for (unsigned i = 0; i < f->count; i++) {
        count = 0;
        for (unsigned cpu = 0; cpu < f->cpus; cpu++)
            if (rival_reads(f->rival[i], cpu))
                ns[count++] = rival_read(f->rival[i], cpu);
        score_spread(f->score[i], ns, count);
    }
}

void field_settled(struct field *f)
{
    for (unsigned i = 0; i < f->count; i++)
        score_settled(f->score[i]);
}

void field_end(struct field *f, struct score *totals)
{
    for (unsigned i = 0; i < f->count; i++) {
        score_end(f->score[i]);
        score_add(&totals[i], f->score[i]);
    }
}

/* ---- The table ---- */

static const char *time_text(char *text, size_t size, double ns)
{
    static const struct {
        double ns;
        const char *unit;
    } units[] = {{86400e9, "days"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
    double least = ns < 0 ? -ns : ns;

    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (least >= units[i].ns) {
            snprintf(text, size, "%.3g %s", ns / units[i].ns, units[i].unit);
            return text;
        }
    snprintf(text, size, "%.0f ns", ns);
    return text;
}

void field_print_head(FILE *out)
{
    fprintf(out, "%-18s %12s %9s %12s %12s %12s %12s %14s\n", "clock", "reads", "behind", "back, own",
            "back, across", "worst error", "spread", "drift a day");
}

void field_print_row(FILE *out, const char *name, const struct score *s)
{
    char own[32], across[32], error[32], spread[32], drift[32];

    fprintf(out, "%-18s %12llu %8.3f%% %12s %12s %12s %12s %14s\n", name, (unsigned long long)s->reads,
            s->reads ? 100.0 * (double)s->behind / (double)s->reads : 0,
            time_text(own, sizeof(own), (double)s->worst_self_ns),
            time_text(across, sizeof(across), (double)s->worst_across_ns),
            time_text(error, sizeof(error), (double)s->worst_error_ns),
            time_text(spread, sizeof(spread), (double)s->worst_spread_ns),
            time_text(drift, sizeof(drift), s->drift_ns_per_day));
}
