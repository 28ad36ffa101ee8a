"""The table agrees with itself: every row can be probed, rendered and told from the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onpath import snippets  # type: ignore[attr-defined]  # shells/, mapped by setuptools
from onpath.model import COMMAND, INTERACTIVE, LOGIN, MODES, SESSION
from onpath.shells import ALIASES, DEFAULT_PLACES, QUESTION, ROWS, TABLE

if TYPE_CHECKING:
    from onpath.shells import Shell

SNIPPETS = Path(snippets.__path__[0])
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row.name))


def templates(row: Shell) -> list[str]:
    """Return all that names a file in `row`."""
    startups = [startup for alternatives in row.startup.values() for startup in alternatives]
    return [*row.signs, *row.later, *(name for startup in startups for name in startup.candidates)]


def test_every_name_stands_once() -> None:
    assert len(TABLE) == len(ROWS) == len({row.name for row in TABLE})
    assert {row.name: row.name for row in TABLE}.items() <= ALIASES.items()


@each_row
def test_each_program_leads_to_its_row_or_to_an_earlier_one(row: Shell) -> None:
    """`ksh` is ksh93's, and a name that a row shares leads to the first that has it."""
    names = list(ROWS)
    for program in (row.name, *row.programs):
        assert names.index(ALIASES[program]) <= names.index(row.name)
    assert row.name in {ALIASES[program] for program in row.programs}


@each_row
def test_modes_and_variables_are_known_ones(row: Shell) -> None:
    assert set(row.asks) <= set(MODES)
    assert set(row.startup) <= set(row.asks)
    assert {LOGIN, INTERACTIVE} <= set(row.asks)
    known = {"home", "config", "data", "ENV", *DEFAULT_PLACES}
    used = {name for template in templates(row) for name in re.findall(r"\{(\w+)\}", template)}
    assert set() == used - known
    assert set() == set(row.tells) - set(DEFAULT_PLACES) - {"ENV"}
    assert [] == [template for template in templates(row) if not template.startswith(("{", "/"))]


@each_row
def test_each_question_can_be_put(row: Shell) -> None:
    """As an argument, or else on standard input; what a shell tells of itself goes with it."""
    for mode, ask in row.asks.items():
        assert ask.argv.count(QUESTION) <= 1
        assert ask.argv[0].lstrip("-")
        assert mode in {SESSION, COMMAND} or not ask.terminal or QUESTION in ask.argv
    assert [] == [word for word in row.tells.values() if "\n" in word or ";" in word]


@each_row
def test_each_snippet_is_there_with_its_placeholder(row: Shell) -> None:
    startups = [startup for alternatives in row.startup.values() for startup in alternatives]
    for name in {row.snippet, *(startup.snippet for startup in startups if startup.snippet)}:
        lines = (SNIPPETS / name).read_text().splitlines()
        for tag in ("prepend", "append"):
            tagged = [line.startswith("# now: ") for line in lines if line.endswith(f" # {tag}")]
            assert [True, False] == tagged
        assert any("__DIR__" in line for line in lines if not line.startswith("#"))


def test_every_snippet_serves_a_shell() -> None:
    used = {row.snippet for row in TABLE} | {
        startup.snippet
        for row in TABLE
        for alternatives in row.startup.values()
        for startup in alternatives
    }
    there = {path.name for path in SNIPPETS.iterdir() if path.is_file() and path.suffix != ".py"}
    assert there == used - {""}


@each_row
def test_a_file_that_is_created_hides_no_other(row: Shell) -> None:
    """Of several candidates the last is created: it must be the one that is looked for last."""
    for alternatives in row.startup.values():
        for startup in alternatives:
            assert len(startup.candidates) == len(set(startup.candidates)) > 0


@each_row
def test_a_row_is_data(row: Shell) -> None:
    """Nothing that a run could change."""
    with pytest.raises(AttributeError, match="frozen"):
        row.name = "other"  # type: ignore[misc]


def test_no_startup_file_is_a_systems() -> None:
    """What is edited is the user's; files of the system are only looked at."""
    for row in TABLE:
        names = [
            n
            for alternatives in row.startup.values()
            for startup in alternatives
            for n in startup.candidates
        ]
        assert [] == [name for name in names if name.startswith("/")]
