/* The check on the screen: paints the dashboard from the check's figures, and listens to a few keys. */
#ifndef SCREEN_PAINTER_H
#define SCREEN_PAINTER_H

/* Paints from now on. On the boot CPU, once the check has started. */
void painter_start(void);
/* Leaves the screen to the log from now on, which says why nothing will be measured. */
void painter_give_up(void);

/* Where no time runs: paints all of it now. Whatever is printed later stands in its place. */
void painter_at_once(void);

#endif
