"""Claims proved for all inputs, and variants that must be refuted, by numbers that the program confirms."""

import io
import random
import re

import checks
import conditions
import proofs
import pytest


@pytest.mark.parametrize("name", proofs.names())
def test_proof(name):
    found = proofs.prove(name, few=True)
    if not found.good:
        pytest.fail(checks.tail(found.log), pytrace=False)


def test_the_page_names_all():
    """docs/proofs.md: each claim and its broken variants, and which are long."""
    with open("docs/proofs.md", encoding="utf-8") as page:
        rows = [line.strip().strip("|").split("|") for line in page if re.match(r"\| `[\w-]+` \|", line)]
    told = {row[0].strip(" `"): (re.findall(r"`([\w-]+)`", row[-1]), "(long)" in row[1]) for row in rows}
    assert told == {name: (list(claim.broken), claim.long) for name, claim in proofs.CLAIMS.items()}
    for row in rows:
        sources = {fault.file for fault in proofs.CLAIMS[row[0].strip(" `")].broken.values()}
        assert {row[3].strip(" `")} == sources


def some(chance, unknown):
    """A number in the unknown's bounds, of any size."""
    low, high = unknown.low, unknown.high
    return max(low, min(high, chance.choice((low, high, 0, 1, chance.randint(low, high), chance.randint(
        low, high) >> chance.randrange(63), (1 << chance.randrange(63)) + chance.randrange(-2, 3)))))


@pytest.mark.parametrize("name, case", [
    ("product", {"shift": -3}), ("joint", {"shift": 2}), ("growth", {}), ("ratio", {}), ("wander-q32", {}),
    ("counter-ns", {}), ("bracket", {"edge": 0}), ("deviate", {}), ("utc", {}), ("bound-value", {})])
def test_numbers_go_one_way_where_all_facts_are_true(name, case):
    """What the prover takes for true is true of numbers; what is meant goes one way, all else none."""
    follower, arguments, program = proofs.followed(name, case, io.StringIO())
    chance, met = random.Random(name), 0
    for _ in range(300):
        inputs = {one: some(chance, one) for one in arguments.values() if not isinstance(one, int)}
        open_to_it = []
        for way in follower.ended:
            values = dict(inputs)
            if all(conditions.holds(known, values) for known in way.known):
                open_to_it.append((way, values))
        said = proofs.tried(program, [inputs.get(one, one) for one in arguments.values()])
        assert said == ("true" if open_to_it else "not meant")
        assert len(open_to_it) <= 1
        for way, values in open_to_it:
            met += 1
            facts, unknowns, _ = conditions.facts_of(way.known, way.bounds)
            assert all(conditions.holds(fact, values) for fact in facts)
            for unknown in unknowns:
                low, high = way.bounds.get(unknown, (unknown.low, unknown.high))
                assert low <= conditions.integers.value_of(unknown, values) <= high
    assert met >= 5
