/* What stands in the place of the steps that write a record (ld --wrap), and the steps themselves. */
#ifndef RECORD_WRAPS_H
#define RECORD_WRAPS_H

#include "time/publish.h"

void __real_record_begin(volatile struct meridian_record *record, uint32_t version);
void __wrap_record_begin(volatile struct meridian_record *record, uint32_t version);
void __real_record_fill(volatile struct meridian_record *record, const struct published *data);
void __wrap_record_fill(volatile struct meridian_record *record, const struct published *data);
void __real_record_fill_wall(volatile struct meridian_record *record, struct utc wall);
void __wrap_record_fill_wall(volatile struct meridian_record *record, struct utc wall);
void __real_record_end(volatile struct meridian_record *record, uint32_t version);
void __wrap_record_end(volatile struct meridian_record *record, uint32_t version);

#endif
