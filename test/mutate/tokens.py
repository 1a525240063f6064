"""
Where a C file can be made a little wrong: small changes of single tokens, conditions, casts and statements,
inside functions and constants. It knows enough of C to leave declarations, types and comments alone.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<directive>^[ ]*\#(?:\\\n|[^\n])*)
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+\.[0-9.eE+-]*[lLfF]*|[0-9]+[uUlL]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\|
            |[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])
  | (?P<space>\s+)""", re.X | re.S | re.M)
DEFINE = re.compile(r"\s*#\s*define\s+\w+[ \t]+(?=\S)")

SWAPS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",),
         "!=": ("==",), "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "+=": ("-=",),
         "-=": ("+=",), "++": ("--",), "--": ("++",), "<<": (">>", "<< 1 <<"), ">>": ("<<", ">> 1 >>"),
         "<<=": (">>=",), ">>=": ("<<=",), "&&": ("||",), "||": ("&&",), "&": ("|",), "|": ("&",),
         "!": ("",), "~": ("",)}
OPPOSITES = [("lo", "hi"), ("min", "max"), ("floor", "ceil"), ("upper", "lower"), ("first", "last"),
             ("fast", "slow"), ("early", "late"), ("above", "below"), ("true", "false"), ("next", "prev")]
OPPOSITE = {a: b for pair in OPPOSITES for a, b in (pair, pair[::-1])}
TYPES = {"void", "char", "int", "long", "short", "bool", "unsigned", "signed", "__int128", "const",
         "volatile", "static", "struct", "union", "enum", "inline", "_Static_assert", "register", "extern",
         "goto", "__attribute__", "__asm__"}
INTEGERS = ("unsigned", "signed", "__int128", "int", "long")
FLOW = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "break", "continue",
        "sizeof"}
# An operator that follows one of these has an operand on its left.
ENDS_OPERAND = re.compile(r"[\w)\]]$")


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int

    @property
    def end(self):
        return self.at + len(self.text)


@dataclass(frozen=True)
class Mutant:
    file: str
    at: int
    end: int
    new: str
    what: str

    def apply(self, text):
        return text[:self.at] + self.new + text[self.end:]

    def lines(self, text):
        """(number, the lines it touches, the same after it), each in one line."""
        start, stop = text.rfind("\n", 0, self.at) + 1, text.find("\n", self.end)
        stop = len(text) if stop < 0 else stop
        changed = text[start:self.at] + self.new + text[self.end:stop]
        return text.count("\n", 0, self.at) + 1, one_line(text[start:stop]), one_line(changed)


def one_line(text):
    return " ".join(text.split())


