"""What is special about acting for every user."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.errors import OnpathError, UsageError
from onpath.host import detect, directories, every_user, unix, ways
from onpath.model import EVERY_USER
from onpath.values import replace
from samples import make_host

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.model import Installed

if sys.platform == "win32":
    pytest.skip("users of Unix", allow_module_level=True)

HOST = make_host("/")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process be root's."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a program that everybody may run, as far as this folder decides."""
    monkeypatch.setattr(ways, "walk", own_walk(tmp_path))
    file = tmp_path / "bin" / "bash"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def own_walk(folder: Path) -> object:
    """Return a walk that leaves out what is above `folder`, which pytest makes private."""
    walk = ways.walk

    def below(path: str) -> object:
        real = os.path.realpath(folder)
        return ((each, info) for each, info in walk(path) if not real.startswith(each) or each == "/")

    return below


def test_it_has_the_names_of_the_other_systems() -> None:
    names = {name for name in vars(unix) if name.isupper() or callable(getattr(unix, name))}
    from onpath.host import windows  # noqa: PLC0415 - one test

    shared = {name for name in names if hasattr(windows, name) and not name.startswith("_")}
    protocol = {"FAMILY", "STATE_FOLDER", "find_shells", "absolute", "Lock", "new_session", "check_home"}
    assert protocol <= shared
    assert not {name for name in protocol if not hasattr(every_user, name)}


def test_only_root_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(OnpathError, match=r"only root can .*; run this as root"):
        detect({}, is_for_every_user=True)


@pytest.mark.usefixtures("root")
def test_nothing_of_the_session_that_asks_counts_but_its_language_and_programs() -> None:
    environ = {"HOME": "/root", "ZDOTDIR": "/x", "CI": "1", "LANG": "C", "LC_TIME": "C", "PATH": "/bin"}
    host = detect(environ, is_for_every_user=True)
    assert {"LANG": "C", "LC_TIME": "C", "PATH": "/bin"} == host.environ
    assert (EVERY_USER, "/", 0) == (host.system.FAMILY, host.home, host.uid)
    assert None is host.running
    assert host.user == every_user.unprivileged().name != "root"


def test_who_proves_it_has_no_rights() -> None:
    user = every_user.unprivileged()
    assert user.uid
    assert user.gid
    assert 0 not in user.groups


def test_without_an_entry_it_is_the_number_that_stands_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pwd  # noqa: PLC0415 - Windows has none

    def none(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", none)
    assert every_user.User("nobody", 65534, 65534, (65534,)) == every_user.unprivileged()


def test_its_session_is_not_that_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unix, "new_session", None)
    environ, _ = every_user.new_session(HOST)
    assert environ["USER"] == environ["LOGNAME"] == every_user.unprivileged().name


def test_a_program_is_for_all_if_others_may_run_it_and_pass_all_folders(program: Path) -> None:
    assert every_user.is_for_all(str(program))
    for path in (program, program.parent):
        path.chmod(0o750)
        assert not every_user.is_for_all(str(program))
        assert str(path) == every_user.closed_to_others(str(program))
        path.chmod(0o755)
    assert not every_user.is_for_all(str(program.parent))


def test_the_interpreter_of_a_script_counts_too(program: Path) -> None:
    interpreter = program.with_name("python")
    program.write_text(f"#!{interpreter}\n")
    assert not every_user.is_for_all(str(program))
    interpreter.write_text("")
    interpreter.chmod(0o700)
    assert not every_user.is_for_all(str(program))
    interpreter.chmod(0o755)
    assert every_user.is_for_all(str(program))


def test_why_a_directory_is_closed_is_told_with_the_cure(program: Path) -> None:
    assert "" == every_user.why_closed([str(program.parent), "/no/such/directory"])
    program.parent.chmod(0o700)
    found = every_user.why_closed([f"{program.parent}/deeper"])
    assert f"other users may not search {program.parent}" in found
    assert f"run chmod a+x {program.parent}" in found


@pytest.mark.parametrize("name", ["~", "~/bin", "/", "//", "/.", "", "a:b"])
def test_a_directory_that_is_not_one_for_all_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="; "):
        every_user.absolute(HOST, name)


def test_others_stay_as_they_are() -> None:
    assert "/opt/x/bin" == every_user.absolute(HOST, "/opt//x/./bin/")
    assert every_user.STATE_FOLDER == directories.state_folder(replace(HOST, system=every_user))


def test_a_new_user_gets_the_shell_that_the_system_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adduser.conf").write_text("# DSHELL=/bin/no\nDSHELL=/bin/zsh\n")
    (tmp_path / "useradd").write_text('SHELL="/bin/bash"\nHOME=/home\n')
    files = ((str(tmp_path / "adduser.conf"), "DSHELL"), (str(tmp_path / "useradd"), "SHELL"))
    monkeypatch.setattr(every_user, "NEW_USER", files)
    told = [program for _, program in every_user.new_user_shells()]
    assert ["/bin/zsh", "/bin/bash", "/bin/bash", "/bin/sh"] == told


def test_what_a_run_makes_can_be_read_whatever_umask_root_has(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with every_user.Lock(str(tmp_path)):
            (tmp_path / "made").mkdir()
        assert 0o755 == (tmp_path / "made").stat().st_mode & 0o777
        assert 0o077 == os.umask(0o077)
    finally:
        os.umask(before)


def test_a_shell_that_others_cannot_run_is_left_out_with_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = replace(HOST, environ={"PATH": "/usr/bin:/bin"})

    def find(*names: str) -> tuple[Installed, ...]:
        return every_user.find_shells(host, names, is_all=False, variables=dict)

    found = find()
    assert found
    monkeypatch.setattr(every_user, "is_for_all", lambda program: program != found[0].program)
    rest = find()
    assert found[1:] == rest
    (note, *_) = every_user.note_absent_shells(host, rest, ())
    assert note.startswith(f"{found[0].name} was left out")
    with pytest.raises(UsageError, match="other users cannot run"):
        find(found[0].name)
