"""Each fuzzer with a fixed number of inputs; libFuzzer's status tells, and names the input that failed."""

import checks
import fuzzers
import pytest

LIMIT_S = 300


@pytest.mark.parametrize("name", fuzzers.names())
def test_fuzz(name):
    why = checks.built(fuzzers.binary(name))
    if why:
        pytest.fail(why, pytrace=False)
    status, path = checks.logged(fuzzers.counted(name), name, LIMIT_S)
    if status != 0:
        pytest.fail(checks.tail(path), pytrace=False)
