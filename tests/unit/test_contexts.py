"""The table of contexts, and its lines: each spelled as the reader of the file takes it."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from onpath import contexts
from onpath.contexts import CONTEXTS, CRON, MODES, NOTEBOOK, ROWS, UNIT, Row
from onpath.places import PLACES
from onpath.values import replace
from samples import BOUNDED, DIRECTORIES, HOME, make_host

if TYPE_CHECKING:
    from pathlib import Path

T = f"{HOME}/.local/bin"


def test_every_context_has_one_row_and_a_place() -> None:
    assert len(CONTEXTS) == len(ROWS)
    assert set(MODES) == {mode for row in PLACES for mode in row.modes}


@pytest.mark.parametrize("row", CONTEXTS, ids=lambda row: str(row.name))
def test_a_row_with_a_line_says_where_it_belongs_and_why_nothing_was_asked(row: Row) -> None:
    assert bool(row.line) == bool(row.where)
    assert bool(row.line) == bool(row.absent) == bool(row.fact)
    assert len(row.title) <= 35  # the table of --where has no more room
    assert "absent" not in row.title


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ()),
        ({"SSH_CONNECTION": "::1 2 ::1 22"}, ("ssh",)),
        ({"SSH_CONNECTION": ""}, ()),
        ({"XDG_SESSION_TYPE": "tty"}, ()),
        ({"XDG_SESSION_TYPE": "wayland"}, ("desktop",)),
        ({"XDG_SESSION_TYPE": "x11", "TERM_PROGRAM": "vscode"}, ("editor", "desktop")),
        ({"TERM_PROGRAM": "Apple_Terminal"}, ()),
        ({"GITLAB_CI": "true"}, ("ci",)),
        ({"CI": "true"}, ()),
        ({"JPY_PARENT_PID": "7"}, ("notebook",)),
        ({"SUDO_USER": "ada"}, ("sudo",)),
    ],
)
def test_a_context_is_here_by_its_sign(environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert expected == contexts.here(make_host(environ=environ))


def test_a_container_is_here_and_others_are_possible_by_what_the_machine_has(tmp_path: Path) -> None:
    host = replace(make_host(), surroundings=("container", "ci"))
    assert ("container",) == contexts.here(host)
    assert {"container", "ci", "ssh", "editor"} <= set(contexts.possible(host))
    assert not {"notebook", "launchd"} & set(contexts.possible(host))
    program = tmp_path / "crond"
    row = replace(ROWS[CRON], traces=(str(program),))
    assert not contexts.is_possible(row, host)
    program.touch()
    assert contexts.is_possible(row, host)
    mac = replace(make_host(), surroundings=("macos",))
    assert "launchd" in contexts.possible(mac)


def test_cron_and_notebooks_get_every_character_for_itself() -> None:
    host = make_host(environ={"PATH": f"{T}:/usr/bin:/bin"})
    assert f"PATH={T}:/opt/$x:/usr/local/bin:/usr/bin:/bin" == contexts.line(CRON, host, (T, "/opt/$x"))
    told = contexts.line(NOTEBOOK, host, (T, "/opt/$$x{1}'"))
    assert f"""import os; os.environ["PATH"] = "{T}:/opt/$$x{{1}}':" + os.environ["PATH"]""" == told


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        (T, "%h/.local/bin"),
        ("/opt/a b", "/opt/a\\x20b"),
        ("/opt/100%", "/opt/100%%"),
        ("/opt/$x", "/opt/$x"),
        ("/opt/$x'", "/usr/bin/env /opt/$$x\\x27"),
        (f"{HOME}2/bin", f"{HOME}2/bin"),
        ("/opt/it's", "/usr/bin/env /opt/it\\x27s"),
        ('/opt/"', "/usr/bin/env /opt/\\x22"),
        ("/opt/a\\b", "/usr/bin/env /opt/a\\\\b"),
    ],
)
def test_a_unit_knows_the_home_and_has_signs_of_its_own(directory: str, expected: str) -> None:
    assert f"ExecStart={expected}/COMMAND" == contexts.line(UNIT, make_host(), (directory,))


@BOUNDED
@given(directory=DIRECTORIES)
def test_a_line_for_sh_is_one_word(directory: str) -> None:
    words = shlex.split(contexts.line("launchd", make_host(), (directory,)))
    home_is_bare = words[-1].replace("$HOME", HOME)
    assert 6 == len(words)
    assert home_is_bare.startswith(directory.replace("$HOME", HOME))


def test_the_cure_says_where_the_line_belongs() -> None:
    assert "in the Dockerfile: " + f'ENV PATH="{T}:$PATH"' == contexts.cure(
        "container", make_host(), (T,)
    )
    assert "" == contexts.cure("ssh", make_host(), (T,))


if sys.platform == "win32":
    pytest.skip("made-up homes of Unix", allow_module_level=True)
