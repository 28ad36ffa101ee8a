"""An alias or a function hides a command, unless it runs that command itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.probes import meanings
from onpath.shells import ALIAS, FUNCTION, MEANINGS, ROWS, TABLE

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORIES = ("/home/ada/.local/bin", "C:\\Users\\Ada\\Python\\Scripts")
HIDE = [
    (ALIAS, "alias ruff='docker run ruff'"),
    (ALIAS, "ruff='docker run ruff'"),
    (ALIAS, "ruff=uvx\\ ruff"),
    (ALIAS, "uvx ruff"),
    (ALIAS, "ruff-old --fix"),
    (ALIAS, "['uvx', 'ruff']"),
    (FUNCTION, 'ruff () \n{ \n    docker run astral/ruff "$@"\n}'),
    (FUNCTION, "ruff() { /opt/old/bin/ruff; }"),
    (FUNCTION, "ruff() { command ruff-old; }"),
    (FUNCTION, "function ruff\n  uvx ruff $argv\nend"),
    (FUNCTION, ""),
]
RUN_IT = [
    (ALIAS, "alias ruff='ruff --fix'"),
    (ALIAS, "alias ruff='NO_COLOR=1 ruff'"),
    (ALIAS, "alias -- ruff='command ruff'"),
    (ALIAS, "alias ruff='noglob ruff'"),
    (ALIAS, "ruff='\\ruff -q'"),
    (ALIAS, "ruff='sudo -E A=1 ruff'"),
    (ALIAS, "ruff --fix"),
    (ALIAS, "['ruff', '--fix']"),
    (ALIAS, "^ruff --fix"),
    (ALIAS, "alias ruff=~/.local/bin/ruff"),
    (FUNCTION, 'ruff () \n{ \n    command ruff "$@"\n}'),
    (FUNCTION, 'ruff() { "$HOME/.local/bin/ruff" "$@"; }'),
    (FUNCTION, "function ruff\n  command ruff --fix $argv\nend"),
    (FUNCTION, "& ruff.exe @args"),
    (FUNCTION, "& $env:APPDATA\\Python\\Scripts\\ruff.exe @args"),
]


@pytest.mark.parametrize(("kind", "definition"), HIDE)
def test_what_runs_another_program_hides_the_command(kind: str, definition: str) -> None:
    assert not meanings.runs_it(kind, definition, "ruff", DIRECTORIES)


@pytest.mark.parametrize(("kind", "definition"), RUN_IT)
def test_what_runs_the_command_hides_nothing(kind: str, definition: str) -> None:
    assert meanings.runs_it(kind, definition, "ruff", DIRECTORIES)


def test_each_shell_is_asked_for_each_command_of_a_plain_name() -> None:
    for row in TABLE:
        text = meanings.question(row, ("ruff", "a b", "$(x)", "-x", "é", "uv.exe"), "/run/out")
        assert text.count("/run/out.as-") == 2 * row.meaning.count("{file}"), row.name
        assert "$(x)" not in text
        assert "a b" not in text


def test_a_line_that_is_typed_does_not_grow_without_end() -> None:
    names = [f"tool{number}" for number in range(99)]
    assert meanings.question(ROWS["tcsh"], names, "/run/out").count("alias") == meanings.MOST


def test_the_answers_are_those_that_hide(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    for name, text in (("a", "alias\nalias a='b'\n"), ("c", "function\n"), ("d", "docker run d\n")):
        (tmp_path / f"out.as-{name}").write_text(text)
    (tmp_path / "out.as-e").write_text("")
    (tmp_path / "out.as-f").write_text("alias\nalias f='f -x'\n")
    assert (("a", "alias"), ("c", "function"), ("d", "alias")) == meanings.read(
        "abcdef", DIRECTORIES, out
    )


@given(st.sampled_from(MEANINGS), st.text(max_size=60))
def test_a_text_of_any_kind_is_judged(kind: str, definition: str) -> None:
    assert meanings.runs_it(kind, definition, "ruff", DIRECTORIES) in {True, False}
