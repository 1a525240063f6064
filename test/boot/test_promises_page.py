"""docs/promises.md and docs/history.md name what proves each claim: every name must exist."""

import glob
import os
import re

import models
import proofs
import pytest
import weak
from pages import text_of
from rows import ROWS
from rows_screen import SCREENS

CASE = re.compile(r"\b(?:cmocka_unit_test\w*|TEST)\((\w+)")


def unit_cases():
    """As the pages name them: `test_scale: lines_never_go_back_and_lose_nothing`."""
    found = set()
    for path in glob.glob("test/unit/test_*.c"):
        with open(path, encoding="utf-8") as file:
            found |= {f"{os.path.basename(path)[:-2]}: {name}" for name in CASE.findall(file.read())}
    return found


def tables(page):
    """Each table of proofs: (what proves, [names])."""
    for part in text_of(f"docs/{page}").split("| proved by | names |")[1:]:
        for line in part.splitlines()[2:]:
            if not line.startswith("|"):
                break
            what, names = (cell.strip() for cell in line.strip("|").split("|"))
            yield what, re.findall(r"`([^`]+)`", names)


def known_to(what):
    if "model" in what:
        return set(models.names())
    if "relacy" in what:
        return set(weak.names())
    if "proofs" in what:
        return set(proofs.names())
    if "row" in what:
        return {row.name for row in ROWS} | {shown.row.name for shown in SCREENS}
    return unit_cases()


def test_every_promise_has_proofs():
    titles = re.findall(r"^## (T\d):", text_of("docs/promises.md"), re.M)
    assert titles == [f"T{number}" for number in range(1, 9)]
    assert text_of("docs/promises.md").count("| proved by | names |") == len(titles)


def test_every_proof_exists():
    for what, names in tables("promises.md"):
        if what in ("simulator", "from outside"):
            continue
        assert names, what
        missing = [name for name in names if name not in known_to(what)]
        assert not missing, f"docs/promises.md, {what}: there is no {missing}"


@pytest.mark.parametrize("page", ["promises.md", "history.md"])
def test_every_case_and_command_exists(page):
    text = text_of(f"docs/{page}")
    cases = re.findall(r"`(test_\w+: \w+)`", text)
    assert cases
    assert not set(cases) - unit_cases()
    files = {os.path.basename(path)[:-2] for path in glob.glob("test/unit/test_*.c")}
    rows = {row.name for row in ROWS}
    asked = set(re.findall(r"`make check T=([\w-]+)`", text))
    assert asked and not asked - files - rows - {"steps"}
    assert not set(re.findall(r"`make model T=([\w-]+)`", text)) - set(models.names() + weak.names())
    for name in re.findall(r"`(seed-[\w-]+)`", text):
        assert os.path.exists(f"test/mutate/patches/{name}.patch"), name
