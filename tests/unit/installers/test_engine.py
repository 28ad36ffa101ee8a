"""The arguments of a written script."""

from __future__ import annotations

import inspect
import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from onpath import planning, receipts
from onpath.errors import NoHomeError, OnpathError, UsageError
from onpath.host import unix
from onpath.installers import engine
from onpath.installers.engine import Options, parse
from onpath.installers.settings import Settings
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
        ("--modify-path", Options(consent="0")),
        ("--help --uninstall", Options(action="help")),
        ("--uninstall -h --version 1", Options(action="help")),
        ("--shell bash --shell=zsh", Options(shells=("bash", "zsh"))),
    ],
)
def test_arguments(words: str, options: Options) -> None:
    assert options == parse(words.split())


@pytest.mark.parametrize(
    "words",
    [
        *("--version", "--from", "--from=", "-x", "cow", "--from /not/there", "--help -x"),
        *("--no-modify-path --modify-path", "--modify-path --no-modify-path"),
        *("--uninstall --version 1", "--shell bash --uninstall", "--uninstall --no-modify-path"),
    ],
)
def test_what_cannot_be_meant_is_an_error(words: str) -> None:
    with pytest.raises(UsageError, match="; "):
        parse(words.split())


def test_an_interrupt_while_python_makes_a_class_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until 3.11 it comes as a RuntimeError, and was a traceback."""

    class Interrupting:
        def __set_name__(self, _owner: object, _name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr("onpath.probes.spawn.own_process", lambda: None)
    monkeypatch.setattr(engine, "read", lambda _: Settings("cow", "cow", script="install.sh"))
    monkeypatch.setattr(engine, "detect", lambda _: type("Made", (), {"attribute": Interrupting()}))
    assert engine.INTERRUPTED == engine.main({}, [])
    assert "install.sh: interrupted; what was begun is taken back\n" == capsys.readouterr().err


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


@pytest.mark.parametrize("module", [unix, planning, receipts])
def test_every_cure_with_an_option_of_ensure_path_is_known(module: object) -> None:
    texts = re.findall(r'"([^"\n]*--force[^"\n]*)"', inspect.getsource(module))  # type: ignore[arg-type]
    assert texts
    for text in texts:
        assert "--force" not in engine._told(OnpathError(text))  # noqa: SLF001


def run_in(home: str, *words: str) -> engine.Run:
    """Return a run in a home, of whose shells nothing is asked."""
    environ = {n: v for n, v in os.environ.items() if n.startswith("XDG_")}
    return engine.Run(
        Settings("cow", "cow"), parse(["--shell", "bash", *words]), {**environ, "HOME": home}
    )


@pytest.mark.parametrize("told", ["latest", "*", "1.0 --index-url x", ">=1 ; python_version<'3'", "-rx"])
def test_what_is_no_version_is_told_before_anything_is_made(home: Path, told: str) -> None:
    with pytest.raises(UsageError, match=r"is not a version; give one as 1\.2"):
        run_in(str(home), "--version", told).run()
    assert [] == [*home.iterdir()]


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_home_whose_name_is_no_text_is_told_with_a_cure_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    os.mkdir(home)
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    with pytest.raises(UsageError, match=r"not in UTF-8.*; let XDG_DATA_HOME be a folder with"):
        run_in(home).run()
    assert [] == os.listdir(home)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    run_in(home)._check_request()  # noqa: SLF001


@pytest.mark.skipif(sys.platform == "win32", reason="folders of Unix")
@pytest.mark.parametrize("name", [".local", ".local/share", ".local/bin"])
def test_what_is_no_folder_is_told_by_its_own_name(home: Path, name: str) -> None:
    (home / name).parent.mkdir(exist_ok=True)
    (home / name).write_text("")
    with pytest.raises(OnpathError) as error:
        run_in(str(home))._claim()  # noqa: SLF001
    assert f"{home}/{name} is not a directory; move it away, then run this again" == str(error.value)
