"""Directories are found as Python itself says, written as they stand on PATH, and refused if unsafe."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.errors import NoScriptsDirectoryError, RefusedError, UsageError
from onpath.host import directories as locate
from onpath.host import users
from onpath.values import replace
from samples import BOUNDED, DIRECTORIES, HOME, make_host

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("directories of Unix", allow_module_level=True)

BASE = os.path.realpath(sys.executable)
STANDARD = (
    "import sys, sysconfig; named = getattr(sysconfig, 'get_preferred_scheme', lambda _: 'posix_user'); "
    "sys.stdout.write(sysconfig.get_path('scripts', named('user')))"
)
HOST = make_host()


@pytest.fixture
def ada(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have this Python work out its user base for the test's home, as a new one would."""
    monkeypatch.setattr(site, "USER_BASE", None)
    return home


# The scripts directory of a Python.


def test_without_a_name_it_is_that_of_the_base_python(ada: Path) -> None:
    """Also in a virtual environment, where these tests run."""
    expected = subprocess.check_output([BASE, "-c", STANDARD], env={"HOME": str(ada)}, timeout=30)
    assert os.fsdecode(expected) == locate.scripts_directory(make_host(str(ada)))


def test_another_home_has_it_at_the_same_place(ada: Path) -> None:
    own = locate.scripts_directory(make_host(str(ada)))
    assert own.replace(str(ada), "/home/eve") == locate.scripts_directory(make_host("/home/eve"))


@pytest.mark.usefixtures("ada")
def test_a_user_base_outside_of_the_home_stays_for_another_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", "/opt/base")
    assert "/opt/base/bin" == locate.scripts_directory(make_host("/home/eve"))


@pytest.mark.parametrize("python", [BASE, sys.executable], ids=["base", "venv"])
def test_a_python_that_is_named_is_asked(ada: Path, python: str) -> None:
    host = make_host(str(ada))
    assert locate.scripts_directory(host) == locate.scripts_directory(host, python)


def make_python(folder: Path, code: str) -> str:
    """Return a program that runs `code` of sh whatever it is asked."""
    program = folder / "python9"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    return str(program)


def test_a_python_that_is_named_is_found_on_path(ada: Path) -> None:
    make_python(ada, "printf 'ok %s' \"$HOME/é/bin\"")
    host = make_host(str(ada), environ={"PATH": str(ada)})
    assert f"{ada}/é/bin" == locate.scripts_directory(host, "python9")


def test_a_python_is_asked_for_the_home_that_is_served(ada: Path) -> None:
    program = make_python(ada, "printf 'ok %s' \"$HOME/bin\"")
    assert "/home/eve/bin" == locate.scripts_directory(
        make_host("/home/eve", environ={"HOME": HOME}), program
    )


def test_a_directory_of_odd_bytes_comes_back(ada: Path) -> None:
    program = make_python(ada, "printf 'ok /opt/\\351'")
    assert "/opt/\udce9" == locate.scripts_directory(make_host(str(ada)), program)


@pytest.mark.parametrize("name", ["python9", "", ".", "/nowhere/python", "./python", "python\n"])
def test_a_python_that_is_not_there_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="name one by its path or its name on PATH"):
        locate.scripts_directory(make_host(environ={"PATH": "/nowhere"}), name)


def test_a_folder_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no Python"):
        locate.scripts_directory(HOST, str(tmp_path))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("echo hello", "is no Python that can be asked: it ended with 0"),
        ("exit 3", "is no Python that can be asked: it ended with 3"),
        ("echo trace >&2; echo SyntaxError: bad >&2; exit 1", "asked: SyntaxError: bad"),
        ("echo ok", "is no Python that can be asked"),
        ("kill -9 $$", "is no Python that can be asked: it ended with -9"),
    ],
)
def test_a_program_that_is_no_python_is_a_usage_error(tmp_path: Path, code: str, message: str) -> None:
    """The last line of what it complains about is told."""
    with pytest.raises(UsageError, match=message):
        locate.scripts_directory(HOST, make_python(tmp_path, code))


def test_a_python_that_does_not_answer_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "ASK_TIMEOUT_S", 0.1)
    with pytest.raises(UsageError, match="did not answer"):
        locate.scripts_directory(HOST, make_python(tmp_path, "exec sleep 30"))


def test_a_python_without_such_a_directory_says_why(tmp_path: Path) -> None:
    program = make_python(tmp_path, "printf 'no its user site is switched off'")
    with pytest.raises(NoScriptsDirectoryError, match=f"{program} has no .* switched off"):
        locate.scripts_directory(HOST, program)


def test_this_python_without_such_a_directory_says_why(
    ada: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", "~/never expanded")
    with pytest.raises(NoScriptsDirectoryError, match="name another with --python"):
        locate.scripts_directory(make_host(str(ada)))


# As it stands on PATH.


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        ("/opt/bin", "/opt/bin"),
        ("/opt/bin/", "/opt/bin"),
        ("//opt//./bin", "/opt/bin"),
        ("~/bin", f"{HOME}/bin"),
        ("~/./a b/", f"{HOME}/a b"),
        ("bin", "/work/bin"),
        ("./bin", "/work/bin"),
        (".", "/work"),
        ("~x/bin", "/work/~x/bin"),
        ("/opt/\udce9", "/opt/\udce9"),
    ],
)
def test_a_directory_has_one_spelling(
    monkeypatch: pytest.MonkeyPatch, directory: str, expected: str
) -> None:
    monkeypatch.setattr(os, "getcwd", lambda: "/work")
    assert expected == locate.absolute(HOST, directory)


