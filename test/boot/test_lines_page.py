"""docs/lines.md: what the checks of it see, in sources and in logs."""

from atlines import Log
from linespage import documented, first_line_complaint, log_complaints, printed, source_complaints

SOURCE = r'''
/* "@comment key=" is none */
log_print("@one first=%u "
          "second=%s\\n"
          "text that is for people: third=%u\\n", 1, "x");
if (starts(text, "@verdict ")) format(out, size, "%s", "@");
'''


def test_what_a_source_prints():
    assert [(word, keys) for word, keys in printed(SOURCE) if keys] == [("one", {"first", "second"})]


def test_the_page_has_all_that_the_sources_print():
    assert not list(source_complaints())


def test_the_page_is_read():
    page = documented()
    assert len(page) >= 24 and page["meridian"] == {"lines", "version"} and "bound_ns" in page["verdict"]


def test_what_the_page_lacks_is_seen_in_a_log():
    log = Log("@meridian lines=1 version=0.5\n@row cpu=0 back=1\n@unheard of=1\n@verdict result=ok\n")
    assert list(log_complaints(log.at_lines)) == [
        "back= of @row is not in docs/lines.md", "@unheard is not in docs/lines.md"]
    assert first_line_complaint(log.at_lines) is None


def test_the_first_line_tells_the_version():
    assert first_line_complaint([]) is None
    assert "@second" in first_line_complaint(Log("@second n=1\n").at_lines)
