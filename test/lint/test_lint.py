"""What is wrong with the sources without running them; and that all programs build."""

import checks
import pytest

LIMIT_S = 900
LINTS = ["house", "scripts", "size", "reader", "format", "cppcheck", "tidy"]


@pytest.mark.parametrize("target", checks.programs() + checks.BENCHES,
                         ids=lambda target: target.removeprefix("build/"))
def test_build(target):
    why = checks.built(target)
    if why:
        pytest.fail(why, pytrace=False)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.long) if name == "tidy" else name
                                  for name in LINTS])
def test_lint(name):
    status, path = checks.logged(checks.make(f"lint-{name}"), f"lint-{name}", LIMIT_S)
    if status != 0:
        pytest.fail(checks.tail(path), pytrace=False)
