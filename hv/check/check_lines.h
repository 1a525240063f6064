/* The check's lines for programs (docs/lines.md). Each belongs to the figures that it is given. */
#ifndef CHECK_LINES_H
#define CHECK_LINES_H

#include "check/figures.h"

/* `@machine`: what machine this is. */
void tell_machine(const struct figures *figures);
/*
 * `@sample`: one CPU in second `second`, counted from 1. Returns false, and tells nothing, while another's
 * line is half out.
 */
bool tell_sample(const struct figures *figures, unsigned cpu, uint32_t second);
/* `@row`: one CPU at the end. */
void tell_row(const struct figures *figures, unsigned cpu);
/* `@check`, `@qr` and two sentences for people: the verdict. */
void tell_check(const struct figures *figures);

#endif
