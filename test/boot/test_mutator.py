"""What `make mutate` stands on: what is changed, what is left alone, and that the patches still apply."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "test", "mutate")
sys.path.insert(0, FOLDER)

import patches  # noqa: E402
import survivors  # noqa: E402
import tokens  # noqa: E402


def changed(text):
    return {mutant.apply(text) for mutant in tokens.mutants_of("x.c", text)}


def function(body):
    return "int f(int a, int b)\n{\n    " + body + "\n}\n"


def test_each_kind_of_change_is_made():
    for before, after in (("return a < b;", "return a <= b;"), ("return a + b;", "return a - b;"),
                          ("return a - 7;", "return a - 8;"), ("return a & 0xff;", "return a & 0xfe;"),
                          ("return a << 2;", "return a << 1 << 2;"), ("return -a;", "return a;"),
                          ("if (a && b) return 1;", "if (!(a && b)) return 1;"),
                          ("a = b; return a;", "; return a;"), ("return (int64_t)a;", "return a;"),
                          ("return max_i64(a, b);", "return min_i64(a, b);"),
                          ("return x.lo_ns;", "return x.hi_ns;"), ("while (a) break;", "while (a) ;")):
        assert function(after) in changed(function(before)), before


def test_a_constant_is_changed_and_a_comment_is_not():
    assert "#define A_NS 4 /* 3 < 4 */\n" in changed("#define A_NS 3 /* 3 < 4 */\n")
    assert changed("/* a < b + 1 */\n// 2 > 1\n") == set()


def test_declarations_and_types_are_left_alone():
    assert changed("struct s {\n    int a[3], *b;\n};\nint f(int *a);\n#include <x-1.h>\n") == set()
    assert all("int *p" in text for text in changed(function("int *p = &a; return *p + 1;")))
    assert function("return 0;") in changed(function("return 1;"))


def test_every_change_is_one_and_is_different():
    text = function("if (a < 3 || !b)\n        a += (uint32_t)b >> 1;\n    return a;")
    found = tokens.mutants_of("x.c", text)
    assert len({mutant.apply(text) for mutant in found}) == len(found) > 12
    assert text not in {mutant.apply(text) for mutant in found}


def test_a_hunk_applies_once_or_not_at_all():
    patch = patches.Patch("p", "f", (("a", "b"),), patches.hunks_of(
        ["--- a/x.c", "+++ b/x.c", "@@ -1,2 +1,2 @@", " one", "-two", "+zwei"]))
    assert patch.apply({"x.c": "one\ntwo\nthree\n"}) == {"x.c": "one\nzwei\nthree\n"}
    for text in ("one\nthree\n", "one\ntwo\none\ntwo\n"):
        try:
            patch.apply({"x.c": text})
        except ValueError:
            continue
        raise AssertionError(text)


def read(file):
    with open(os.path.join(ROOT, file), encoding="utf-8") as source:
        return source.read()


def test_the_patches_and_the_survivors_are_of_these_sources():
    for patch in patches.read_all(os.path.join(FOLDER, "patches")):
        texts = {file: read(file) for file in patch.files}
        assert patch.apply(texts) != texts, patch.name
    entries = survivors.read(os.path.join(FOLDER, "survivors"))
    assert entries and not survivors.stale(entries, ROOT), survivors.stale(entries, ROOT)
    for file in {entry.file for entry in entries}:
        drawn = {mutant.lines(read(file))[1:] for mutant in tokens.mutants_of(file, read(file))}
        assert not [entry for entry in entries if entry.file == file and (entry.old, entry.new) not in drawn]
