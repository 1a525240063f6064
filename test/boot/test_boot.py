"""One test a row; a failure names the log and shows its end."""

from dataclasses import replace

import linespage
import pytest

from boot import boot
from emulator import ONE_THREAD
from rows import ROWS

TAIL_LINES = 30


def documented(row, log):
    """The log has no @ line or key that docs/lines.md lacks; its first tells the version of their form."""
    wrong = next(linespage.log_complaints(log.at_lines), None)
    assert not wrong, wrong
    if not row.on_xen():
        wrong = linespage.first_line_complaint(log.at_lines)
        assert not wrong, wrong


def judge(row, outcome, path):
    log = outcome.log
    try:
        if row.on_xen():
            assert outcome.ended == "stopped", f"no verdict from the guest; QEMU: {outcome.ended}"
        else:
            how = f"{outcome.state()}, not {row.verdict} (QEMU: {outcome.ended}, status {outcome.status})"
            wanted = ("ok", "fail") if row.verdict == "any" else (row.verdict,)
            assert outcome.state() in wanted, how
        for expectation in (documented, *row.expect):
            expectation(row, log)
    except (AssertionError, KeyError, ValueError) as error:
        tail = "\n".join(log.text.splitlines()[-TAIL_LINES:])
        pytest.fail(f"{row.name}: {type(error).__name__}: {error}\nlog: {path}\n{tail}", pytrace=False)


def case(row):
    """
    A boot wants the host for itself if a clock of the host judges it, if it brings busy loops of its own, if
    it has a host thread for each CPU, or if it is stopped from outside. A menu is only typed at from there.
    """
    alone = row.lane not in ("exact", "bochs") and (
        row.truth or row.load or (row.outside and not row.menu_s) or row.accel != ONE_THREAD)
    return pytest.param(row, id=row.name, marks=pytest.mark.alone if alone else ())


@pytest.mark.parametrize("row", [case(row) for row in ROWS])
def test_boot(row):
    outcome, path = boot(row)
    judge(row, outcome, path)
    if row.repeat:
        again, again_path = boot(replace(row, outside=None), "-again")
        judge(row, again, again_path)
        assert again.log.text == outcome.log.text, f"not the same output twice: {path} and {again_path}"
