"""The file that a display manager's script reads, decided in memory."""

from __future__ import annotations

import pytest

from onpath.host import desktop
from onpath.model import DESKTOP, LOGIN, Ask, Context, File, Plan, Want
from onpath.places import fence, session_script
from samples import HOME, make_host, make_machine

HOST = make_host()
SERVED = (Context(DESKTOP, "sh"),)
T = f"{HOME}/.local/bin"
WANT = Want(HOST, (T,), SERVED)
KINDS = {desktop.PROFILE: f"{HOME}/.profile", desktop.XSESSION: f"{HOME}/.xsessionrc"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have a display manager that reads each of the files in turn."""
    found = str(request.param)
    monkeypatch.setattr(desktop, "starts", lambda: (desktop.LOGIN_SHELL, found))
    return found


def test_it_is_there_for_the_desktop_alone_and_where_a_script_reads_it(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    assert kind in KINDS
    assert SERVED == session_script.contexts(HOST, (), (LOGIN, DESKTOP))
    assert () == session_script.contexts(HOST, (), (LOGIN,))
    for others in ((), (desktop.LOGIN_SHELL,)):
        monkeypatch.setattr(desktop, "starts", lambda others=others: others)
        assert () == session_script.contexts(HOST, (), (DESKTOP,))


def test_the_file_gets_a_block_and_loses_it(kind: str) -> None:
    path = KINDS[kind]
    before = "export LANG=C\n"
    assert (File(path),) == session_script.targets(WANT, SERVED[0], make_machine())
    (edit,) = session_script.plan(WANT, make_machine({path: before})).edits
    assert (File(path), before, SERVED) == (edit.target, edit.before, edit.serves)
    assert ["~/.local/bin"] == list(fence.bodies(edit.after))
    (undone,) = session_script.undo(Want(HOST, ()), make_machine({path: edit.after or ""})).edits
    assert before == undone.after


def test_there_is_no_second_target(kind: str) -> None:
    assert kind in KINDS
    assert Plan() == session_script.plan(Want(HOST, (T,), SERVED, attempt=1), make_machine())


def test_it_is_asked_after_the_files_that_the_script_reads(kind: str) -> None:
    found = session_script.ask(HOST, SERVED[0], make_machine())
    assert isinstance(found, Ask)
    assert ("$HOME/.xsessionrc" in found.argv[2]) == (kind == desktop.XSESSION)
    assert ("$HOME/.profile" in found.argv[2]) == (kind == desktop.PROFILE)


def test_it_is_said_from_when_on_it_counts(kind: str) -> None:
    planned = session_script.plan(WANT, make_machine())
    assert kind in KINDS
    assert (desktop.FROM_WHEN,) == session_script.remarks(WANT, planned, make_machine())
    assert () == session_script.remarks(WANT, Plan(), make_machine())
