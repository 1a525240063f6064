"""The parser that all boot tests stand on."""

from atlines import Log, TerminalFilter, parse_line

GOOD = "@verdict result=ok reads=12 rate_ppb=-3 reason=none"


def test_reads_words_and_numbers():
    line = parse_line(GOOD)
    assert line.word == "verdict" and line["result"] == "ok"
    assert line.number("reads") == 12 and line.number("rate_ppb") == -3


def test_refuses_what_is_malformed():
    for text in ("@", "@verdict result", "@verdict  a=1", "@verdict a=1 a=2", "@Verdict a=1", "@verdict x"):
        assert parse_line(text) is None, text


def test_verdict_must_be_last():
    assert Log(GOOD).is_ok()
    assert not Log(GOOD + "\n@second n=1").has_verdict()
    assert not Log("@verdict result=fail").is_ok()
    assert not Log("@verdict result=perhaps").has_verdict()
    assert not Log("").has_verdict()
    assert not Log("text " + GOOD).has_verdict()
    assert Log("@verdict result\n").malformed == ["@verdict result"]


def test_filter_drops_escapes_however_they_are_cut():
    raw = b"\x1b[2J\x1b[01;01H\x1b[=3hone\r\n\x1b[0m\x1b[37mtwo\x1b[40m\n\x00three\n"
    for cut in range(len(raw) + 1):
        terminal = TerminalFilter()
        assert terminal.feed(raw[:cut]) + terminal.feed(raw[cut:]) == "one\ntwo\nthree\n", cut
