"""Contexts that are told of and never edited: how they are asked, decided in memory."""

from __future__ import annotations

import pytest

from onpath.contexts import CONTAINER, CRON, LAUNCHD, NOTEBOOK, SUDO, UNIT
from onpath.host import session
from onpath.model import Ask, Context, Plan, Want
from onpath.places import PLACES, told
from onpath.values import replace
from samples import UNREADABLE, make_host, make_machine

HOST = replace(
    make_host(environ={"PATH": "/mine:/usr/bin", "SUDO_USER": "ada", "JPY_PARENT_PID": "1"}),
    surroundings=("container", "macos"),
)
MODES = next(row.modes for row in PLACES if row.module == "told")
WANT = Want(HOST, ("/opt/x",), tuple(map(Context, MODES)))


def path_of(ask: Ask | str) -> str:
    """Return the PATH that `ask` gives."""
    assert isinstance(ask, Ask)
    return dict(ask.environ)["PATH"]


def ask(mode: str, files: dict[str, str] | None = None) -> Ask | str:
    """Return how `mode` is asked on a machine that has `files`."""
    return told.ask(HOST, Context(mode), make_machine(files or {}))


def test_nothing_is_ever_edited() -> None:
    machine = make_machine({})
    assert tuple(map(Context, MODES)) == told.contexts(HOST, (), MODES)
    assert (Plan(), Plan()) == (told.plan(WANT, machine), told.undo(WANT, machine))
    assert () == told.remarks(WANT, Plan(), machine)
    for context in WANT.contexts:
        assert () == told.targets(WANT, context, machine)


def test_where_there_is_no_such_context_that_is_said() -> None:
    bare = replace(make_host(environ={}), surroundings=())
    for mode in (CONTAINER, NOTEBOOK, LAUNCHD):
        assert isinstance(told.ask(bare, Context(mode), make_machine({})), str)


def test_a_container_has_the_path_of_its_first_process(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {session.FIRST_PROCESS: "HOME=/\0PATH=/opt/x:/bin\0LATER=1\0"}
    monkeypatch.setattr(session, "text_of", lambda path: texts.get(path, ""))
    assert "/opt/x:/bin" == path_of(ask(CONTAINER))
    for text in ("", "HOME=/\0"):
        texts[session.FIRST_PROCESS] = text
        assert "cannot be read" in str(ask(CONTAINER))


def test_a_notebook_has_the_path_of_its_kernel() -> None:
    assert "/mine:/usr/bin" == path_of(ask(NOTEBOOK))


def test_sudo_has_what_sudoers_says_or_else_the_caller_s() -> None:
    text = 'Defaults env_reset\nDefaults\tsecure_path="/usr/sbin:/usr/bin"\n'
    assert "/usr/sbin:/usr/bin" == path_of(ask(SUDO, {"/etc/sudoers": text}))
    assert "/mine:/usr/bin" == path_of(ask(SUDO, {"/etc/sudoers": "Defaults env_reset\n"}))
    assert "only root may read" in str(ask(SUDO, {"/etc/sudoers": UNREADABLE}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ('Defaults secure_path="/a:/b"', "/a:/b"),
        ("Defaults secure_path=/a:/b", "/a:/b"),
        ('Defaults env_reset, secure_path = "/a, b", x', "/a, b"),
        ('# Defaults secure_path="/a"', None),
        ('Defaults secure_path="/a" # ="/b"', "/a"),
        ('Defaults secure_path="/a"\nDefaults secure_path="/b"', "/b"),
        ('Defaults secure_path="/a"\nDefaults !secure_path', None),
        ('Defaults:ada secure_path="/a"', None),
        ('Defaults \\\n  secure_path="/a"', "/a"),
        ('Defaultssecure_path="/a"', None),
    ],
)
def test_the_last_secure_path_for_everybody_counts(text: str, expected: str | None) -> None:
    assert expected == told.secure_path(text)


def test_cron_and_units_are_started_by_a_script() -> None:
    for mode in (CRON, UNIT):
        found = told.ASKS[mode](HOST, make_machine({}))
        assert isinstance(found, Ask)
        assert "/bin/sh" == found.program