@BOUNDED
@given(DIRECTORIES | st.text("./a~", min_size=1, max_size=6).map("/".__add__))
def test_the_spelling_is_its_own(directory: str) -> None:
    once = locate.absolute(HOST, directory)
    assert once == locate.absolute(HOST, once)
    assert once.startswith("/")
    assert {"", ".", ".."}.isdisjoint(once.split("/")[1:]) or once == "/"


def test_a_step_back_behind_a_link_goes_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/b")
    expected = os.path.realpath(tmp_path / "a" / "bin")
    assert expected == locate.absolute(HOST, f"{tmp_path}/link/../bin")


def test_a_link_is_named_as_it_is_called(tmp_path: Path) -> None:
    """It may lead elsewhere tomorrow."""
    (tmp_path / "link").symlink_to("a")
    assert f"{tmp_path}/link" == locate.absolute(HOST, f"{tmp_path}/link")


def test_in_a_folder_that_was_removed_absolute_names_still_mean_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "/opt/bin" == locate.absolute(HOST, "/opt/bin")
    assert f"{HOME}/bin" == locate.absolute(HOST, "~/bin")
    with pytest.raises(UsageError, match="bin"):
        locate.absolute(HOST, "bin")


@pytest.mark.parametrize(
    ("directory", "reason"),
    [
        ("/opt/a:b", "there is a ':' in its name"),
        ("/opt/a\nb", "there is a newline in its name"),
        ("/opt/a\0b", "there is a NUL in its name"),
        ("", "is no scripts directory"),
        ("~", "is no scripts directory"),
        ("~/", "is no scripts directory"),
        (HOME, "is no scripts directory"),
        (f"{HOME}/.", "is no scripts directory"),
    ],
)
def test_what_cannot_or_should_not_be_on_path_is_a_usage_error(directory: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        locate.absolute(HOST, directory)


# Our own folder.


def test_the_state_folder_is_where_the_system_has_such_folders(home: Path) -> None:
    usual = "Library/Application Support" if sys.platform == "darwin" else ".local/state"
    host = replace(make_host(str(home)), system=sys.platform)
    assert f"{home}/{usual}/onpath" == locate.state_folder(host)
    if sys.platform != "darwin":
        assert f"{home}/{usual}/onpath" == locate.state_folder(replace(host, system="freebsd"))


@pytest.mark.parametrize(
    ("value", "folder"),
    [("/opt/state", "/opt/state"), ("relative", "HOME/.local/state"), ("", "HOME/.local/state")],
)
def test_on_linux_the_session_may_have_it_elsewhere(home: Path, value: str, folder: str) -> None:
    host = make_host(str(home), environ={"HOME": str(home), "XDG_STATE_HOME": value})
    assert f"{folder}/onpath".replace("HOME", str(home)) == locate.state_folder(host)


def test_for_another_home_it_is_there(home: Path) -> None:
    environ = {"HOME": str(home), "XDG_STATE_HOME": f"{home}/state"}
    assert "/home/eve/.local/state/onpath" == locate.state_folder(
        make_host("/home/eve", environ=environ)
    )


# Who could put a program there.


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Make a directory that only its owner can write to."""
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o755)
    return folder


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (0o700, None),
        (0o755, None),
        (0o777, "everybody can write to it"),
        (0o1777, "everybody can write to it"),
        (0o757, "everybody can write to it"),
        (0o775, "its group can write to it"),
    ],
)
def test_a_directory_that_others_can_write_to_is_unsafe(
    directory: Path, monkeypatch: pytest.MonkeyPatch, mode: int, reason: str | None
) -> None:
    monkeypatch.setattr(users, "group_name", lambda _: "staff")
    directory.chmod(mode)
    assert reason == locate.unsafe_reason(str(directory), os.geteuid())


def test_a_group_of_the_user_alone_is_as_the_user(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian and Fedora make one for each user, and then let groups write."""
    monkeypatch.setattr(users, "group_name", lambda _: "ada")
    monkeypatch.setattr(users, "user_name", lambda _: "ada")
    directory.chmod(0o775)
    assert locate.unsafe_reason(str(directory), os.geteuid()) is None


def test_a_directory_of_another_user_is_unsafe(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat(directory)
    fields = list(real)
    fields[4] = 4321
    monkeypatch.setattr(os, "stat", lambda _: os.stat_result(fields))
    assert "it belongs to another user" == locate.unsafe_reason(str(directory), 1000)
    assert locate.unsafe_reason(str(directory), 4321) is None


def test_a_directory_that_does_not_exist_yet_is_safe(directory: Path) -> None:
    assert locate.unsafe_reason(str(directory / "new"), os.geteuid()) is None
    locate.check_directory(str(directory / "new"), os.geteuid(), force=False)


def test_an_unsafe_directory_is_refused_unless_it_is_insisted_on(directory: Path) -> None:
    directory.chmod(0o777)
    with pytest.raises(RefusedError, match=r"everybody can write to it, .* chmod go-w .* --force"):
        locate.check_directory(str(directory), os.geteuid(), force=False)
    locate.check_directory(str(directory), os.geteuid(), force=True)


@pytest.mark.parametrize("force", [False, True])
def test_a_file_in_its_place_is_refused(directory: Path, force: bool) -> None:
    (directory / "file").touch()
    (directory / "dangling").symlink_to("nothing")
    for name in ("file", "dangling"):
        with pytest.raises(RefusedError, match="is not a directory; move it away"):
            locate.check_directory(str(directory / name), os.geteuid(), force=force)


def test_a_link_to_a_directory_is_one(directory: Path) -> None:
    link = directory.with_name("link")
    link.symlink_to("bin")
    locate.check_directory(str(link), os.geteuid(), force=False)
