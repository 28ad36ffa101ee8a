"""The scripts directory is found as Python itself says, our own folder as the system has it."""

from __future__ import annotations

import ntpath
import os
import site
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest

import hostile
from onpath.errors import NoScriptsDirectoryError, RefusedError, UsageError
from onpath.host import directories, unix
from onpath.model import UNVERSIONED, USER
from samples import HOME, make_host

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


PYTHONPATHS = ("", ".", ":/nowhere", "/nowhere:", "in:..")


@pytest.mark.parametrize("pythonpath", [None, *PYTHONPATHS])
@pytest.mark.parametrize("path", ["/usr/bin:/bin", ":/usr/bin:/bin:.:"])
def test_a_python_that_is_asked_runs_nothing_of_the_current_folder(
    ada: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pythonpath: str | None, path: str
) -> None:
    """A download folder, say."""
    witness = tmp_path / "witness"
    monkeypatch.chdir(hostile.fill(tmp_path / "downloads", witness))
    (tmp_path / "downloads" / "in").symlink_to(".")
    environ = {"HOME": str(ada), "PATH": path, "PYTHONINSPECT": "1"}
    if pythonpath is not None:
        environ["PYTHONPATH"] = pythonpath
    for python in (BASE, sys.executable):
        found = directories.scripts_directory(make_host(str(ada), environ=environ), python)
        assert found.startswith(f"{ada}/")
        assert not witness.exists(), witness.read_text()


def test_a_hostile_folder_is_one(tmp_path: Path) -> None:
    """Else the test above would hold for nothing."""
    folder = hostile.fill(tmp_path / "downloads", tmp_path / "witness")
    subprocess.run([BASE, "-c", "import sysconfig"], cwd=folder, check=False, stderr=subprocess.DEVNULL)
    subprocess.run([folder / "mktemp"], check=True)
    assert {"sysconfig", "mktemp"} <= set((tmp_path / "witness").read_text().split())
    # Before Python can write, it imports this one.
    bare = subprocess.run([BASE, "-c", ""], cwd=folder, check=False, env={"PYTHONPATH": ":"}, stderr=-3)
    assert bare.returncode


def test_without_a_name_it_is_that_of_the_base_python(ada: Path) -> None:
    """Also in a virtual environment, where these tests run."""
    expected = subprocess.check_output([BASE, "-c", STANDARD], env={"HOME": str(ada)}, timeout=30)
    assert os.fsdecode(expected) == directories.scripts_directory(make_host(str(ada)))


def test_another_home_has_it_at_the_same_place(ada: Path) -> None:
    own = directories.scripts_directory(make_host(str(ada)))
    assert own.replace(str(ada), "/home/eve") == directories.scripts_directory(make_host("/home/eve"))


@pytest.mark.usefixtures("ada")
def test_a_user_base_outside_of_the_home_stays_for_another_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", "/opt/base")
    assert "/opt/base/bin" == directories.scripts_directory(make_host("/home/eve"))


@pytest.mark.parametrize("python", [BASE, sys.executable], ids=["base", "venv"])
def test_a_python_that_is_named_is_asked(ada: Path, python: str) -> None:
    host = make_host(str(ada))
    assert directories.scripts_directory(host) == directories.scripts_directory(host, python)


def make_python(folder: Path, code: str) -> str:
    """Return a program that runs `code` of sh whatever it is asked."""
    program = folder / "python9"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    return str(program)


def test_a_python_that_is_named_is_found_on_path(ada: Path) -> None:
    make_python(ada, "printf 'ok %s' \"$HOME/é/bin\"")
    host = make_host(str(ada), environ={"PATH": str(ada)})
    assert f"{ada}/é/bin" == directories.scripts_directory(host, "python9")


@pytest.mark.parametrize("path", ["", ".", "bin", "./bin:bin/", "bin:/nowhere:.:"])
def test_no_program_of_the_current_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "bin").mkdir()
    for folder in (tmp_path, tmp_path / "bin"):
        make_python(folder, "exit 1")
    monkeypatch.chdir(tmp_path)
    assert directories.find_program("python9", {"PATH": path}) is None
    found = directories.find_program("python9", {"PATH": f"{path}:{tmp_path}/bin"})
    assert f"{tmp_path}/bin/python9" == found


