"""
The house's rules on words (scripts/house): a function's name stands once in hv/, a file's too; a contract
begins with its verb; a CPU is "it"; pages that are named exist, and every page is linked.
"""

import collections
import glob
import os
import re

COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRINGS = re.compile(r'"(?:\\.|[^"\\\n])*"')
FUNCTION = re.compile(r"^[a-z_][\w \t\*]*?[ \*]([a-z_]\w*)\(([^;{}]*)\)\s*\n\{", re.M)
NO_VERB = re.compile(r"(?:^/\*\s*|[.:] )(?:False|True|NULL|0|UINT\w+|Whether): ")
PERSON = re.compile(r"\b(who|whom|whose|whoever|he|him|his|she)\b")
# Each of these had several meanings; docs/glossary.md has the words that took their place.
WORDS = re.compile(r"\b\w*(?:TURNS?|PATIENCE)\b|\b(?:\w+_)?turns?(?:_\w+)?\b|\brange_ns\b")
PAGE_NAMED = re.compile(r"\b(?:docs/)?([A-Za-z_]+\.md)\b")
PATH_NAMED = re.compile(r"`((?:hv|guest|boot|include|linker|scripts|test)/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)#]+\.md)(?:#[^)]*)?\)")


def _code(text):
    return STRINGS.sub('""', COMMENTS.sub(lambda match: "\n" * match.group().count("\n"), text))


def _sources(*patterns):
    for pattern in patterns:
        for path in sorted(filter(os.path.isfile, glob.glob(pattern, recursive=True))):
            with open(path, encoding="utf-8") as source:
                yield path, source.read()


def names():
    """A name that stands twice in hv/ sends its reader to the wrong place."""
    where = collections.defaultdict(set)
    for path, text in _sources("hv/**/*.c", "hv/**/*.h"):
        for match in FUNCTION.finditer(_code(text)):
            where[match.group(1)].add(path)
    for name, paths in sorted(where.items()):
        if len(paths) > 1:
            yield f"{name}() is defined in {' and in '.join(sorted(paths))}"
    files = collections.defaultdict(set)
    for path in glob.glob("hv/**/*.c", recursive=True):
        files[os.path.basename(path)].add(path)
    for paths in files.values():
        if len(paths) > 1:
            yield f"one name for {' and '.join(sorted(paths))}"


def comments():
    for path, text in _sources("hv/**/*.[ch]", "guest/*.[ch]", "include/*/*.h"):
        for match in COMMENTS.finditer(text):
            where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
            plain = re.sub(r"\s*\n\s*\*?\s*", " ", match.group())
            if NO_VERB.search(plain):
                yield f"{where}: a contract begins with its verb (\"Returns false while ...\")"
            for word in PERSON.findall(plain):
                yield f"{where}: \"{word}\": a CPU, a VCPU, a caller is \"it\""
        for number, line in enumerate(_code(text).split("\n"), 1):
            for word in WORDS.findall(line):
                yield f"{path}:{number}: {word}: see docs/glossary.md for the word to use"


def pages():
    """Pages and files that are named exist; every page is linked from README or from another page."""
    existing = {os.path.basename(path) for path in glob.glob("docs/*.md")} | {"README.md"}
    linked = set()
    for path, text in _sources("README.md", "docs/*.md"):
        for named in sorted(set(PATH_NAMED.findall(text))):
            if not os.path.exists(named):
                yield f"{path}: names {named}, which is not there"
        for target in LINK.findall(text):
            full = os.path.normpath(os.path.join(os.path.dirname(path), target))
            if not target.startswith("http") and not os.path.exists(full):
                yield f"{path}: links to {target}, which is not there"
            if os.path.basename(path) != os.path.basename(target):
                linked.add(os.path.basename(target))
    for page in sorted(existing - linked - {"README.md"}):
        yield f"docs/{page}: no page links to it"
    for path, text in _sources("hv/**/*.*", "guest/*.*", "include/*/*.h", "boot/*", "linker/*", "Makefile",
                               "test/**/*.[ch]", "test/**/*.py", "test/**/*.pml", "test/**/*.asm",
                               "scripts/*", "scripts/lib/*.py"):
        for page in PAGE_NAMED.findall(text):
            if page not in existing:
                yield f"{path}: names {page}, which is not there"
