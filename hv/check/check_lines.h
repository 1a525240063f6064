/* The check's lines for programs (docs/lines.md). Each belongs to the figures that it is given. */
#ifndef CHECK_LINES_H
#define CHECK_LINES_H

#include "check/figures.h"

/* `@machine`: what machine this is. */
void tell_machine(const struct figures *figures);
/*
 * `@sample`: one CPU in second `second`, counted from 1. Returns false, and tells nothing, while much
 * waits for the port.
 */
bool tell_sample(const struct figures *figures, unsigned cpu, uint32_t second);
/* `@row`: one CPU at the end. */
void tell_row(const struct figures *figures, unsigned cpu);
/*
 * The verdict: `@check`, `@qr`, what sockets have, `@looks`, `@log` and two sentences for people, a step
 * each, counted from 0. Returns false, and tells nothing, if there is no such step.
 */
bool tell_check(const struct figures *figures, unsigned step);

#endif
