"""Claims proved for all inputs, and variants that must be refuted, by numbers that the program confirms."""

import checks
import proofs
import pytest


@pytest.mark.parametrize("name", proofs.names())
def test_proof(name):
    found = proofs.prove(name)
    if not found.good:
        pytest.fail(checks.tail(found.log), pytrace=False)
