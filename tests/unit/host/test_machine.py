"""What is special about every user of a Windows machine, as far as it can be told on any system."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from onpath import host
from onpath.errors import OnpathError, UsageError
from onpath.host import detect, directories, machine, rights, unix, windows
from onpath.host.rights import Descriptor, Grant
from samples import make_host

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = {"ProgramFiles": r"C:\Program Files", "Windows": r"C:\Windows"}
OPEN = Descriptor("S-1-5-18", (Grant("S-1-1-0", 0x1200A9, 0),))
CLOSED = Descriptor("S-1-5-18", ())
D = r"C:\tools\bin"


@pytest.fixture
def windows_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an administrator's process on a machine whose folders are open to all."""
    monkeypatch.setattr(host, "choose_shared", lambda: machine)
    monkeypatch.setattr(machine, "why_not_allowed", lambda: "")
    monkeypatch.setattr(rights, "folder_of", FOLDERS.__getitem__)
    monkeypatch.setattr(rights, "why_unknown", lambda _: "")
    monkeypatch.setattr(rights, "read", lambda _: OPEN)


def test_it_has_the_names_of_every_system() -> None:
    from onpath.host import every_user  # noqa: PLC0415 - one test

    functions = {name for name, each in vars(every_user).items() if inspect.isfunction(each)}
    for name in functions & vars(windows).keys() & vars(unix).keys():
        assert hasattr(machine, name), name
    for name in ("why_not_allowed", "as_allowed", "look"):
        assert hasattr(every_user, name)
        assert hasattr(machine, name)


def test_who_is_no_administrator_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "choose_shared", lambda: machine)
    with pytest.raises(OnpathError, match=r"only an administrator can .*; run this in a window that"):
        detect({}, is_for_every_user=True)
    assert "Run as administrator" in machine.as_allowed("ensure-path --system")


@pytest.mark.usefixtures("windows_machine")
def test_nothing_that_is_one_users_own_counts() -> None:
    environ = {
        "Path": r"C:\py",
        "SystemRoot": r"C:\Windows",
        "USERPROFILE": r"C:\Users\Ada",
        "APPDATA": r"C:\Users\Ada\AppData\Roaming",
        "PSModulePath": "x",
    }
    found = detect(environ, is_for_every_user=True)
    assert {"PATH": r"C:\py", "SYSTEMROOT": r"C:\Windows"} == found.environ
    assert ("C:\\", None, None) == (found.home, found.running, found.login)
    assert "" == machine.activation(found, (D,))
    assert None is machine.running_shell(environ)


@pytest.mark.parametrize("directory", ["~", r"~\bin", "~/bin"])
def test_a_directory_of_one_users_is_refused(directory: str) -> None:
    with pytest.raises(UsageError, match="another directory for each user; name the whole path"):
        machine.absolute(make_host("C:\\"), directory)


@pytest.mark.usefixtures("windows_machine")
def test_a_directory_that_others_may_not_look_into_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "" == machine.why_closed((D,))
    monkeypatch.setattr(rights, "read", lambda _: CLOSED)
    told = machine.why_closed((D,))
    assert told.startswith(f"other users may not look into {D}, ")
    assert told.endswith("; name another directory, such as one in C:\\Program Files")
    monkeypatch.setattr(rights, "read", lambda _: None)  # it does not exist yet
    assert "" == machine.why_closed((D,))


@pytest.mark.usefixtures("windows_machine")
def test_where_it_cannot_be_told_who_may_write_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "why_unknown", lambda path: f"it cannot be told who can write to {path}")
    told = machine.why_closed((D,))
    assert f"it cannot be told who can write to {D}, so it is not put on every user's PATH; " in told


@pytest.mark.usefixtures("windows_machine")
def test_who_else_can_write_is_told_with_one_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def writers(_: str) -> Iterator[tuple[str, str]]:
        yield unix.OWNER, r"C:\tools"
        yield r"BUILTIN\Users", D

    monkeypatch.setattr(rights, "other_writers", writers)
    asked = detect({}, is_for_every_user=True)
    assert (
        rf"C:\tools belongs to another user and BUILTIN\Users can write to {D}, "
        "so others could put programs before yours; name another directory"
    ) == directories.danger(asked, (D,))
