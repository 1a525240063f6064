"""Reader and publisher under relacy: no interleaving of the right ones fails, each variant does."""

import checks
import pytest
import weak


@pytest.mark.parametrize("name", weak.names())
def test_weak(name):
    why = checks.built(weak.BINARY)
    if why:
        pytest.fail(why, pytrace=False)
    found = weak.run(name, weak.CHECKED)
    if not found.good:
        pytest.fail(f"after {found.interleavings} interleavings: {found.broken}\n{found.said}", pytrace=False)