def test_a_python_is_asked_for_the_home_that_is_served(ada: Path) -> None:
    program = make_python(ada, "printf 'ok %s' \"$HOME/bin\"")
    assert "/home/eve/bin" == directories.scripts_directory(
        make_host("/home/eve", environ={"HOME": HOME}), program
    )


def test_a_directory_of_odd_bytes_comes_back(ada: Path) -> None:
    program = make_python(ada, "printf 'ok /opt/\\351'")
    assert "/opt/\udce9" == directories.scripts_directory(make_host(str(ada)), program)


@pytest.mark.parametrize("name", ["python9", "", ".", "/nowhere/python", "./python", "python\n"])
def test_a_python_that_is_not_there_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="name one by its path or its name on PATH"):
        directories.scripts_directory(make_host(environ={"PATH": "/nowhere"}), name)


def test_a_folder_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no Python"):
        directories.scripts_directory(HOST, str(tmp_path))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("echo hello", "is not a Python that can be asked: it ended with 0"),
        ("exit 3", "is not a Python that can be asked: it ended with 3"),
        ("echo trace >&2; echo SyntaxError: bad >&2; exit 1", "asked: SyntaxError: bad"),
        ("echo ok", "is not a Python that can be asked"),
        ("kill -9 $$", "is not a Python that can be asked: it ended with -9"),
    ],
)
def test_a_program_that_is_no_python_is_a_usage_error(tmp_path: Path, code: str, message: str) -> None:
    """The last line of what it complains about is told."""
    with pytest.raises(UsageError, match=message):
        directories.scripts_directory(HOST, make_python(tmp_path, code))


def test_a_python_that_does_not_answer_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "ASK_TIMEOUT_S", 0.1)
    with pytest.raises(UsageError, match="did not answer"):
        directories.scripts_directory(HOST, make_python(tmp_path, "exec sleep 30"))


def test_a_python_without_such_a_directory_says_why(tmp_path: Path) -> None:
    program = make_python(tmp_path, "printf 'no its user site is switched off'")
    with pytest.raises(NoScriptsDirectoryError, match=f"{program} has no .* switched off"):
        directories.scripts_directory(HOST, program)


