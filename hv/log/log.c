/*
 * The log. It must work before there are CPUs to tell apart, from NMIs, and while its own lock is held by
 * a CPU that will never run again; so its lock is a plain flag and the wait for it ends.
 */
#include "log/log.h"

#include <stdint.h>

#include "log/format.h"

#define MOST_SINKS 4
#define LINE_BYTES 512
#define RING_BYTES 8192u /* a power of two */

/* After so many we print without the lock: longer than a line takes at 115200 baud (45 ms). */
#define LOCK_SPINS 4000000u

static log_sink sinks[MOST_SINKS];
static unsigned sink_count;
static uint32_t held;
static bool in_panic;

/* The last bytes said: a sink that comes later is shown what was said before it. */
static char ring[RING_BYTES];
static size_t ring_end; /* counts all bytes ever; its index is this modulo RING_BYTES */

/* Interrupts off, as a handler that prints would wait for the lock its own CPU holds. */
static uint64_t take_log_lock(bool *locked)
{
    uint64_t flags;

    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    *locked = false;
    for (uint32_t spin = 0; spin < LOCK_SPINS && !__atomic_load_n(&in_panic, __ATOMIC_RELAXED); spin++) {
        if (!__atomic_exchange_n(&held, 1, __ATOMIC_ACQUIRE)) {
            *locked = true;
            break;
        }
        __asm__ volatile("pause" : : : "memory");
    }
    return flags;
}

static void release_log_lock(uint64_t flags, bool locked)
{
    if (locked)
        __atomic_store_n(&held, 0, __ATOMIC_RELEASE);
    if (flags & (1u << 9)) /* IF */
        __asm__ volatile("sti" : : : "memory");
}

static void remember(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        ring[ring_end++ % RING_BYTES] = text[i];
}

static void replay(log_sink sink)
{
    size_t from = ring_end > RING_BYTES ? ring_end - RING_BYTES : 0;
    size_t place = from % RING_BYTES;
    size_t first = ring_end - from < RING_BYTES - place ? ring_end - from : RING_BYTES - place;

    if (first)
        sink(ring + place, first);
    if (ring_end - from > first)
        sink(ring, ring_end - from - first);
}

bool log_add_sink(log_sink sink)
{
    uint64_t flags;
    bool locked, room;

    flags = take_log_lock(&locked);
    room = sink_count < MOST_SINKS;
    if (room) {
        replay(sink);
        sinks[sink_count++] = sink;
    }
    release_log_lock(flags, locked);
    return room;
}

/* `whole`: prints only where a line begins. Returns whether it did. */
static bool write_log(const char *text, size_t length, bool whole)
{
    uint64_t flags;
    bool locked, said;

    flags = take_log_lock(&locked);
    said = !whole || !ring_end || ring[(ring_end - 1) % RING_BYTES] == '\n';
    if (said) {
        remember(text, length);
        for (unsigned i = 0; i < sink_count; i++)
            sinks[i](text, length);
    }
    release_log_lock(flags, locked);
    return said;
}

void log_write(const char *text, size_t length)
{
    write_log(text, length, false);
}

static bool write_formatted(bool whole, const char *format, va_list args)
{
    static const char mark[] = "...\n";
    char line[LINE_BYTES];
    int length = format_va(line, sizeof line, format, args);

    if (length >= LINE_BYTES) {
        for (unsigned i = 0; i < sizeof mark; i++)
            line[LINE_BYTES - sizeof mark + i] = mark[i];
        length = LINE_BYTES - 1;
    }
    return write_log(line, (size_t)length, whole);
}

void log_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_formatted(false, format, args);
    va_end(args);
}

bool log_print_line(const char *format, ...)
{
    va_list args;
    bool said;

    va_start(args, format);
    said = write_formatted(true, format, args);
    va_end(args);
    return said;
}

void log_panic_mode(void)
{
    __atomic_store_n(&in_panic, true, __ATOMIC_RELAXED);
}

bool log_in_panic(void)
{
    return __atomic_load_n(&in_panic, __ATOMIC_RELAXED);
}
