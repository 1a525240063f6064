"""The commands' variables, from the environment, checked."""

import os


class Refused(Exception):
    """A variable's value makes no sense, or something needed is not there; the message says what would do."""


def number(name, default, low, high):
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise Refused(f"{name}={text}: must be a whole number from {low} to {high}")
    return int(text)


def choice(name, choices):
    """One of `choices`; the first is the default."""
    text = os.environ.get(name, "").strip() or choices[0]
    if text not in choices:
        raise Refused(f"{name}={text}: must be {' or '.join(choices)}")
    return text
