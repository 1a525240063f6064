"""What the tests of pages read: a page or a source, whole."""


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
