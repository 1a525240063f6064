"""
Conditions on whole numbers, and the question put to z3: can they all be true? For scripts/prove.

A condition is True, False, ("ge", p): p >= 0, ("eq", p): p = 0, ("and", ...) or ("or", ...).

Products are unknowns of their own to z3, with true facts about them beside: so the question is linear, and
z3 decides it. "Cannot be true" is then certain. "Can be true" may be due to a product that has no such
factors; the caller tries the numbers on the program itself.
"""

import re
import subprocess
import threading

import integers
from integers import add, constant, of, product, scale, span

ROUNDS = 4
# z3 may lose its way where another beginning finds it at once: (ms, random seed, arithmetic).
TRIES = ((200, 0, 6), (400, 1, 2), (4000, 2, 6), (20000, 3, 2))


def at_least(a, b=0):
    """a >= b"""
    gap = add(a, constant(b) if isinstance(b, int) else b, -1)
    known = integers.number(gap)
    return ("ge", gap) if known is None else known >= 0


def equal(a, b):
    gap = add(a, b, -1)
    known = integers.number(gap)
    return ("eq", gap) if known is None else known == 0


def negation(condition):
    if isinstance(condition, bool):
        return not condition
    what, rest = condition[0], condition[1:]
    if what == "ge":
        return ("ge", add(scale(rest[0], -1), constant(-1)))
    if what == "eq":
        return either(("ge", add(rest[0], constant(-1))), ("ge", add(scale(rest[0], -1), constant(-1))))
    parts = [negation(one) for one in rest]
    return either(*parts) if what == "and" else both(*parts)


def both(*parts):
    if any(part is False for part in parts):
        return False
    parts = [part for part in parts if part is not True]
    return ("and", *parts) if len(parts) > 1 else parts[0] if parts else True


def either(*parts):
    if any(part is True for part in parts):
        return True
    parts = [part for part in parts if part is not False]
    return ("or", *parts) if len(parts) > 1 else parts[0] if parts else False


def by_bounds(condition, bounds):
    """True or False where the bounds alone decide, else None."""
    if isinstance(condition, bool):
        return condition
    if condition[0] in ("ge", "eq"):
        low, high = span(condition[1], bounds)
        if condition[0] == "ge":
            return True if low >= 0 else False if high < 0 else None
        return True if low == high == 0 else False if low > 0 or high < 0 else None
    said = [by_bounds(part, bounds) for part in condition[1:]]
    deciding = condition[0] == "or"
    if deciding in said:
        return deciding
    return None if None in said else not deciding


def holds(condition, values):
    if isinstance(condition, bool):
        return condition
    if condition[0] == "ge":
        return integers.evaluate(condition[1], values) >= 0
    if condition[0] == "eq":
        return integers.evaluate(condition[1], values) == 0
    return (all if condition[0] == "and" else any)(holds(part, values) for part in condition[1:])


def polynomials(condition):
    if isinstance(condition, bool):
        return []
    if condition[0] in ("ge", "eq"):
        return [condition[1]]
    return [one for part in condition[1:] for one in polynomials(part)]


# ---- True facts --------------------------------------------------------------------------------------


def definitions(conditions):
    """The conditions, and what defines every unknown in them."""
    out, seen = list(conditions), set()
    waiting = [one for condition in out for one in polynomials(condition)]
    while waiting:
        for unknown in integers.unknowns(waiting.pop()) - seen:
            seen.add(unknown)
            facts = [("eq", one) for one in unknown.zero] + [("ge", one) for one in unknown.positive]
            out += facts
            waiting += [fact[1] for fact in facts]
    return out, seen


def _degree(a):
    return max((len(monomial) for monomial in a), default=0)


def _products(facts):
    return {monomial for fact in facts for one in polynomials(fact) for monomial in one if len(monomial) > 1}


def multiplied(facts):
    """Each definition of a factor, times the other factor: so a product is known by products of its parts."""
    out, done = list(facts), set()
    for _ in range(ROUNDS):
        for monomial in sorted(_products(out), key=lambda one: [u.number for u in one]):
            for index, unknown in enumerate(monomial):
                other = monomial[:index] + monomial[index + 1:]
                for zero in unknown.zero:
                    if (unknown, other) not in done and _degree(zero) + len(other) <= 3:
                        out.append(("eq", product(zero, {other: 1})))
                done.add((unknown, other))
    return out


def corners(monomial, bounds):
    """What follows for a product from the bounds of its factors: (x - x0)(y - y0) >= 0 and its like."""
    x, y = {monomial[:-1]: 1}, of(monomial[-1])
    x_low, x_high = span(x, bounds)
    y_low, y_high = span(y, bounds)
    for a, b in ((add(x, constant(-x_low)), add(y, constant(-y_low))),
                 (add(constant(x_high), x, -1), add(constant(y_high), y, -1))):
        yield ("ge", product(a, b))
    for a, b in ((add(x, constant(-x_low)), add(constant(y_high), y, -1)),
                 (add(constant(x_high), x, -1), add(y, constant(-y_low)))):
        yield ("ge", product(a, b))