def test_this_python_without_such_a_directory_says_why(
    ada: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", "~/never expanded")
    with pytest.raises(NoScriptsDirectoryError, match="name another with --python"):
        directories.scripts_directory(make_host(str(ada)))


# The directory of a scheme.


def test_a_scheme_says_whose_directory_it_is(ada: Path) -> None:
    """A Python's own, or the one that no version is part of."""
    host = make_host(str(ada))
    program = make_python(ada, "printf 'ok /opt/bin'")
    assert directories.scripts_directory(host) == directories.directory(host, USER)
    assert "/opt/bin" == directories.directory(host, USER, program)
    assert f"{ada}/.local/bin" == directories.directory(host, UNVERSIONED)


# Our own folder.


def test_the_state_folder_is_where_the_system_has_such_folders(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = "Library/Application Support" if sys.platform == "darwin" else ".local/state"
    host = make_host(str(home))
    assert f"{home}/{usual}/onpath" == directories.state_folder(host)
    if sys.platform != "darwin":
        monkeypatch.setattr(sys, "platform", "freebsd14")
        assert f"{home}/{usual}/onpath" == directories.state_folder(host)


@pytest.mark.parametrize(
    ("value", "folder"),
    [("/opt/state", "/opt/state"), ("relative", "HOME/.local/state"), ("", "HOME/.local/state")],
)
def test_on_linux_the_session_may_have_it_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str, folder: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    host = make_host(str(home), environ={"HOME": str(home), "XDG_STATE_HOME": value})
    assert f"{folder}/onpath".replace("HOME", str(home)) == directories.state_folder(host)


def test_for_another_home_it_is_there(home: Path) -> None:
    environ = {"HOME": str(home), "XDG_STATE_HOME": f"{home}/state"}
    assert "/home/eve/.local/state/onpath" == directories.state_folder(
        make_host("/home/eve", environ=environ)
    )


# Who could put a program there.


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Make a directory that only its owner can write to."""
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o755)
    return folder


def test_a_directory_that_does_not_exist_yet_is_no_error(directory: Path) -> None:
    directories.check_directory(str(directory / "new" / "one"))


def test_a_file_in_its_place_is_refused(directory: Path) -> None:
    (directory / "file").touch()
    (directory / "loop").symlink_to("loop")
    for name in ("file", "loop"):
        with pytest.raises(RefusedError, match="is not a directory; move it away"):
            directories.check_directory(str(directory / name))


@pytest.mark.parametrize("name", ["link", "link/bin", "link/a/b", "chain", "chain/bin"])
def test_a_dangling_link_on_the_way_is_refused_as_what_it_is(directory: Path, name: str) -> None:
    """A disk that is not mounted, or a repository that was not cloned yet."""
    (directory / "link").symlink_to(directory / "disk" / "local")
    (directory / "chain").symlink_to("link")
    link = directory / name.split("/", maxsplit=1)[0]
    with pytest.raises(RefusedError) as caught:
        directories.check_directory(str(directory / name))
    expected = f"{link} is a dangling link to {directory}/disk/local; mount or create that"
    assert expected == str(caught.value)


def test_a_link_to_a_directory_is_one(directory: Path) -> None:
    link = directory.with_name("link")
    link.symlink_to("bin")
    directories.check_directory(str(link))


Told = Callable[..., str]


@pytest.fixture
def told(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return the function that says what is told where these can put commands: who, and the folder."""

    def tell(*writers: tuple[str, str]) -> str:
        for _, name in writers:
            (directory / name).mkdir(exist_ok=True)
        found = tuple((who, f"{directory}/{name}") for who, name in writers)
        monkeypatch.setattr(unix, "other_writers", lambda *_: found)
        return directories.danger(HOST, (str(directory),)).replace(str(directory), "")

    return tell


def test_who_else_can_put_programs_there_is_told_in_one_sentence_with_one_command(told: Told) -> None:
    assert "" == told()
    writers = [("the group staff", name) for name in ("a", "a b", "c")]
    expected = (
        "the group staff can write to /a, /a b and /c and everybody can write to /d, so others could "
        "put programs before yours; run chmod go-w /a '/a b' /c /d"
    )
    assert expected == told(*writers, ("everybody", "d"))


def test_a_folder_that_the_system_has_for_everybody_keeps_its_mode() -> None:
    """After `chmod go-w /tmp` the programs of other users fail."""
    shared = "/tmp"  # noqa: S108 - nothing is put there
    if not os.path.isdir(shared) or os.stat(shared).st_mode & 0o1002 != 0o1002:
        pytest.skip("nothing is for everybody here")
    said = directories.danger(HOST, (shared,))
    assert said == (
        "everybody can write to /tmp, so others could put programs before yours; name another directory"
    )


def test_a_folder_above_two_directories_is_named_once(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unix, "other_writers", lambda *_: (("everybody", str(directory)),))
    said = directories.danger(HOST, (f"{directory}/a", f"{directory}/b"))
    assert f"everybody can write to {directory}, so others" in said
    assert said.endswith(f"run chmod go-w {directory}")


def test_a_directory_of_another_user_is_told_with_what_helps(told: Told) -> None:
    harm = "so others could put programs before yours"
    fact = f"/a belongs to {unix.user_name(os.geteuid()) or unix.OWNER}"
    assert f"{fact}, {harm}; name another directory" == told((unix.OWNER, "a"))
    expected = (
        f"{fact} and everybody can write to /b, {harm}; run chmod go-w /b and name another directory"
    )
    assert expected == told((unix.OWNER, "a"), ("everybody", "b"))


def test_a_drive_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above it there is nothing, by Windows' rules of names: the way up must end."""
    for name in ("dirname", "lexists", "isdir", "islink"):
        monkeypatch.setattr(os.path, name, getattr(ntpath, name))
    with pytest.raises(RefusedError, match=r"there is no drive Q:\\; name a directory on one"):
        directories.check_directory(r"Q:\a\b")


def test_a_program_is_found_where_the_current_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", fail)
    program = tmp_path / "cow"
    program.touch(mode=0o755)
    environ = {"PATH": os.pathsep.join(("", "bin", str(tmp_path))), "PATHEXT": ".COW"}
    assert str(program) == directories.find_program("cow", environ)
