/*
 * Text on its way to a slow port: a ring of bytes. One CPU at a time puts in, and one takes out; neither
 * waits for the other. What has been taken stays readable until it is overwritten. Pure.
 */
#ifndef LOG_QUEUE_H
#define LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A power of two. 255 CPUs say 300 bytes each when time begins, and 200 each at the end: 125 KiB. At 9600
 * baud none of it may have left before the last is said.
 */
#define QUEUE_BYTES 262144u

/* Counts of all bytes and lines ever; a byte's place is its number modulo QUEUE_BYTES. */
struct queue {
    char bytes[QUEUE_BYTES];
    uint64_t end, taken;
    uint64_t lines_put, lines_taken;
};

/* Returns false, and puts nothing in, where not all of it has room. */
bool queue_put(struct queue *queue, const char *text, size_t length);
size_t queue_waiting(const struct queue *queue);

/* Gives the byte that waits longest, and its number. Returns false if none waits. */
bool queue_first(const struct queue *queue, char *byte, uint64_t *number);
/* Takes that byte out. Returns false if another CPU has done so meanwhile. */
bool queue_take(struct queue *queue, char byte, uint64_t number);
/*
 * Drops all that waits, but for the rest of a line of which the first part is out already. Returns how many
 * lines were dropped. On the side that puts in, while none takes out.
 */
uint64_t queue_discard(struct queue *queue);
/* Takes all out, for nobody. */
void queue_take_all(struct queue *queue);

/* Hands the newest bytes, `most` of them, to `show`: in one piece or in two. */
void queue_recent(const struct queue *queue, size_t most, void (*show)(const char *text, size_t length));

#endif
