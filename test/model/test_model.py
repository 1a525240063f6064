"""The searches of the record protocol, and the names of their steps in the C sources."""

import checks
import models
import pytest
import steps

SLOWEST = ("publish",)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.long) if name in SLOWEST else name
                                  for name in models.names()])
def test_model(name):
    found = models.search(name)
    if not found.good:
        pytest.fail(checks.tail(found.log), pytrace=False)


def test_steps():
    complaints = steps.complaints()
    assert not complaints, "\n".join(complaints)
