/*
 * The version of the form of the @ lines, which the hypervisor and the guest print for programs
 * (docs/lines.md). It goes up by one when a kind of line or a key goes away or changes its meaning. New kinds
 * and new keys leave it as it is.
 */
#ifndef MERIDIAN_LINES_H
#define MERIDIAN_LINES_H

#define MERIDIAN_LINES 1

#endif
