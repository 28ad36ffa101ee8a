"""The user and group databases answer, or nothing does."""

from __future__ import annotations

import os
import sys
from typing import Callable

import pytest

from onpath.host import users

if sys.platform == "win32":
    pytest.skip("there are no such databases", allow_module_level=True)

import grp
import pwd

NOBODY = 3_000_000_000 % 2**31


def test_the_user_is_the_one_who_runs_this() -> None:
    entry = pwd.getpwuid(os.getuid())
    assert (entry.pw_name, entry.pw_dir, entry.pw_shell) == users.own_entry()
    assert entry.pw_name == users.user_name(os.getuid())
    assert grp.getgrgid(os.getgid()).gr_name == users.group_name(os.getgid())


def test_numbers_that_nobody_has_have_no_name() -> None:
    assert users.user_name(NOBODY) is None
    assert users.group_name(NOBODY) is None


def test_a_user_without_an_entry_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as any number."""
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    assert users.own_entry() is None


@pytest.mark.parametrize(
    "ask", [users.own_entry, lambda: users.user_name(0), lambda: users.group_name(0)]
)
def test_on_windows_there_are_no_answers(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert ask() is None
