"""The documentation's pictures are kept small, and lose nothing by it."""

import importlib.machinery
import importlib.util

import pytest
from PIL import Image


def few_colours(picture):
    loader = importlib.machinery.SourceFileLoader("screenshots", "scripts/screenshots")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("screenshots", loader))
    loader.exec_module(module)
    return module.few_colours(picture)


@pytest.mark.parametrize("colours, mode", [(1, "P"), (2, "P"), (3, "P"), (16, "P"), (17, "P"), (256, "P"),
                                           (300, "RGB")])
def test_it_gives_back_the_picture(colours, mode, tmp_path):
    width, height = 37, 11
    body = b"".join((0x10305 * (i * 7 % colours)).to_bytes(4, "little")[:3] for i in range(width * height))
    picture = Image.frombytes("RGB", (width, height), body)
    few_colours(picture).save(tmp_path / "picture.png", optimize=True)
    with Image.open(tmp_path / "picture.png") as back:
        assert back.mode == mode
        assert back.convert("RGB").tobytes() == body
