"""An alias or a function hides a command, unless it runs that command itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.probes import meanings
from onpath.shells import ROWS, TABLE

if TYPE_CHECKING:
    from pathlib import Path

HIDE = [
    "alias ruff='echo no'",
    "ruff='docker run old'",
    "alias -- ruff='ruff-old --fix'",
    "echo no",
    "['uvx', 'other']",
    'ruff () \n{ \n    docker run old "$@"\n}',
    "ruff() { /opt/old/bin/my-ruff; }",
    "# Defined in /home/ada/ruff.fish @ line 1\nfunction ruff\n  uvx other $argv\nend",
    "def ruff [] { 'no' }",
    "fn ruff {echo no}",
    "abbr -a -- ruff 'echo no'",
]
MAY_RUN = [
    "alias ruff='ruff --fix'",
    "alias ruff='A=\"x y\" nice -n 10 ruff'",
    "alias ruff='docker exec ruff ruff'",  # which does not, but who knows
    "ruff=uvx\\ ruff",
    "ruff --fix",
    "^ruff --fix",
    "['ruff', '--fix']",
    'ruff () \n{ \n    command ruff "$@"\n}',
    'ruff() { unset -f ruff; eval "$(ruff --completion)"; }',
    'ruff() { "${HOME}/.local/bin"/ruff "$@"; }',
    "function ruff\n  command ruff --fix $argv\nend",
    "& $env:APPDATA\\Python\\Scripts\\ruff.exe @args",
    "abbr -a -- ruff 'ruff --fix'",
    "",  # it is not shown
]


@pytest.mark.parametrize("definition", HIDE)
def test_what_does_not_name_the_command_hides_it(definition: str) -> None:
    assert not meanings.may_run(definition, "ruff")


@pytest.mark.parametrize("definition", MAY_RUN)
def test_what_names_the_command_once_more_may_run_it(definition: str) -> None:
    assert meanings.may_run(definition, "ruff")


def test_each_shell_is_asked_for_each_command_of_a_plain_name() -> None:
    for row in TABLE:
        text = meanings.question(row, ("ruff", "a b", "$(x)", "-x", "é", "uv.exe"), "/run/out")
        assert text.count("/run/out.as-") == 2 * row.meaning.count("{file}"), row.name
        assert "$(x)" not in text
        assert "a b" not in text


def test_a_line_that_is_typed_does_not_grow_without_end() -> None:
    names = [f"tool{number}" for number in range(99)]
    assert meanings.question(ROWS["tcsh"], names, "/run/out").count("alias") == meanings.MOST


def test_the_answers_say_what_each_is_and_whether_it_may_run_the_program(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    told = {"a": "alias\nalias a='b'\n", "c": "function or builtin\n", "d": "docker run d\n", "e": ""}
    for name, text in {**told, "f": "alias\nalias f='f -x'\n", "g": "builtin\n"}.items():
        (tmp_path / f"out.as-{name}").write_text(text)
    expected = (
        *(("a", "alias", False), ("c", "function or builtin", True), ("d", "alias", True)),
        *(("f", "alias", True), ("g", "builtin", False)),
    )
    assert expected == meanings.read("abcdefgh", out)


@given(st.text(max_size=60))
def test_a_text_of_any_kind_is_judged(definition: str) -> None:
    assert meanings.may_run(definition, "ruff") in {True, False}
