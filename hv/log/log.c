/*
 * The log. It must work before there are CPUs to tell apart, from NMIs, and while its own lock is held by
 * a CPU that will never run again; so its locks are plain flags and the waits for them end.
 */
#include "log/log.h"

#include "log/format.h"
#include "log/interrupts.h"
#include "log/queue.h"

#define MOST_SINKS   4
#define LINE_BYTES   512
#define REPLAY_BYTES 8192u
#define LATER_BYTES  4096u /* while more waits, a line that can wait does so */
#define GUEST_PIECES 64u   /* of guests' text wait at most; a piece is a line, mostly */

/* After so many we take the lock over: longer than a line takes at 115200 baud (45 ms). */
#define LOCK_SPINS 4000000u

static log_sink sinks[MOST_SINKS];
static unsigned sink_count;
static log_port port;

static uint32_t held;     /* the log's lock, while a line is put in */
static uint32_t emptying; /* while bytes are handed to the port */
static bool deferred, in_panic;

static struct queue queue;
static struct log_cost cost;
static uint64_t dropped_told;
static bool guest_line_open; /* what was put in last is a guest's text without an end of line */
static bool verdict_told;    /* of the guest or of the hypervisor */
/* Where each of the last pieces of guests' text ends. */
static uint64_t pieces[GUEST_PIECES];
static unsigned piece_count;

static void note_most(uint64_t *most, uint64_t now)
{
    if (now > *most)
        *most = now;
}

/* Whoever held it for so long is gone, or in no hurry: all goes on without it. In a panic at once. */
static void take_flag(uint32_t *flag)
{
    for (uint32_t spin = 0; spin < LOCK_SPINS && !log_in_panic(); spin++) {
        if (!__atomic_exchange_n(flag, 1, __ATOMIC_ACQUIRE))
            return;
        __asm__ volatile("pause" : : : "memory");
    }
}

static void release_flag(uint32_t *flag)
{
    __atomic_store_n(flag, 0, __ATOMIC_RELEASE);
}

/* Interrupts off, as a handler that prints would wait for the lock its own CPU holds. */
static uint64_t take_log_lock(void)
{
    uint64_t flags = interrupts_off();

    take_flag(&held);
    return flags;
}

static void release_log_lock(uint64_t flags)
{
    release_flag(&held);
    interrupts_as_before(flags);
}

static void empty_queue(void)
{
    uint64_t number;
    char byte;

    while (queue_first(&queue, &byte, &number)) {
        port(byte, true); /* what it does not take is lost; the machine goes on */
        queue_take(&queue, byte, number);
    }
}

bool log_add_sink(log_sink sink)
{
    uint64_t flags = take_log_lock();
    bool room = sink_count < MOST_SINKS;

    if (room) {
        queue_recent(&queue, REPLAY_BYTES, sink);
        sinks[sink_count++] = sink;
    }
    release_log_lock(flags);
    return room;
}

static void say_again(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        port(text[i], true);
}

void log_set_port(log_port found)
{
    port = found;
    queue_recent(&queue, REPLAY_BYTES, say_again);
}

static bool put(const char *text, size_t length)
{
    if (!queue_put(&queue, text, length))
        return false;
    if (!port)
        queue_take_all(&queue);
    note_most(&cost.waiting_most, queue_waiting(&queue));
    for (unsigned i = 0; i < sink_count; i++)
        sinks[i](text, length);
    return true;
}

static bool takes(size_t length)
{
    return length <= QUEUE_BYTES - queue_waiting(&queue);
}

/* Lines that were dropped are told as soon as there is room for that and for the line at hand. */
static bool tell_dropped(size_t length)
{
    char line[48];
    int size = format(line, sizeof line, "@log dropped=%lu\n", cost.dropped);

    if (!takes((size_t)size + length))
        return false;
    put(line, (size_t)size);
    dropped_told = cost.dropped;
    return true;
}

