"""The arguments of a written script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from onpath.errors import UsageError
from onpath.installers import engine
from onpath.installers.engine import Options, parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("", Options()),
        ("--version 1.0 --quiet", Options(version="1.0", is_quiet=True)),
        ("--version=1.0", Options(version="1.0")),
        ("--uninstall --dry-run", Options(action="uninstall", is_dry=True)),
        ("--no-modify-path", Options(consent="1")),
        ("--no-modify-path --modify-path", Options(consent="0")),
        ("--shell bash --shell=zsh", Options(shells=("bash", "zsh"))),
    ],
)
def test_arguments(words: str, options: Options) -> None:
    assert options == parse(words.split())


@pytest.mark.parametrize("words", ["--version", "--from", "--from=", "-x", "cow", "--from /not/there"])
def test_what_cannot_be_meant_is_an_error(words: str) -> None:
    with pytest.raises(UsageError, match="; "):
        parse(words.split())


def test_every_option_stands_in_the_help() -> None:
    told = set(re.findall(r"--[a-z-]+", engine.USAGE))
    assert told - {"--unpack", "--help"} == {*engine.FLAGS, *engine.TAKES} - {"-h", "-q", "--help"}


def test_the_folder_of_wheels_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wheels").mkdir()
    assert str(tmp_path / "wheels") == parse(["--from", "wheels"]).wheels
