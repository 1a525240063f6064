/*
 * The world's memory and TSC under relacy, which runs it once for each interleaving. docs/model.md tells what
 * is searched. What x86 promises is expressed so, and never as more:
 *
 * - Loads acquire, stores release. That is less than x86's order (all CPUs see all stores in one order). What
 *   holds here holds there. A load may return an older value than the last (relacy keeps three).
 * - The TSC is one counter that only grows, moved on by each reading; a CPU's own is ahead of it by its skew.
 *   A reading by itself orders no load and no store. It is a relaxed read-modify-write, so it can carry word
 *   of what was released before an earlier reading.
 * - LFENCE before it: no reading from before the fence may be used. Without it, one may be taken at any load
 *   before it (`early`).
 * - MFENCE before it: what was stored is released with the reading. So a CPU that reads the TSC later, and
 *   orders its next load behind that reading, finds these stores.
 * - An address that is made from the TSC orders the load at it behind the reading: it acquires.
 */
#include <relacy/relacy.hpp>

#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno

#include "weak.h"

#define CELLS       128
#define ARENA_BYTES 1024
#define DEPTH       20000 /* accesses: a world that needs more is stuck */

struct weak_search weak_search;
bool weak_tells;

/* Where CPUs find what they share: world.c's. */
extern "C" char weak_arena[ARENA_BYTES];
extern "C" const unsigned weak_ahead[WEAK_CPUS];
extern "C" const volatile void *const weak_page_version;

static unsigned char cell_of[ARENA_BYTES]; /* 1 and up; 0: none yet. The same in every run. */
static unsigned cells;

struct world : rl::test_suite<world, WEAK_CPUS> {
    rl::atomic<uint64_t> cell[CELLS];
    rl::atomic<uint64_t> tsc, lock;
    uint64_t early[WEAK_CPUS], looked[WEAK_CPUS][CELLS]; /* the last of each cell */
    bool has_early[WEAK_CPUS];
    bool looked_once[WEAK_CPUS]; /* at the page's version */

    void before();
    void thread(unsigned cpu)
    {
        world_run(cpu);
    }
};

static world *now;
static const char *broken;

bool weak_variant(const char *name)
{
    return weak_search.variant && !strcmp(weak_search.variant, name);
}

static rl::memory_order acquire()
{
    return weak_variant("loads-relaxed") ? rl::mo_relaxed : rl::mo_acquire;
}

static rl::memory_order release()
{
    return weak_variant("stores-relaxed") ? rl::mo_relaxed : rl::mo_release;
}

static unsigned index_of(const volatile void *place)
{
    size_t offset = (size_t)((const volatile char *)place - weak_arena);
    if (offset >= ARENA_BYTES) {
        fprintf(stderr, "an access outside of what is shared\n");
        exit(2);
    }
    if (!cell_of[offset])
        cell_of[offset] = (unsigned char)++cells;
    if (cells > CELLS) {
        fprintf(stderr, "more is shared than there is room for\n");
        exit(2);
    }
    return cell_of[offset] - 1u;
}

static rl::atomic<uint64_t> &at(const volatile void *place)
{
    return now->cell[index_of(place)];
}

unsigned weak_cpu(void)
{
    return rl::thread_index();
}

unsigned weak_random(unsigned limit)
{
    return rl::rand(limit);
}

void weak_promise(bool kept, const char *name)
{
    if (kept)
        return;
    broken = name;
    rl::ctx().fail_test(name, rl::test_result_user_assert_failed, $);
}

/* ---- Time ---- */

/* It stands still and leaps: two reads at one moment, and one long after another, are what breaks things. */
static uint64_t read_tsc()
{
    uint64_t step = weak_random(6) ? 0 : 1 + weak_random(12);
    uint64_t tsc = now->tsc.fetch_add(step, rl::mo_relaxed, $) + step + weak_ahead[weak_cpu()];
    if (weak_tells)
        tell_tsc(tsc);
    return tsc;
}

static void maybe_early()
{
    unsigned cpu = weak_cpu();
    if (!now->has_early[cpu] && weak_random(3) == 0) {
        now->early[cpu] = read_tsc();
        now->has_early[cpu] = true;
    }
}

/* The reader's: its LFENCE drops what was read before it. */
uint64_t weak_reader_tsc(void)
{
    unsigned cpu = weak_cpu();
    world_interrupt();
    bool early = now->has_early[cpu] && weak_variant("reader-no-lfence");
    now->has_early[cpu] = false;
    return early ? now->early[cpu] : read_tsc();
}

/* What an interrupt comes upon is begun anew behind it. */
void weak_drop_early(void)
{
    now->has_early[weak_cpu()] = false;
}

bool weak_past_all;

uint64_t rdtsc_ordered(void)
{
    bool past_all = weak_past_all;
    weak_past_all = false;
    return past_all ? UINT64_MAX : read_tsc();
}

uint64_t rdtsc_after_stores(void)
{
    if (!weak_variant("no-fence"))
        rl::atomic_thread_fence(rl::mo_release, $);
    return rdtsc_ordered();
}