def ordered(facts, bounds):
    """Each condition times how far a factor is from its bounds, where those products are known."""
    known = _products(facts)
    factors = {unknown for monomial in known for unknown in monomial}
    for fact in facts:
        if isinstance(fact, bool) or fact[0] != "ge":
            continue
        for unknown in factors:
            if all(tuple(sorted((*monomial, unknown))) in known for monomial in fact[1] if monomial):
                low, high = span(of(unknown), bounds)
                yield ("ge", product(fact[1], add(of(unknown), constant(-low))))
                yield ("ge", product(fact[1], add(constant(high), of(unknown), -1)))


def facts_of(conditions, bounds):
    """(all conditions and facts, unknowns, products)"""
    facts, _ = definitions(conditions)
    facts = multiplied(facts)
    facts, _ = definitions(facts)
    pending, seen = _products(facts), set()
    while pending:
        monomial = pending.pop()
        seen.add(monomial)
        for fact in corners(monomial, bounds):
            facts.append(fact)
            pending |= _products([fact]) - seen
    facts += list(ordered(facts, bounds))
    unknowns = {unknown for fact in facts for one in polynomials(fact) for unknown in integers.unknowns(one)}
    return facts, sorted(unknowns), sorted(_products(facts), key=lambda one: [u.number for u in one])


# ---- z3 ----------------------------------------------------------------------------------------------


def _word(monomial):
    return "u" + "_".join(str(unknown.number) for unknown in monomial)


def _number(value):
    return str(value) if value >= 0 else f"(- {-value})"


def _sum(a):
    terms = [_number(factor) if not monomial else _word(monomial) if factor == 1
             else f"(* {_number(factor)} {_word(monomial)})" for monomial, factor in a.items()]
    return "0" if not terms else terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def _text(condition):
    if isinstance(condition, bool):
        return "true" if condition else "false"
    if condition[0] in ("ge", "eq"):
        return f"({'>=' if condition[0] == 'ge' else '='} {_sum(condition[1])} 0)"
    return f"({condition[0]} {' '.join(_text(part) for part in condition[1:])})"


def script(conditions, bounds, exact=False):
    """(SMT-LIB text up to the question, unknowns). `exact`: products are products, and nothing is linear."""
    facts, unknowns, products = facts_of(conditions, bounds)
    lines = []
    for unknown in unknowns:
        low, high = bounds.get(unknown, (unknown.low, unknown.high))
        lines += [f"(declare-const {_word((unknown,))} Int) ; {unknown}",
                  f"(assert (<= {_number(low)} {_word((unknown,))} {_number(high)}))"]
    for monomial in products:
        lines.append(f"(declare-const {_word(monomial)} Int)")
        if exact:
            factors = " ".join(_word((unknown,)) for unknown in monomial)
            lines.append(f"(assert (= {_word(monomial)} (* {factors})))")
    lines += [f"(assert {_text(fact)})" for fact in facts]
    return "\n".join(lines) + "\n", unknowns


class Solver:
    """One z3, asked again and again; another one if it does not come back."""

    def __init__(self, most_tries=len(TRIES)):
        self.asked = 0
        self.most_tries = most_tries
        self._start()

    def _start(self):
        self.process = subprocess.Popen(["z3", "-in"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1 << 16)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _ask(self, text, limit_s):
        """The lines of its answer; z3 does not always keep to its own limit, and is then ended."""
        timer = threading.Timer(limit_s, self.process.kill)
        timer.start()
        lines = []
        try:
            self.process.stdin.write(text + '(echo "end")\n')
            self.process.stdin.flush()
            for line in self.process.stdout:
                if line.strip() == "end":
                    return lines
                lines.append(line.strip())
        except BrokenPipeError:
            pass
        finally:
            timer.cancel()
        self.close()
        self._start()
        return ["unknown"]

    def _answer(self, text, tries):
        """z3's "sat" or "unsat", or "unknown" if none of the tries comes to an end."""
        self.asked += 1
        for limit, seed, arithmetic in tries[:self.most_tries]:
            said = self._ask(f"(reset)\n(set-option :timeout {limit})\n(set-option :smt.random_seed {seed})\n"
                             f"(set-option :smt.arith.solver {arithmetic})\n{text}(check-sat)\n",
                             limit / 1000 + 3)
            if any("error" in line for line in said):
                raise RuntimeError("\n".join(said))
            if said != ["unknown"]:
                break
        return said[0]

    def impossible(self, conditions, bounds, tries=TRIES):
        """Whether the conditions cannot all be true; an answer that z3 does not find in time is no."""
        return self._answer(script(conditions, bounds)[0], tries) == "unsat"

    def example(self, conditions, bounds, exact):
        """{unknown: number} under which all are true, or None."""
        text, unknowns = script(conditions, bounds, exact)
        if self._answer(text, TRIES[:3]) != "sat":
            return None
        words = " ".join(_word((unknown,)) for unknown in unknowns)
        shown = " ".join(self._ask(f"(get-value ({words}))\n", 10))
        values = re.findall(r"\(u\d+ (?:(\d+)|\(- (\d+)\))\)", shown)
        return {unknown: int(up) if up else -int(down) for unknown, (up, down) in zip(unknowns, values)}
