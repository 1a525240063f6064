"""
Follows every way through a function that clang has compiled, with whole numbers of any size in its registers,
and proves what is claimed on each. There is no memory: clang has put all that a claim needs into registers.
For scripts/prove.
"""

import re

import integers
from conditions import at_least, both, either, equal, negation
from integers import Unknown, constant, scale, span
from llvmir import bits
from registers import POISON, Registers, Unsupported

STEPS = 200000      # in all ways together
CORNERS = 400       # numbers tried by chance


class Refuted(Exception):
    """A claim that is not proved: what it says, and on which way under which condition it may be false."""

    def __init__(self, what, way, condition):
        super().__init__(what)
        self.what, self.way, self.condition = what, way, condition


class Way:
    """How far one way has come: where it stands, what registers hold, what is true on it."""

    def __init__(self, label):
        self.label, self.before, self.at = label, None, 0
        self.registers, self.bounds, self.known = {}, {}, []
        self.closed = False     # bounds contradict one another: nothing comes this way

    def copy(self):
        other = Way(self.label)
        other.before, other.at, other.closed = self.before, self.at, self.closed
        other.registers = dict(self.registers)
        other.bounds, other.known = dict(self.bounds), list(self.known)
        return other


class Follower(Registers):
    """One proof: a function, and the unknowns that it is called with."""

    def __init__(self, function, solver):
        super().__init__(solver)
        self.function = function
        self.claims = self.ways = 0
        self.ended = []     # each way, as it was at its end

    # ---- Operands ----------------------------------------------------------------------------------

    def get(self, way, text, width):
        """An operand: a register or a number. Of one bit it is a condition."""
        value = self.loosely(way, text, width)
        if value is POISON:
            raise Unsupported(f"{text} is used and has no value")
        return value

    @staticmethod
    def loosely(way, text, width):
        """The same where it may be poison."""
        text = text.strip()
        if text.startswith("%"):
            return way.registers[text]
        if width == 1:
            return {"true": True, "false": False}[text]
        if text in ("undef", "poison"):
            return POISON
        return constant(int(text))

    # ---- Ways ----------------------------------------------------------------------------------------

    def split(self, way, condition):
        """[(way, whether the condition is true on it)], of those that are possible."""
        if isinstance(condition, bool):
            return [(way, condition)]
        out = []
        for said in (True, False):
            part = self.possible(way, condition if said else negation(condition))
            if part is not False:
                out.append((way.copy(), said))
                self.learn(out[-1][0], part)
        return out

    def run(self, arguments, start=()):
        """Follows all ways. `arguments`: {register: number}; `start`: what is true of them."""
        way = Way(next(iter(self.function.blocks)))
        way.registers.update(arguments)
        for condition in start:
            self.learn(way, condition)
        waiting, steps = [way], 0
        while waiting:
            way = waiting.pop()
            step = self.function.blocks[way.label][way.at]
            way.at += 1
            steps += 1
            if steps > STEPS:
                raise Unsupported(f"more than {STEPS} steps: a loop without an end")
            waiting += self.step(way, step)

    def step(self, way, step):
        """The ways on which it goes on."""
        handler = getattr(self, "do_" + step.what, None)
        if handler:
            return handler(way, step)
        match = re.match(r"(?:(?:nuw|nsw|exact) )*i(\d+) ([^,]+), (.+)$", step.rest)
        if not match or step.what not in ("add", "sub", "mul", "shl", "lshr", "ashr", "udiv", "urem", "sdiv",
                                          "srem", "and", "or", "xor"):
            raise Unsupported(f"{step.what} {step.rest}")
        width = int(match.group(1))
        a, b = (self.get(way, text, width) for text in match.groups()[1:])
        if width == 1:
            return self.logical(way, step, a, b)
        if step.what in ("shl", "lshr", "ashr") and integers.number(b) is None:
            return self.each_amount(way, step, width, a, b)
        if step.what in ("sdiv", "srem"):
            return self.each_sign(way, step, width, a, b)
        way.registers[step.out] = self.arithmetic(way, step.what, width, a, b)
        return [way]

    def logical(self, way, step, a, b):
        if step.what == "xor":
            a = either(both(a, negation(b)), both(negation(a), b))
        else:
            a = {"and": both, "or": either}[step.what](a, b)
        way.registers[step.out] = a
        return [way]

    def each_amount(self, way, step, width, a, b):
        """A way for each number of places that is possible; out of range is poison, which none may use."""
        b = self.unsigned(way, b, width)
        low, high = span(b, way.bounds)
        out = []
        for places in range(max(0, low), min(width - 1, high) + 1):
            alike = equal(b, constant(places))
            if self.possible(way, alike):
                other = way.copy()
                self.learn(other, alike)
                other.registers[step.out] = self.arithmetic(other, step.what, width, a, constant(places))
                out.append(other)
        if high >= width and self.possible(way, at_least(b, width)):
            other = way.copy()
            self.learn(other, at_least(b, width))
            other.registers[step.out] = POISON
            out.append(other)
        return out

    def each_sign(self, way, step, width, a, b):
        a = self.signed(way, a, width)
        out = []
        for other, above in self.split(way, at_least(a, 0)):
            other.registers[step.out] = self.divided_signed(other, step.what, a, self.signed(other, b, width),
                                                            not above)
            out.append(other)
        return out

    def do_icmp(self, way, step):
        how, kind, a, b = re.match(r"(\w+) (\S+) ([^,]+), (.+)$", step.rest).groups()
        width = bits(kind)
        if width is None:
            raise Unsupported(f"icmp {step.rest}")
        a, b = self.get(way, a, width), self.get(way, b, width)
        if width == 1:
            differ = either(both(a, negation(b)), both(negation(a), b))
            way.registers[step.out] = differ if how == "ne" else negation(differ)
        else:
            way.registers[step.out] = self.compared(way, how, width, a, b)
        return [way]

    def convert(self, way, step):
        kind, text, to = re.match(r"(\S+) (\S+) to (\S+)$", step.rest).groups()
        width, wider = bits(kind), bits(to)
        a = self.get(way, text, width)
        if width == 1:
            out = []
            for other, said in self.split(way, a):
                other.registers[step.out] = constant(int(said) if step.what == "zext" else -int(said))
                out.append(other)
            return out
        if step.what != "trunc":
            a = self.unsigned(way, a, width) if step.what == "zext" else self.signed(way, a, width)
        elif wider == 1:
            a = negation(equal(self.divide(way, a, 2)[1], constant(0)))
        way.registers[step.out] = a
        return [way]

    do_zext = do_sext = do_trunc = convert

    def do_freeze(self, way, step):
        kind, text = step.rest.split(" ", 1)
        way.registers[step.out] = self.get(way, text, bits(kind))
        return [way]

    def do_select(self, way, step):
        match = re.match(r"i1 (\S+), (\S+) (\S+), (\S+) (\S+)$", step.rest)
        if not match:
            raise Unsupported(f"select {step.rest}")
        condition, kind, one, _, other = match.groups()
        width = bits(kind)
        condition = self.get(way, condition, 1)
        one, other = self.loosely(way, one, width), self.loosely(way, other, width)
        if width == 1:
            way.registers[step.out] = either(both(condition, one), both(negation(condition), other))
            return [way]
        out = []
        for each, said in self.split(way, condition):
            each.registers[step.out] = one if said else other
            out.append(each)
        return out

    def go(self, way, label):
        """To the start of a block, where all phis change at once."""
        way.before, way.label, way.at = way.label, label, 0
        block, new = self.function.blocks[label], {}
        while block[way.at].what == "phi":
            step = block[way.at]
            kind, rest = step.rest.split(" ", 1)
            for text, origin in re.findall(r"\[ ([^,\]]+), (%[^\]]+) \]", rest):
                if origin.strip() == way.before:
                    new[step.out] = self.loosely(way, text, bits(kind))
            way.at += 1
        way.registers.update(new)
        return way

    def do_br(self, way, step):
        match = re.match(r"i1 ([^,]+), label (%[^,]+), label (%\S+)$", step.rest)
        if not match:
            return [self.go(way, step.rest.removeprefix("label ").strip())]
        condition, yes, no = match.groups()
        return [self.go(other, yes if said else no)
                for other, said in self.split(way, self.get(way, condition, 1))]

    def do_switch(self, way, step):
        kind, text, default, cases = re.match(r"i(\d+) ([^,]+), label (\S+) \[(.*)\]$", step.rest).groups()
        width = int(kind)
        a = self.get(way, text, width)
        out = []
        for case, label in re.findall(r"i\d+ (-?\d+), label (\S+)", cases):
            alike = self.compared(way, "eq", width, a, constant(int(case)))
            ways = self.split(way, alike)
            out += [self.go(other, label) for other, said in ways if said]
            rest = [other for other, said in ways if not said]
            if not rest:
                return out
            way = rest[0]
        return [*out, self.go(way, default)]

    def do_ret(self, way, step):
        self.ways += 1
        self.ended.append(way)
        return []

    def do_unreachable(self, way, step):
        raise Unsupported("unreachable is reached")

    def do_extractvalue(self, way, step):
        text, index = re.search(r"(%\S+), (\d+)$", step.rest).groups()
        way.registers[step.out] = way.registers[text][int(index)]
        return [way]

    # ---- Calls -------------------------------------------------------------------------------------------

    def do_call(self, way, step):
        match = re.match(r"(.*?)@([\w.]+)\((.*)\)", step.rest)
        if not match:
            raise Unsupported(f"call {step.rest}")
        _, name, text = match.groups()
        arguments = [one.split() for one in text.split(", ")] if text else []
        if name in ("assume", "claim"):
            return getattr(self, name)(way, self.get(way, arguments[0][-1], 1))
        if name == "llvm.ubsantrap":
            raise Refuted("no trap (overflow, shift or division)", way, True)
        if name.startswith(("llvm.lifetime", "llvm.dbg", "llvm.experimental.noalias", "llvm.assume")):
            return [way]
        return self.intrinsic(way, step, name, arguments)

    def assume(self, way, condition):
        return [other for other, said in self.split(way, condition) if said]

    def claim(self, way, condition):
        self.claims += 1
        if not self.sure(way, condition):
            raise Refuted(f"claim number {self.claims}", way, negation(condition))
        self.learn(way, condition)
        return [way]

    def examples(self, refuted, unknowns, chance):
        """Numbers for the unknowns under which it may be false: z3's, the ends of their bounds, any."""
        way = refuted.way.copy()
        self.learn(way, refuted.condition)
        values = self.solver.example(way.known, way.bounds, False)
        if values is not None:
            yield [values.get(one, one.low) for one in unknowns]
        ends = [sorted(way.bounds.get(one, (one.low, one.high))) for one in unknowns]
        for _ in range(CORNERS):
            yield [chance.choice((low, high, low + 1, high - 1, chance.randint(low, high),
                                  low + chance.randint(0, high - low) // (1 << chance.randrange(64))))
                   for low, high in ends]
        values = self.solver.example(way.known, way.bounds, True)
        if values is not None:
            yield [values.get(one, one.low) for one in unknowns]

    def intrinsic(self, way, step, name, arguments):
        match = re.fullmatch(r"llvm\.(\w+?)(?:\.with\.overflow|\.sat)?\.i(\d+)", name)
        if not match:
            raise Unsupported(f"call @{name}")
        what, width = match.group(1), int(match.group(2))
        numbers = [self.get(way, one[-1], width) for one in arguments if not one[0] == "i1"]
        if name.startswith(("llvm.uadd.sat", "llvm.usub.sat")):
            result, beyond = self.overflowing(way, what, width, *numbers)
            pair = (constant((1 << width) - 1 if what == "uadd" else 0), result, beyond)
        elif what in ("sadd", "uadd", "ssub", "usub", "smul", "umul"):
            way.registers[step.out] = self.overflowing(way, what, width, *numbers)
            return [way]
        elif what == "abs":
            a = self.signed(way, numbers[0], width)
            pair = (a, scale(a, -1), at_least(a, 0))
        elif what in ("smax", "smin", "umax", "umin"):
            bring = self.signed if what[0] == "s" else self.unsigned
            a, b = (bring(way, one, width) for one in numbers)
            pair = (a, b, at_least(a, b) if what[1:] == "max" else at_least(b, a))
        else:
            raise Unsupported(f"call @{name}")
        out = []
        for other, said in self.split(way, pair[2]):
            other.registers[step.out] = pair[0] if said else pair[1]
            out.append(other)
        return out


def argument(name, width, is_signed):
    """An unknown for an argument of a C type."""
    low = -(1 << (width - 1)) if is_signed else 0
    return Unknown(name, low, low + (1 << width) - 1)
