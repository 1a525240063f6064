"""docs/reader.md: its example is the file compiled here, as C and as C++, and its numbers are right."""

import os
import re
import subprocess

import pytest
from pages import text_of

PAGE = "docs/reader.md"
EXAMPLE = "test/reader/example.c"
C, CXX = ["-std=c11"], ["-x", "c++", "-std=c++17"]
COMPILERS = {"gcc": ["gcc", *C], "clang": ["clang", *C],
             "g++": ["g++", *CXX], "clang++": ["clang++", *CXX]}
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Iinclude"]
UNKNOWN = 2 ** 64 - 1
# 4000 ticks of half a ns after a stamp of 10 s; a bound of 100 ns that grows by 1 ns in 1 ms.
WHOLE = 10_000_000_000 + 2_000


def test_page_has_the_example_word_for_word():
    blocks = re.findall(r"^```c\n(.*?)^```$", text_of(PAGE), re.M | re.S)
    assert text_of(EXAMPLE) in blocks, f"{PAGE} has no block that is {EXAMPLE}"


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiles_in_a_kernel(compiler, tmp_path):
    subprocess.run([*COMPILERS[compiler], "-O2", "-ffreestanding", *WARNINGS, "-c", EXAMPLE,
                    "-o", str(tmp_path / "example.o")], check=True)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_says_what_records_made_by_hand_mean(compiler, tmp_path):
    program = str(tmp_path / "hand")
    subprocess.run([*COMPILERS[compiler], "-O1", *WARNINGS, "-include", "test/reader/hand.h", EXAMPLE,
                    "test/reader/hand.c", "-o", program], check=True)
    output = subprocess.run([program], check=True, capture_output=True, text=True, timeout=60).stdout
    said = {line.split()[0]: line.split()[1:] for line in output.splitlines()}
    assert re.findall(r"^mapped (\d)$", output, re.M) == ["1", "0"]

    # The lines of VCPU 0 and VCPU 63 are 100 ns apart: the one that is behind is raised to what was read.
    points = {"unified": (WHOLE, WHOLE), "vcpu0": (WHOLE + 500, WHOLE + 500),
              "vcpu63": (WHOLE + 400, WHOLE + 500)}
    for name, (raw, point) in points.items():
        ns, earliest, now, latest, bound = map(int, said[name][:5])
        assert ns == now == point, name
        assert 100 <= bound <= 103 and earliest == raw - bound and latest == raw + bound, name
        assert earliest <= now <= latest, name
        assert said[name][5] == f"1120824001.{point - raw + 1000:09}", name    # UTC of the stamp is the same
    assert said["clamps"] == ["3"]      # two points and one time of day
    assert said["in_it"] == ["1", "7", "70"] and said["after_it"] == ["0", "0", "0"]

    for name, raw in (("xen", WHOLE + 1000), ("kvm", WHOLE)):
        assert list(map(int, said[name])) == [raw, 0, raw, UNKNOWN, UNKNOWN], name


def test_names_of_the_page_are_names_of_the_header():
    header = "".join(text_of(f"include/meridian/{name}.h") for name in ("clock", "breach", "abi"))
    for name in sorted(set(re.findall(r"\b(?:meridian_\w+|MERIDIAN_\w+)\b", text_of(PAGE)))):
        assert re.search(rf"\b{name}\b", header), f"{PAGE} names {name}"
    for path in re.findall(r"`((?:include|test|docs|guest|hv)/[\w./]+)`", text_of(PAGE)):
        assert os.path.exists(path), f"{PAGE} names {path}"