uint64_t weak_zero_after(uint64_t)
{
    if (!weak_variant("reader-tsc-late"))
        rl::atomic_thread_fence(rl::mo_acquire, $);
    return 0;
}

uint64_t weak_tsc_now(void)
{
    return now->tsc.fetch_add(0, rl::mo_relaxed, $) + weak_ahead[weak_cpu()];
}

void weak_wait_for(uint64_t tsc)
{
    uint64_t here = weak_tsc_now();
    if (here < tsc)
        now->tsc.fetch_add(tsc - here, rl::mo_relaxed, $);
}

/* ---- Memory ---- */

static uint64_t load(const volatile void *place)
{
    uint64_t value = now->looked[weak_cpu()][index_of(place)] = at(place).load(acquire(), $);
    if (weak_tells)
        tell_access("loads", place, value);
    return value;
}

/* The page's version is looked at before the page is read and after; here the second look is none. */
static uint64_t only_look(const volatile void *place)
{
    bool &once = now->looked_once[weak_cpu()];
    uint64_t value = now->looked[weak_cpu()][index_of(place)];
    if (!once)
        value = load(place);
    once = !once && !(value & 1);
    return value;
}

uint64_t weak_load(const volatile void *place)
{
    world_interrupt();
    if (weak_variant("reader-no-lfence"))
        maybe_early();
    if (place == weak_page_version && weak_variant("page-one-look"))
        return only_look(place);
    return load(place);
}

void weak_store(volatile void *place, uint64_t value)
{
    if (place == weak_page_version && value & 1 && weak_variant("page-never-odd"))
        return;
    at(place).store(value, release(), $);
    if (weak_tells)
        tell_access("stores", place, value);
}

uint64_t weak_load_pair(const volatile uint32_t *low, const volatile uint32_t *high)
{
    uint64_t first = now->looked[weak_cpu()][index_of(low)], second;
    if (weak_variant("reader-one-look"))
        return first << 32 | first;
    world_interrupt();
    if (weak_random(2)) {
        first = load(low);
        second = load(high);
    } else {
        second = load(high);
        first = load(low);
    }
    return second << 32 | first;
}

uint64_t weak_load_last(const uint64_t *word)
{
    world_interrupt();
    return at(word).load(rl::mo_relaxed, $);
}

bool weak_swap_last(uint64_t *word, uint64_t *seen, uint64_t ns)
{
    world_interrupt();
    return at(word).compare_exchange(rl::bool_t<false>(), *seen, ns, rl::mo_seq_cst, rl::mo_relaxed, $);
}

void weak_pause(void)
{
    rl::yield(1, $);
}

bool weak_lock(void)
{
    uint64_t free = 0;
    bool taken = now->lock.compare_exchange(rl::bool_t<false>(), free, (uint64_t)1, rl::mo_seq_cst, $);
    if (taken)
        rl::atomic_thread_fence(rl::mo_seq_cst, $);
    return taken;
}

void weak_unlock(void)
{
    now->lock.store(0, rl::mo_release, $);
}

void world::before()
{
    now = this;
    for (unsigned i = 0; i < CELLS; i++)
        cell[i].store(0, rl::mo_relaxed, $);
    tsc.store(0, rl::mo_relaxed, $);
    lock.store(0, rl::mo_relaxed, $);
    for (unsigned i = 0; i < WEAK_CPUS; i++)
        has_early[i] = looked_once[i] = false;
    world_start();
}

/* ---- The search ---- */

static const char *promise_of(rl::test_result_e result)
{
    if (result == rl::test_result_success)
        return "none";
    if (result == rl::test_result_livelock)
        return "ends";
    return broken ? broken : rl::test_result_str(result);
}

static void name_search(char **words, const char *variant)
{
    weak_search.world = words[1];
    weak_search.leaves = !strcmp(words[1], "modes");
    weak_search.wall = !strcmp(words[1], "wall");
    weak_search.page = !strcmp(words[1], "page");
    weak_search.variant = variant;
}

/* WEAK_TELL in the environment: only that interleaving is run, and told. */
int main(int count, char **words)
{
    rl::ostringstream said, state;
    rl::test_params params;
    const char *only = getenv("WEAK_TELL");

    if (count < 3 || count > 4) {
        fprintf(stderr, "%s publish|modes|wall|page INTERLEAVINGS [VARIANT]\n", words[0]);
        return 64;
    }
    name_search(words, count == 4 ? words[3] : 0);
    params.iteration_count = strtoull(only ? only : words[2], 0, 10);
    params.execution_depth_limit = DEPTH;
    params.output_stream = &said;
    params.progress_stream = &said;
    if (only) {
        params.initial_state = only;
        weak_tells = true;
    }
    rl::run_test<world, rl::random_scheduler<WEAK_CPUS>>(params, state, false);
    printf("world=%s variant=%s iterations=%llu broken=%s\n", weak_search.world,
           weak_search.variant ? weak_search.variant : "none", (unsigned long long)params.stop_iteration,
           promise_of(params.test_result));
    return 0;
}
