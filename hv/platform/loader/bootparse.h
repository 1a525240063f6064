/* What the two parsers of boot information share. Pure; for this wing. */
#ifndef PLATFORM_BOOTPARSE_H
#define PLATFORM_BOOTPARSE_H

#include "platform/loader/bootinfo.h"

/* No honest loader hands over more than this; it keeps every size below far from overflow. */
#define BOOT_MAX_BYTES (1u << 20)

/*
 * Adds [start, start + size) to the map, joined to the last range where they touch. Empty ones are dropped;
 * one that runs past 2^64 cannot be RAM and is taken as reserved up to the end. With the table full the range
 * is lost and counted, and a lost range that is not usable makes every usable one it overlaps reserved: never
 * the other way.
 */
void boot_add_range(struct boot_info *out, uint64_t start, uint64_t size, uint32_t type);

/*
 * Copies text that ends at a zero byte or after `size` bytes, whichever comes first, into `out`
 * (BOOT_MAX_CMDLINE bytes, always terminated; what `out` already holds up to `at` is kept). Returns the new
 * length; *ended tells whether the zero byte was met, *cut whether text had to be left out.
 */
size_t boot_copy_text(char *out, size_t at, const uint8_t *text, size_t size, bool *ended, bool *cut);

/* Returns true if no range of the map says that the 4000 bytes of text at 0xb8000 are RAM. */
bool boot_vga_hole(const struct boot_info *boot);

#endif