/* Returns false where there was no room. */
static bool put_whole(const char *text, size_t length, bool guests)
{
    bool told = true;

    if (!guests && guest_line_open && put("\n", 1))
        guest_line_open = false;
    if (cost.dropped != dropped_told && !guest_line_open && !verdict_told)
        told = tell_dropped(length);
    if (!told || !put(text, length)) {
        cost.dropped++;
        return false;
    }
    guest_line_open = guests && text[length - 1] != '\n';
    if (guests)
        pieces[piece_count++ % GUEST_PIECES] = queue.end;
    return true;
}

static bool is_verdict(const char *text, size_t length)
{
    static const char word[] = "@verdict ";

    return length >= sizeof word - 1 && __builtin_memcmp(text, word, sizeof word - 1) == 0;
}

/* The verdict is the last line for programs (docs/lines.md): what the hypervisor would add is left out. */
static void write_log(const char *text, size_t length, bool guests)
{
    uint64_t flags = take_log_lock();
    bool verdict = is_verdict(text, length);

    if (length && (guests || verdict || text[0] != '@' || !verdict_told))
        put_whole(text, length, guests);
    verdict_told |= verdict;
    if (port && log_at_once())
        empty_queue();
    release_log_lock(flags);
}

void log_write(const char *text, size_t length)
{
    write_log(text, length, true);
}

bool log_guest_may_write(void)
{
    unsigned next = __atomic_load_n(&piece_count, __ATOMIC_RELAXED) % GUEST_PIECES;

    return pieces[next] <= __atomic_load_n(&queue.taken, __ATOMIC_RELAXED);
}

static void write_formatted(const char *format, va_list args)
{
    static const char mark[] = "...\n";
    uint64_t began = ticks_now();
    char line[LINE_BYTES];
    int length = format_va(line, sizeof line, format, args);

    if (length >= LINE_BYTES) {
        for (unsigned i = 0; i < sizeof mark; i++)
            line[LINE_BYTES - sizeof mark + i] = mark[i];
        length = LINE_BYTES - 1;
    }
    write_log(line, (size_t)length, false);
    if (!log_at_once())
        note_most(&cost.print_ticks, ticks_now() - began);
}

void log_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_formatted(format, args);
    va_end(args);
}

bool log_print_line(const char *format, ...)
{
    va_list args;

    if (log_waiting() > LATER_BYTES)
        return false;
    va_start(args, format);
    write_formatted(format, args);
    va_end(args);
    return true;
}

bool log_at_once(void)
{
    return !__atomic_load_n(&deferred, __ATOMIC_RELAXED) || log_in_panic();
}

void log_defer(void)
{
    __atomic_store_n(&deferred, true, __ATOMIC_RELAXED);
}

size_t log_drain(bool (*go_on)(void))
{
    uint64_t number, began = ticks_now();
    size_t count = 0;
    char byte;

    if (!port || __atomic_exchange_n(&emptying, 1, __ATOMIC_ACQUIRE))
        return 0;
    while (go_on() && queue_first(&queue, &byte, &number) && port(byte, false)) {
        if (!queue_take(&queue, byte, number))
            break;
        count++;
    }
    release_flag(&emptying);
    note_most(&cost.slice_ticks, ticks_now() - began);
    return count;
}

void log_give_up_port(void)
{
    uint64_t flags = take_log_lock();

    cost.dropped += queue_discard(&queue);
    for (unsigned i = 0; i < GUEST_PIECES; i++)
        pieces[i] = 0;
    guest_line_open = false;
    release_log_lock(flags);
}

void log_drain_again(void)
{
    release_flag(&emptying);
}

size_t log_waiting(void)
{
    return queue_waiting(&queue);
}

bool log_has_room(void)
{
    return log_waiting() < QUEUE_BYTES / 4 * 3;
}

void log_flush(void)
{
    if (!port)
        return;
    take_flag(&emptying);
    empty_queue();
    release_flag(&emptying);
}

struct log_cost log_cost(void)
{
    return cost;
}

void log_panic_mode(void)
{
    __atomic_store_n(&in_panic, true, __ATOMIC_RELAXED);
}

bool log_in_panic(void)
{
    return __atomic_load_n(&in_panic, __ATOMIC_RELAXED);
}
