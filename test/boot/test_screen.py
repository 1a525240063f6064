"""One test for each boot that is looked at (rows_screen.py); a failure shows what stood on the screen."""

import pytest
from rows_screen import FAILURES, SCREENS, plots_move, reads
from sights import booted, look


def told(shown, sight, error):
    last = sight.last.text() if sight and sight.last else "(none was read)"
    log = sight.live.log_path if sight else "(none)"
    return f"{shown.name}: {type(error).__name__}: {error}\nlog: {log}\nthe last screen:\n{last}"


def marked(shown):
    """What is looked at again and again while a clock of the host's goes on has the host for itself."""
    return pytest.param(shown, id=shown.name, marks=[pytest.mark.alone] * shown.row.counts)


@pytest.mark.parametrize("shown", [marked(shown) for shown in SCREENS])
def test_screen(shown):
    sight = None
    try:
        with booted(shown) as live:
            sight = look(shown, live, twice=plots_move in shown.expect)
            for expectation in shown.expect:
                expectation(sight)
    except (AssertionError, KeyError, ValueError) as error:
        pytest.fail(told(shown, sight, error), pytrace=False)


@pytest.mark.parametrize("shown, start, end", FAILURES, ids=[shown.name for shown, _, _ in FAILURES])
def test_failure_is_read_on_the_screen(shown, start, end):
    """It takes the screen, whatever stood there, with all that it says."""
    with booted(shown) as live:
        live.wait_line(end)
        log = live.log()
        live.wait_settled(f"all from {start!r} on", lambda screen: reads(screen, log, start))
