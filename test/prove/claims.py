"""
What is proved for all inputs. A claim is a function of a C file beside this one. A broken variant is a fault in
the C that it is about; the claim must then be false, for numbers that the compiled program confirms. See
docs/proofs.md.
"""

from collections import namedtuple

# source, function; each: {argument: numbers that are tried one by one}; broken: {name: Fault}; long: not in
# make check.
Claim = namedtuple("Claim", "source function each broken long", defaults=(False,))
# old stands once in the file.
Fault = namedtuple("Fault", "file old new")

LINE = "hv/time/line.c"
SHIFTS = {"shift": range(-5, 12)}   # 16 GHz .. 1 MHz, and one more for a deviation

CLAIMS = {
    "product": Claim("prove_line.c", "prove_product", SHIFTS, {
        "rounded": Fault(LINE, "return (uint64_t)(((unsigned __int128)ticks * scale.mul) >> 32);",
                         "return (uint64_t)((((unsigned __int128)ticks * scale.mul) >> 32) + 1);"),
    }),
    "product-shifted": Claim("prove_line.c", "prove_product_shifted", SHIFTS, {
        "narrow": Fault(LINE, "return (uint64_t)(((unsigned __int128)ticks * scale.mul) >> 32);",
                        "return ticks * scale.mul >> 32;"),
    }),
}
