/*
 * A publisher in a hurry, linked with --wrap into a test image only:
 *
 * publish=MS   besides what the time base does, a publish every so many ms: in unified mode by each CPU in
 *              turn, while the others read; in per-CPU mode by each for itself
 * wobble=PPM   each line is bent by so many ppm, up and down
 * narrow=1     and the bound is not raised for it, which makes it a lie
 */
#include "hurried.h"

#include "cpu/instructions.h"
#include "cpu/percpu.h"
#include "keeper/clocks.h"
#include "keeper/publisher.h"
#include "time/fixed.h"
#include "words.h"

#define MS_NS   1000000u
#define PPB_PPM 1000
#define BEND_NS 256000000u /* so long one way */

static uint64_t period_ns;
static int32_t wobble_ppm;
static bool narrow;
static struct timer timers[MAX_CPUS];

struct bound __real_timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all);
struct bound __wrap_timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all);

void hurried_read(const char *line)
{
    period_ns = (uint64_t)words_value(line, "publish") * MS_NS;
    wobble_ppm = (int32_t)words_value(line, "wobble");
    narrow = words_value(line, "narrow");
    steps_read(line);
}

/* The common line is bent up, then down. Of CPUs' own half go up and half down, to and fro, so far apart. */
static int32_t bend_ppm(const struct timeline *t)
{
    static unsigned count;
    uint64_t up = t == &keeper.common.timeline ? count++ : t->line.ns / BEND_NS + cpu_id();

    return up % 2 ? wobble_ppm : -wobble_ppm;
}

/*
 * The bound stays true (T3): at the next joint the update takes S as it then is, and until then S drifts by
 * no more than what its growth is raised by here. A ppb more, for the rounding of the scale.
 */
struct bound __wrap_timeline_update(struct timeline *t, uint64_t tsc_joint, const struct consensus *all)
{
    struct bound bound = __real_timeline_update(t, tsc_joint, all);

    if (!wobble_ppm || bound.ns == UINT64_MAX)
        return bound;
    t->line.scale = scale_deviate(t->nominal, scale_deviation(t->nominal, t->line.scale) +
                                                  q32_from_ppb((int64_t)bend_ppm(t) * PPB_PPM));
    if (!narrow)
        bound.ppb += (uint32_t)wobble_ppm * PPB_PPM + 1;
    t->bound = bound;
    return bound;
}

/* Returns when this CPU publishes next after `now_ns`. */
static uint64_t next_publish_ns(uint64_t now_ns)
{
    unsigned cpus = keeper.mode == CLOCK_UNIFIED ? keeper.cpus : 1;
    uint64_t first_ns = cpu_id() % cpus * period_ns, every_ns = cpus * period_ns;

    return first_ns + (now_ns + every_ns - first_ns) / every_ns * every_ns;
}

static void publish(struct timer *timer, uint64_t now_ns)
{
    bool were_on = lock_take(&keeper.lock);

    if (keeper.mode == CLOCK_UNIFIED)
        publish_unified();
    else
        publish_own(clock_of(cpu_id()), cpu_id(), rdtsc_ordered());
    lock_release(&keeper.lock, were_on);
    keeper_timer_arm(timer, next_publish_ns(now_ns));
}

void hurried_start_cpu(void)
{
    struct timer *timer = &timers[cpu_id()];

    if (!period_ns)
        return;
    timer->expired = publish;
    keeper_timer_arm(timer, next_publish_ns(keeper_now_ns()));
}
