#include "log/queue.h"

#include "log/string.h"

static size_t place_of(uint64_t number)
{
    return number % QUEUE_BYTES;
}

/* The other side moves its own end only, so what is seen of it is too little at worst. */
static uint64_t seen(const uint64_t *number)
{
    return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

size_t queue_waiting(const struct queue *queue)
{
    uint64_t taken = seen(&queue->taken);

    return (size_t)(seen(&queue->end) - taken);
}

static uint64_t lines_of(const char *text, size_t length)
{
    uint64_t lines = 0;

    for (const char *at = text; (at = memchr(at, '\n', length - (size_t)(at - text))); at++)
        lines++;
    return lines;
}

bool queue_put(struct queue *queue, const char *text, size_t length)
{
    size_t place = place_of(queue->end), first = QUEUE_BYTES - place;

    if (length > QUEUE_BYTES - queue_waiting(queue))
        return false;
    if (first > length)
        first = length;
    memcpy(queue->bytes + place, text, first);
    memcpy(queue->bytes, text + first, length - first);
    queue->lines_put += lines_of(text, length);
    __atomic_store_n(&queue->end, queue->end + length, __ATOMIC_RELEASE);
    return true;
}

bool queue_first(const struct queue *queue, char *byte, uint64_t *number)
{
    *number = seen(&queue->taken);
    if (*number == seen(&queue->end))
        return false;
    *byte = queue->bytes[place_of(*number)];
    return true;
}

bool queue_take(struct queue *queue, char byte, uint64_t number)
{
    if (!__atomic_compare_exchange_n(&queue->taken, &number, number + 1, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return false;
    if (byte == '\n')
        __atomic_add_fetch(&queue->lines_taken, 1, __ATOMIC_RELAXED);
    return true;
}

/* Returns where the line ends that is being taken out: nowhere else may the rest be cut off. */
static uint64_t line_end(const struct queue *queue)
{
    uint64_t at = seen(&queue->taken);

    while (at != queue->end && at && queue->bytes[place_of(at - 1)] != '\n')
        at++;
    return at;
}

uint64_t queue_discard(struct queue *queue)
{
    uint64_t end = line_end(queue), open = end != seen(&queue->taken);
    uint64_t lines = queue->lines_put - queue->lines_taken - open;

    queue->lines_put -= lines;
    __atomic_store_n(&queue->end, end, __ATOMIC_RELEASE);
    return lines;
}

void queue_take_all(struct queue *queue)
{
    queue->lines_taken = queue->lines_put;
    __atomic_store_n(&queue->taken, queue->end, __ATOMIC_RELEASE);
}

void queue_recent(const struct queue *queue, size_t most, void (*show)(const char *text, size_t length))
{
    uint64_t from = queue->end > most ? queue->end - most : 0;
    size_t place = place_of(from), length = (size_t)(queue->end - from), first = QUEUE_BYTES - place;

    if (first > length)
        first = length;
    if (first)
        show(queue->bytes + place, first);
    if (length > first)
        show(queue->bytes, length - first);
}
