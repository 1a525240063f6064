"""
Whole numbers without end, as polynomials over named unknowns, and what is known of them. For scripts/prove.

A polynomial is {monomial: coefficient}; a monomial is a sorted tuple of unknowns, () is the constant. An
unknown lies between two numbers. Quotient and remainder of a division are unknowns that the equation
`divisor * quotient + remainder = dividend` defines.
"""

import itertools
import math


class Unknown:
    """One whole number: its bounds, what defines it (polynomials that are 0, or at least 0), its value."""

    count = itertools.count()

    def __init__(self, name, low, high, value=None):
        self.number = next(Unknown.count)
        self.name = f"{name}.{self.number}" if value else name
        self.low, self.high, self.value = low, high, value
        self.zero, self.positive = [], []

    def __hash__(self):
        return self.number      # the same order in every run: so z3 is asked the same

    def __eq__(self, other):
        return self is other

    def __lt__(self, other):
        return self.number < other.number

    def __repr__(self):
        return self.name


def constant(number):
    return {(): number} if number else {}


def of(unknown):
    return {(unknown,): 1}


def add(a, b, times=1):
    out = dict(a)
    for monomial, factor in b.items():
        total = out.get(monomial, 0) + times * factor
        if total:
            out[monomial] = total
        else:
            out.pop(monomial, None)
    return out


def scale(a, factor):
    return {monomial: factor * one for monomial, one in a.items()} if factor else {}


def product(a, b):
    out = {}
    for (one, x), (two, y) in itertools.product(a.items(), b.items()):
        out = add(out, {tuple(sorted(one + two)): x * y})
    return out


def number(a):
    """The number that it is, or None."""
    return a.get((), 0) if not a or set(a) == {()} else None


def key(a):
    return tuple(sorted((tuple(u.number for u in monomial), factor) for monomial, factor in a.items()))


def unknowns(a):
    return {unknown for monomial in a for unknown in monomial}


def evaluate(a, values):
    total = 0
    for monomial, factor in a.items():
        for unknown in monomial:
            factor *= value_of(unknown, values)
        total += factor
    return total


def value_of(unknown, values):
    if unknown not in values:
        values[unknown] = unknown.value(values)
    return values[unknown]


SUMS = {}   # what the unknown stands for that is one sum: {key of the sum: unknown}


def shape(a):
    """(s, factor, rest) with a = factor * s + rest: the same s for sums that differ in nothing else."""
    rest = a.get((), 0)
    s = {monomial: factor for monomial, factor in a.items() if monomial}
    first = min(s, key=lambda monomial: [unknown.number for unknown in monomial])
    factor = math.gcd(*s.values()) * (1 if s[first] > 0 else -1)
    return {monomial: one // factor for monomial, one in s.items()}, factor, rest


def sum_of(s):
    """The unknown that stands for a sum of that shape."""
    name = key(s)
    if name not in SUMS:
        low, high = span(s, {})
        unknown = SUMS[name] = Unknown("sum", low, high, lambda values: evaluate(s, values))
        unknown.zero.append(add(of(unknown), s, -1))
    return SUMS[name]


def span(a, bounds):
    """(least, most) by the bounds of its unknowns and of the sum; `bounds` has the tighter ones of a path."""
    low = high = 0
    for monomial, factor in a.items():
        one, two = span_of(monomial, bounds)
        low += min(factor * one, factor * two)
        high += max(factor * one, factor * two)
    if SUMS and (len(a) > 1 or any(len(monomial) > 1 for monomial in a)):
        s, factor, rest = shape(a)
        unknown = SUMS.get(key(s))
        if unknown in bounds:
            ends = sorted(factor * end + rest for end in bounds[unknown])
            low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


def span_of(monomial, bounds):
    low = high = 1
    for unknown in monomial:
        ends = bounds.get(unknown, (unknown.low, unknown.high))
        corners = [low * ends[0], low * ends[1], high * ends[0], high * ends[1]]
        low, high = min(corners), max(corners)
    return low, high


class Numbers:
    """All unknowns of one proof. The same division of the same number gives the same unknowns."""

    def __init__(self):
        self.known = {}

    def _memo(self, what, make):
        if what not in self.known:
            self.known[what] = make()
        return self.known[what]

    def alias(self, a):
        """One unknown for a sum, so that a product with it is one product."""
        if len(set(a) - {()}) < 2:
            return a
        s, factor, rest = shape(a)
        return add(scale(of(sum_of(s)), factor), constant(rest))

    def times(self, a, b):
        one, two = number(a), number(b)
        if one is not None:
            return scale(b, one)
        if two is not None:
            return scale(a, two)
        return product(self.alias(a), self.alias(b))

    def divide(self, a, divisor, bounds):
        """(quotient, remainder) of a by a number above 0, rounded down."""
        outside = {monomial: abs(factor) // divisor * (1 if factor > 0 else -1)
                   for monomial, factor in a.items() if abs(factor) >= divisor}
        rest = add(a, scale(outside, divisor), -1)
        low, high = span(rest, bounds)
        if low // divisor == high // divisor:
            inside = constant(low // divisor)
            return add(outside, inside), add(rest, inside, -divisor)
        quotient, remainder = self._division(rest, divisor)
        return add(outside, quotient), remainder

    def _division(self, a, divisor):
        def make():
            low, high = span(a, {})
            quotient = Unknown("quotient", low // divisor, high // divisor,
                               lambda values: evaluate(a, values) // divisor)
            remainder = Unknown("rest", 0, divisor - 1, lambda values: evaluate(a, values) % divisor)
            equation = add(add(a, of(quotient), -divisor), of(remainder), -1)
            quotient.zero.append(equation)
            remainder.zero.append(equation)
            return of(quotient), of(remainder)
        return self._memo(("division", key(a), divisor), make)

    def divide_by(self, a, b, bounds):
        """The same by a number that is unknown: a at least 0, b above 0."""
        if number(b) is not None:
            return self.divide(a, number(b), bounds)
        b = self.alias(b)

        def make():
            high = max(0, span(a, {})[1])
            quotient = Unknown("quotient", 0, high,
                               lambda values: evaluate(a, values) // max(1, evaluate(b, values)))
            remainder = Unknown("rest", 0, max(0, span(b, {})[1]),
                                lambda values: evaluate(a, values) % max(1, evaluate(b, values)))
            equation = add(add(a, product(of(quotient), b), -1), of(remainder), -1)
            below = add(add(b, of(remainder), -1), constant(-1))
            for one in (quotient, remainder):
                one.zero.append(equation)
                one.positive.append(below)
            return of(quotient), of(remainder)
        return self._memo(("division by", key(a), key(b)), make)

    def between(self, what, low, high, value):
        """A number of which nothing but bounds is known; `what` names it and `value` gives it."""
        return self._memo(what, lambda: of(Unknown("bits", low, high, value)))
