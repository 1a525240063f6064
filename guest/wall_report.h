/* What the run says about wall time, for programs: @wall lines. */
#ifndef GUEST_WALL_REPORT_H
#define GUEST_WALL_REPORT_H

/* `when`: one word. All figures of a line are of one sample. */
void wall_report(const char *when);
/* NULL: nothing is wrong with it. Else what, in a word. */
const char *wall_fault(void);

#endif
