"""The arguments of a written script."""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING

import pytest

from onpath import prove, receipts
from onpath.errors import NoHomeError, OnpathError, UsageError
from onpath.host import unix
from onpath.installers import engine
from onpath.installers.engine import Options, parse
from samples import make_host

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


@pytest.mark.skipif(sys.platform == "win32", reason="modes of Unix")
def test_no_cure_is_told_that_a_script_does_not_take(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(NoHomeError, match="--force") as caught:
        unix.check_home(make_host(home=str(tmp_path), environ={}))
    told = engine._told(caught.value)  # noqa: SLF001
    assert re.search(r"; run chmod \S+ \S+$", told)


@pytest.mark.parametrize("module", [unix, prove, receipts])
def test_every_cure_with_an_option_of_ensure_path_is_known(module: object) -> None:
    texts = re.findall(r'"([^"\n]*--force[^"\n]*)"', inspect.getsource(module))  # type: ignore[arg-type]
    assert texts
    for text in texts:
        assert "--force" not in engine._told(OnpathError(text))  # noqa: SLF001
