"""
What is proved for all inputs. A claim is a function of a C file beside this one. A broken variant is a fault
in the C that it is about; the claim must then be false, for numbers that the compiled program confirms. See
docs/proofs.md.
"""

from collections import namedtuple

# source, function; broken: {name: Fault}; each: {argument: numbers that are tried one by one}; wraps:
# unsigned sums that wrap round are meant; long: not in make check.
Claim = namedtuple("Claim", "source function broken each wraps long", defaults=(None, False, False))
# old stands once in the file.
Fault = namedtuple("Fault", "file old new")

BRACKET, FIXED, LINE = "hv/time/bracket.c", "hv/time/fixed.h", "hv/time/line.c"
OUTLOOK, TIMELINE, READER = "hv/time/outlook.c", "hv/time/timeline.c", "include/meridian/clock.h"

SHIFTS = {"shift": range(-4, 12)}   # 16 GHz .. 1 MHz, and one more either way for a deviation
PLACES = {"places": (-1, 0, 1)}     # of one scale against another that is within 2^-8 of it

READ = "return (uint64_t)(((unsigned __int128)ticks * scale.mul) >> 32);"

CLAIMS = {
    "product": Claim("prove_line.c", "prove_product", {
        "above": Fault(LINE, READ, READ.replace(";", " + 1;")),
    }, SHIFTS),
    "product-shifted": Claim("prove_line.c", "prove_product_shifted", {
        "narrow": Fault(LINE, READ, "return ticks * scale.mul >> 32;"),
    }, SHIFTS),
    "exact": Claim("prove_line.c", "prove_exact", {
        "no-fraction": Fault(LINE, "*frac = (uint32_t)product;", "*frac = 0;"),
    }, SHIFTS),
    "monotone": Claim("prove_line.c", "prove_monotone", {
        "narrow": Fault(LINE, READ, READ.replace("(uint64_t)", "(uint32_t)")),
    }, SHIFTS),
    "joint": Claim("prove_line.c", "prove_joint", {
        "early": Fault(LINE, "scale_exact_ns(old->scale, tsc_joint - old->tsc, &frac)",
                       "scale_exact_ns(old->scale, tsc_joint - old->tsc - 1, &frac)"),
        "no-step": Fault(LINE, ".ns = old->ns + step_ns", ".ns = old->ns + 0 * step_ns"),
    }, SHIFTS),
    "joint-lossless": Claim("prove_line.c", "prove_joint_lossless", {
        "floor": Fault(LINE, "line.frac = (uint32_t)frac_sum;", "line.frac = 0;"),
        "no-carry": Fault(LINE, "line.ns += frac_sum >> 32;", ""),
    }, SHIFTS),
    "span": Claim("prove_line.c", "prove_span", {
        "days": Fault(LINE, "bool far = nominal.shift > 0 && ticks >> (64 - nominal.shift);",
                      "bool far = ticks >> 54;"),
        "wraps": Fault(LINE, "bool far = nominal.shift > 0 && ticks >> (64 - nominal.shift);",
                       "bool far = false;"),
    }, SHIFTS),
    "between": Claim("prove_line.c", "prove_between", {
        "unsigned": Fault(LINE, "to >= from ?", "true ?"),
    }, SHIFTS),
    "from-hz": Claim("prove_rate.c", "prove_from_hz", {
        "zero": Fault(LINE, "hz < SCALE_MIN_HZ || hz > SCALE_MAX_HZ", "hz > SCALE_MAX_HZ"),
        "coarse": Fault(LINE, "while (hz > 2 * (uint64_t)NS_PER_S)", "while (hz > (uint64_t)NS_PER_S)"),
    }),
    "to-hz": Claim("prove_rate.c", "prove_to_hz", {
        "cut": Fault(LINE, "(hz_q16 + (1ull << (places - 1))) >> places", "hz_q16 >> places"),
    }, SHIFTS),
    "ticks": Claim("prove_rate.c", "prove_ticks", {
        "down": Fault(LINE, "(ns << 32) / scale.mul + 1;", "(ns << 32) / scale.mul;"),
    }, SHIFTS),
    "deviate": Claim("prove_rate.c", "prove_deviate", {
        "no-room": Fault(LINE, "if (mul >= 2ll * UINT32_MAX) {", "if (mul > 1ll << 33) {"),
    }),
    "deviation": Claim("prove_rate.c", "prove_deviation", {
        "one-way": Fault(LINE, "(difference < 0 ? -b / 2 : b / 2)", "b / 2"),
    }, PLACES),
    "mul": Claim("prove_fixed.c", "prove_mul", {
        "to-zero": Fault(FIXED, "return (int64_t)(((__int128)a * q) >> 32);",
                         "return (int64_t)(((__int128)a * q) / Q32_ONE);"),
    }),
    "ratio": Claim("prove_fixed.c", "prove_ratio", {
        "to-zero": Fault(FIXED, "return quotient - (scaled % den < 0);", "return quotient;"),
    }),
    "from-ppb": Claim("prove_fixed.c", "prove_from_ppb", {
        "above": Fault(FIXED, "ppb * 294967296 / NS_PER_S", "ppb * 294967297 / NS_PER_S"),
    }),
    "to-ppb": Claim("prove_fixed.c", "prove_to_ppb", {
        "to-zero": Fault(FIXED, "magnitude * NS_PER_S + Q32_ONE - 1) >> 32", "magnitude * NS_PER_S) >> 32"),
    }),
    "middle": Claim("prove_fixed.c", "prove_middle", {
        "to-zero": Fault(FIXED, "range.lo + (range.hi - range.lo) / 2", "(range.lo + range.hi) / 2"),
    }),
    "wander-ns": Claim("prove_wander.c", "prove_wander_ns", {
        "down": Fault(OUTLOOK, "age_ms * age_ms + 1999999) / 2000000", "age_ms * age_ms) / 2000000"),
        "no-end": Fault(OUTLOOK, "if (age_ms > 3000000)", "if (age_ms > 300000000)"),
    }),
    "wander-q32": Claim("prove_wander.c", "prove_wander_q32", {
        "down": Fault(OUTLOOK, "abs_i64(span) / 1000000 + 1", "abs_i64(span) / 1000000"),
    }),
    "wander-capped": Claim("prove_wander.c", "prove_wander_capped", {
        "low": Fault(OUTLOOK, "4 * ESTIMATE_RATE_LIMIT_PPB", "1 * ESTIMATE_RATE_LIMIT_PPB"),
    }),
    "counter-ns": Claim("prove_bracket.c", "prove_counter_ns", {
        "whole": Fault(BRACKET, "count % counter->den * counter->num / counter->den);", "0);"),
    }),
    "unwrap": Claim("prove_bracket.c", "prove_unwrap", {
        "ahead": Fault(BRACKET, "return ahead > half && count > mask ? count - mask - 1 : count;",
                       "return ahead > mask ? half : count;"),
    }, {"bits": (8, 16, 24, 32, 63, 64)}, True),
    "bracket": Claim("prove_bracket.c", "prove_bracket", {
        "to-zero": Fault(BRACKET, "-counter_ns(counter, (uint64_t)-since) - 1",
                         "-counter_ns(counter, (uint64_t)-since)"),
    }, {"edge": (0, 1)}, True),
    "reader-same": Claim("prove_reader.c", "prove_same", {
        "low-half": Fault(READER, "(ticks & 0xffffffffu) * mul >> 32", "(ticks & 0x7fffffffu) * mul >> 32"),
    }, SHIFTS, True),
    "growth": Claim("prove_reader.c", "prove_growth", {
        "below": Fault(READER, "(uint64_t)ppb * 4399 >> 10", "(uint64_t)ppb * 4398 >> 10"),
    }, None, True),
    "growth-close": Claim("prove_reader.c", "prove_growth_close", {
        "dear": Fault(READER, "(uint64_t)ppb * 4399 >> 10", "(uint64_t)ppb * 4401 >> 10"),
    }, None, True),
    "bound": Claim("prove_reader.c", "prove_bound", {
        "ever-fresh": Fault(READER, "growth += meridian_growth_ns(sample->age_ns - MERIDIAN_FRESH_NS, "
                            "MERIDIAN_STALE_PPB);", ""),
        "wraps": Fault(READER, "if (MERIDIAN_RARELY(bound < growth))", "if (MERIDIAN_RARELY(0))"),
    }, None, True),
    "bound-known": Claim("prove_reader.c", "prove_bound_known", {
        "too-soon": Fault(READER, "sample->age_ns > MERIDIAN_DEAD_NS",
                          "sample->age_ns > MERIDIAN_DEAD_NS / 8"),
    }, None, True),
    "interval": Claim("prove_reader.c", "prove_interval", {
        "wraps": Fault(READER, "if (MERIDIAN_RARELY(err > raw))", "if (MERIDIAN_RARELY(0))"),
    }, None, True),
    "fresh": Claim("prove_reader.c", "prove_fresh", {
        "down": Fault(READER, "uint64_t err = s->err_ns + 1;", "uint64_t err = s->err_ns;"),
    }, None, True),
    "utc": Claim("prove_reader.c", "prove_utc", {
        "negative": Fault(READER, "if (rest < 0) {", "if (rest < -1) {"),
    }),
    "tolerance": Claim("prove_bound.c", "prove_tolerance", {
        "down": Fault(TIMELINE, "(t->line.ns / 1000000 + 1)", "(t->line.ns / 1000000)"),
    }),
    "bound-value": Claim("prove_bound.c", "prove_bound_value", {
        "unrounded": Fault(TIMELINE, "- t->anchor_ns) + rounding_ns(t);", "- t->anchor_ns);"),
    }),
    "bound-rate": Claim("prove_bound.c", "prove_bound_rate", {
        "nominal": Fault(TIMELINE, "ppb += ppb / 512 + 1;", "ppb += 0;"),
    }, PLACES, False, True),
}
