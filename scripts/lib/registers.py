"""
What registers hold on one way through a program, as numbers of any size, and LLVM's arithmetic on them. For
scripts/prove.

A register of n bits is held as a number that is the register's modulo 2^n. Where the register's own value
counts (a comparison, a shift to the right, a division), it is brought into its range: by its bounds, by z3,
or, where it may have wrapped round, by the remainder.
"""

import conditions
import integers
from conditions import at_least, both, either, equal, negation
from integers import add, constant, scale, span

POISON = None       # what LLVM gives for a shift by the width or more; it may be chosen against, not used


class Unsupported(Exception):
    """An instruction that arithmetic has no use for."""


class Registers:
    """The unknowns of one proof, and what is known of them on a way."""

    def __init__(self, solver):
        self.solver = solver
        self.numbers = integers.Numbers()

    # ---- What is true ------------------------------------------------------------------------------

    def learn(self, way, condition):
        """Takes the condition as true on this way."""
        if condition is True:
            return
        way.known.append(condition)
        parts = condition[1:] if condition is not False and condition[0] == "and" else (condition,)
        for part in parts:
            if part is not False and part[0] in ("ge", "eq"):
                self.bound(way, part)
        self.tighten(way)

    @staticmethod
    def bound(way, part):
        """Bounds of an unknown, or of the sum that the condition is about."""
        s, factor, rest = integers.shape(part[1])
        unknown = next(iter(s))[0] if len(s) == 1 and len(next(iter(s))) == 1 else integers.sum_of(s)
        low, high = way.bounds.get(unknown, (unknown.low, unknown.high))
        # factor * unknown + rest >= 0 (or = 0)
        if factor > 0 or part[0] == "eq":
            low = max(low, -(rest // factor) if factor > 0 else -((-rest) // -factor))
        if factor < 0 or part[0] == "eq":
            high = min(high, rest // -factor if factor < 0 else (-rest) // factor)
        way.bounds[unknown] = (low, high)
        way.closed = way.closed or low > high

    def tighten(self, way):
        """Bounds that follow from what defines an unknown, and from sums, by bounds alone."""
        for _ in range(3):
            before = dict(way.bounds)
            facts, seen = conditions.definitions(way.known)
            equations = [fact for fact in facts if not isinstance(fact, bool) and fact[0] in ("ge", "eq")]
            for what, a in equations:
                for sign in (1, -1) if what == "eq" else (1,):
                    if not way.closed:
                        self.propagate(way, scale(a, sign))
            if way.bounds == before or way.closed:
                return

    @staticmethod
    def propagate(way, a):
        """a >= 0 bounds each of its unknowns by the others."""
        low, high = 0, 0
        spans = {}
        for monomial, factor in a.items():
            ends = integers.span_of(monomial, way.bounds)
            spans[monomial] = sorted((factor * ends[0], factor * ends[1]))
            high += spans[monomial][1]
        for monomial, factor in a.items():
            if len(monomial) != 1:
                continue
            unknown = monomial[0]
            others = high - spans[monomial][1]      # factor * unknown + others >= 0
            low, top = way.bounds.get(unknown, (unknown.low, unknown.high))
            if factor > 0:
                low = max(low, -(others // factor))
            else:
                top = min(top, others // -factor)
            if (low, top) != way.bounds.get(unknown, (unknown.low, unknown.high)):
                way.bounds[unknown] = (low, top)
                way.closed = way.closed or low > top

    def noted(self, way, *numbers):
        """The same numbers; what bounds their unknowns on this way is taken down."""
        for unknown in sorted(unknown for one in numbers for unknown in integers.unknowns(one)):
            for zero in unknown.zero:
                for sign in (1, -1):
                    if not way.closed:
                        self.propagate(way, scale(zero, sign))
        return numbers

    def divide(self, way, a, divisor):
        return self.noted(way, *self.numbers.divide(a, divisor, way.bounds))

    def times(self, way, a, b):
        self.noted(way, self.numbers.alias(a), self.numbers.alias(b))
        return self.numbers.times(a, b)

    def sure(self, way, condition):
        """Whether it is true on this way: by bounds, else by z3."""
        if not isinstance(condition, bool) and condition[0] == "and":
            return all(self.sure(way, part) for part in condition[1:])
        said = conditions.by_bounds(condition, way.bounds)
        if said is not None:
            return said
        return self.possible(way, negation(condition), conditions.TRIES) is False

    def possible(self, way, condition, tries=conditions.TRIES[:2]):
        """
        What of the condition may be true on this way: False, or it without the parts that cannot be. Whether
        anything comes this way is not worth long tries: what is claimed on a way that nothing comes is true.
        """
        said = conditions.by_bounds(condition, way.bounds)
        if said is not None:
            return said
        if condition[0] == "or":
            return either(*(self.possible(way, part, tries) for part in condition[1:]))
        # What bounds would follow is worked out first: they make the facts about products sharper.
        trial = way.copy()
        self.learn(trial, condition)
        impossible = trial.closed or self.solver.impossible(trial.known, trial.bounds, tries)
        return False if impossible else condition

    # ---- Registers ---------------------------------------------------------------------------------

    def within(self, way, a, low, width):
        """The number in low .. low + 2^width - 1 that is a modulo 2^width."""
        least, most = span(a, way.bounds)
        top = low + (1 << width) - 1
        if low <= least and most <= top:
            return a
        inside = both(at_least(a, low), at_least(constant(top), a))
        shifted = add(a, constant(-low))
        first, last = (least - low) >> width, (most - low) >> width
        if first == last:
            return add(a, constant(-(first << width)))
        if self.sure(way, inside):
            self.learn(way, inside)
            return a
        _, rest = self.divide(way, shifted, 1 << width)
        return add(rest, constant(low))

    def unsigned(self, way, value, width):
        return self.within(way, value, 0, width)

    def signed(self, way, value, width):
        return self.within(way, value, -(1 << (width - 1)), width)

    # ---- Instructions ------------------------------------------------------------------------------

    def arithmetic(self, way, what, width, a, b):
        """One of LLVM's binary instructions on numbers."""
        if what == "add":
            return add(a, b)
        if what == "sub":
            return add(a, b, -1)
        if what == "mul":
            return self.times(way, self.smaller(way, a, width), self.smaller(way, b, width))
        if what in ("shl", "lshr", "ashr"):
            return self.shift(way, what, width, a, integers.number(b))
        if what in ("udiv", "urem"):
            return self.divided(way, what, self.unsigned(way, a, width), self.unsigned(way, b, width))
        return self.bitwise(way, what, width, a, b)

    def smaller(self, way, a, width):
        """A factor in a range of its width, that products stay small."""
        low, high = span(a, way.bounds)
        half = 1 << (width - 1)
        return a if -half <= low and high < 2 * half else self.unsigned(way, a, width)

    def shift(self, way, what, width, a, places):
        if not 0 <= places < width:
            return POISON
        if what == "shl":
            return scale(a, 1 << places)
        a = self.unsigned(way, a, width) if what == "lshr" else self.signed(way, a, width)
        return self.divide(way, a, 1 << places)[0]

    def divided(self, way, what, a, b):
        if not self.sure(way, at_least(b, 1)):
            raise Unsupported("a divisor that may be 0")
        quotient, rest = self.noted(way, *self.numbers.divide_by(a, b, way.bounds))
        return quotient if what == "udiv" else rest

    def divided_signed(self, way, what, a, b, negative):
        """Rounds towards 0; `negative`: a is below 0 on this way, else it is not."""
        if not self.sure(way, at_least(b, 1)):
            raise Unsupported("a divisor that may be 0 or less")
        size = scale(a, -1) if negative else a
        if not self.sure(way, at_least(size, 0)):
            raise Unsupported("a dividend whose sign is not known")
        quotient, rest = self.noted(way, *self.numbers.divide_by(size, b, way.bounds))
        return scale(quotient if what == "sdiv" else rest, -1 if negative else 1)

    def bitwise(self, way, what, width, a, b):
        apply = {"and": int.__and__, "or": int.__or__, "xor": int.__xor__}[what]
        if integers.number(a) is not None:
            a, b = b, a
        if integers.number(a) is not None:
            return constant(apply(integers.number(a), integers.number(b)))
        mask = integers.number(b)
        if mask is not None:
            mask %= 1 << width
        if what == "and" and mask is not None:
            return self.masked(way, a, mask)
        if what == "xor" and mask == (1 << width) - 1:
            return add(constant(-1), a, -1)
        a, b = self.unsigned(way, a, width), self.unsigned(way, b, width)
        if what in ("or", "xor") and (self.disjoint(way, a, b) or self.disjoint(way, b, a)):
            return add(a, b)
        tops = span(a, way.bounds)[1], span(b, way.bounds)[1]
        high = min(tops) if what == "and" else (1 << max(tops).bit_length()) - 1
        return self.numbers.between((what, integers.key(a), integers.key(b)), 0, high, lambda values: apply(
            integers.evaluate(a, values), integers.evaluate(b, values)))

    def disjoint(self, way, a, b):
        """Whether b lies below the lowest bit of a."""
        if not a:
            return True
        lowest = min(factor & -factor for factor in a.values())
        low, high = span(b, way.bounds)
        return low >= 0 and (high < lowest or
                             lowest > 1 and self.sure(way, at_least(constant(lowest - 1), b)))

    def masked(self, way, a, mask):
        """Each run of ones: what is above its lowest bit, modulo its length."""
        out, place = constant(0), 0
        while mask >> place:
            if not mask >> place & 1:
                place += 1
                continue
            run = 0
            while mask >> (place + run) & 1:
                run += 1
            above = self.divide(way, a, 1 << place)[0]
            inside = self.divide(way, above, 1 << run)[1]
            out = add(out, scale(inside, 1 << place))
            place += run
        return out

    def compared(self, way, how, width, a, b):
        bring = self.signed if how[0] == "s" else self.unsigned
        if how in ("eq", "ne"):
            alike = [self.signed(way, one, width) for one in (a, b)] if self.in_signed(way, (a, b), width) \
                else [self.unsigned(way, one, width) for one in (a, b)]
            return equal(*alike) if how == "eq" else negation(equal(*alike))
        a, b = bring(way, a, width), bring(way, b, width)
        if how[1:] in ("lt", "le"):
            a, b = b, a
        return at_least(a, add(b, constant(1)) if how[1:] in ("gt", "lt") else b)

    @staticmethod
    def in_signed(way, values, width):
        """Whether all are in the signed range as they stand."""
        half = 1 << (width - 1)
        return all(-half <= span(one, way.bounds)[0] and span(one, way.bounds)[1] < half for one in values)

    def overflowing(self, way, name, width, a, b):
        """(the result, whether it is out of range), of llvm.sadd.with.overflow and its like."""
        bring, low = (self.signed, -(1 << (width - 1))) if name[0] == "s" else (self.unsigned, 0)
        a, b = bring(way, a, width), bring(way, b, width)
        result = {"add": lambda: add(a, b), "sub": lambda: add(a, b, -1),
                  "mul": lambda: self.times(way, a, b)}[name[1:4]]()
        inside = both(at_least(result, low), at_least(constant(low + (1 << width) - 1), result))
        return result, negation(inside)
