"""What acts on a machine from outside acts when it should."""

import pytest
from monitor import Actor


@pytest.fixture(name="done")
def fixture_done():
    return []


@pytest.fixture(name="actor")
def fixture_actor(done):
    steps = [("one", lambda actor: done.append("first")), ("two", lambda actor: done.append("second"))]
    return Actor("folder", steps,
                 prepare=lambda folder: ["-more", folder])


def test_qemu_is_told(actor):
    assert actor.arguments[0] == "-qmp"
    assert actor.arguments[-4:] == ["-pidfile", "folder/pid", "-more", "folder"]


def test_it_waits_for_a_whole_line(actor, done):
    actor.see("zero\non")
    actor.see("e, and")
    assert not done and actor.left() == ["one", "two"]
    actor.see(" more\n")
    assert done == ["first"] and actor.left() == ["two"]


def test_each_text_comes_after_the_step_before(actor, done):
    actor.see("two\n")
    assert not done
    actor.see("one\n")
    assert done == ["first"]
    actor.see("one\ntwo")
    actor.see("\n")
    assert done == ["first", "second"] and not actor.left()


def test_all_that_is_due_is_done_at_once(actor, done):
    actor.see("one\ntwo\n")
    assert done == ["first", "second"]