def tokens_of(text):
    """What a compiler sees; of the preprocessor's lines only the values of constants."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"no token of C: {text[at:at + 20]!r}")
        kind, at = match.lastgroup, match.end()
        if kind == "directive":
            found += value_tokens(match.group(), match.start())
        elif kind not in ("comment", "space"):
            found.append(Token(kind, match.group(), match.start()))
    return found


def value_tokens(directive, at):
    """Of `#define NAME value` the value, between braces so that it counts as a place to change."""
    match = DEFINE.match(directive)
    if not match:
        return []
    body = directive[match.end():]
    inner = [Token(m.lastgroup, m.group(), at + match.end() + m.start()) for m in TOKEN.finditer(body)
             if m.lastgroup not in ("comment", "space", "directive")]
    return [Token("value", "{", at), *inner, Token("value", "}", at + len(directive))]


def changeable(tokens):
    """Whether each token stands in a function's body or a constant's value, by its index."""
    stack, inside = [], []
    for i, token in enumerate(tokens):
        before = tokens[i - 1].text if i else ""
        if token.text == "{":
            stack.append(bool(stack and stack[-1]) or token.kind == "value" or before in (")", "="))
        inside.append(bool(stack and stack[-1]))
        if token.text == "}" and stack:
            stack.pop()
    return inside


def closing(tokens, i):
    """The index of the bracket that closes the one at `i`."""
    depth = 0
    for j in range(i, len(tokens)):
        depth += tokens[j].text in ("(", "[", "{")
        depth -= tokens[j].text in (")", "]", "}")
        if depth == 0:
            return j
    return len(tokens) - 1


def number_changes(token):
    digits = token.text.rstrip("uUlL")
    suffix = token.text[len(digits):]
    if "." in digits:
        return
    value = int(digits, 0) if not re.fullmatch(r"0\d+", digits) else int(digits, 8)
    for other in (value + 1, value - 1):
        if other >= 0:
            yield (hex(other) if digits.lower().startswith("0x") else str(other)) + suffix


def word_changes(token):
    parts = token.text.split("_")
    if any(part in OPPOSITE for part in parts):
        yield "_".join(OPPOSITE.get(part, part) for part in parts)


def is_declaration(tokens, i):
    """A statement that begins at `i` and only declares."""
    one, two, three = (tokens[j] if j < len(tokens) else Token("", "", 0) for j in (i, i + 1, i + 2))
    return (one.text in TYPES or one.text in FLOW or (one.kind == "word" and two.kind == "word")
            or (one.kind == "word" and two.text == "*" and three.kind == "word" and one.text.endswith("_t")))


def heads(tokens):
    """Indexes of the brackets that close the head of an if, for or while."""
    return {closing(tokens, i + 1) for i, token in enumerate(tokens[:-1])
            if token.text in ("if", "for", "while") and tokens[i + 1].text == "("}


def statements(file, tokens, inside):
    """Expression statements, left out."""
    ends_head, parens = heads(tokens), 0
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        parens += (before is not None and before.text == "(") - (token.text == ")")
        if not inside[i] or before is None or before.kind == "value" or parens:
            continue
        if before.text not in (";", "{", "}", "else") and i - 1 not in ends_head:
            continue
        if token.kind != "word" and token.text not in ("*", "++", "--") or is_declaration(tokens, i):
            continue
        j = i
        while j < len(tokens) and tokens[j].text not in (";", "{", "}"):
            j = closing(tokens, j) + 1 if tokens[j].text in ("(", "[") else j + 1
        if j < len(tokens) and tokens[j].text == ";" and any(t.text in ("=", "(", "++", "--") or
                                                            t.text.endswith("=") for t in tokens[i:j]):
            yield Mutant(file, token.at, tokens[j].at, "", "statement dropped")


def negation_of_its_own(words):
    """A single comparison or `!x`: other changes turn these round already."""
    return not {"&&", "||"} & set(words) and \
        (words[0] == "!" or bool({"<", ">", "<=", ">=", "==", "!="} & set(words)))


def conditions(file, text, tokens, inside):
    for i, token in enumerate(tokens):
        if inside[i] and token.text in ("if", "while") and tokens[i + 1].text == "(":
            end = closing(tokens, i + 1)
            open_, close = tokens[i + 1], tokens[end]
            if not negation_of_its_own([t.text for t in tokens[i + 2:end]]):
                yield Mutant(file, open_.at, close.end, f"(!({text[open_.end:close.at]}))",
                             "condition negated")
        if inside[i] and token.text in ("break", "continue"):
            yield Mutant(file, token.at, token.end, "", f"{token.text} dropped")


def casts(file, tokens, inside):
    for i, token in enumerate(tokens[:-2]):
        if not inside[i] or token.text != "(":
            continue
        j = closing(tokens, i)
        names = [t.text for t in tokens[i + 1:j]]
        if names and all(n in INTEGERS or re.fullmatch(r"u?int\d+_t", n) for n in names) and \
                j + 1 < len(tokens) and \
                (tokens[j + 1].kind in ("word", "number") or tokens[j + 1].text in ("(", "-", "*")):
            yield Mutant(file, token.at, tokens[j].end, "", "cast dropped")


def operators(file, tokens, inside):
    for i, token in enumerate(tokens):
        if not inside[i] or token.kind == "value":
            continue
        before = tokens[i - 1] if i else Token("", "", 0)
        after = tokens[i + 1] if i + 1 < len(tokens) else Token("", "", 0)
        binary = bool(ENDS_OPERAND.search(before.text)) and before.text not in FLOW
        if token.kind == "number":
            for new in number_changes(token):
                yield Mutant(file, token.at, token.end, new, f"{token.text} to {new}")
        elif token.kind == "word":
            for new in word_changes(token):
                yield Mutant(file, token.at, token.end, new, f"{token.text} to {new}")
        elif token.text == "-" and not binary:
            yield Mutant(file, token.at, token.end, "", "minus dropped")
        elif token.text in ("*", "&") and (not binary or before.text in TYPES or before.text.endswith("_t")
                                           or (i > 1 and tokens[i - 2].text == "struct")):
            continue
        elif token.text in SWAPS and (binary or token.text in ("!", "~", "++", "--")) and after.text:
            for new in SWAPS[token.text]:
                yield Mutant(file, token.at, token.end, new, f"{token.text} to {new or 'nothing'}")


def mutants_of(file, text):
    """All of a file's, in a fixed order."""
    tokens = tokens_of(text)
    inside = changeable(tokens)
    found = [*operators(file, tokens, inside), *casts(file, tokens, inside),
             *conditions(file, text, tokens, inside), *statements(file, tokens, inside)]
    return sorted(set(found), key=lambda m: (m.at, m.end, m.new))
