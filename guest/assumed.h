/* What Meridian's bounds assume, from the page that call 55 shows. */
#ifndef GUEST_ASSUMED_H
#define GUEST_ASSUMED_H

#include <stdbool.h>

#include "meridian/abi.h"

/* Asks for the page and maps it, once time pages are there. Without it nothing is known. */
void assumed_init(void);
/* Copies the page. Returns false where there is none, or it was being written at each of some tries. */
bool assumed_read(struct meridian_assumed *out);

#endif
