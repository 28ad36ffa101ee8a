"""The table agrees with itself: every row can be probed, rendered and told from the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onpath import snippets  # shells/, mapped by setuptools
from onpath.model import (
    COMMAND,
    DESKTOP,
    INTERACTIVE,
    LOGIN,
    LOGIN_SHELL_MODES,
    ORDERS,
    QUESTION,
    SESSION,
    SHELL_MODES,
)
from onpath.places import environment_d
from onpath.shells import (
    ALIASES,
    AS,
    DEFAULT_FOLDERS,
    HISTORY,
    ROWS,
    TABLE,
    UNIX_ROWS,
    WINDOWS_ROWS,
    all_reads,
    steering_variables,
)

if TYPE_CHECKING:
    from onpath.shells import Shell, Startup

SNIPPETS = Path(snippets.__path__[0])
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row.name))
each_unix_row = pytest.mark.parametrize("row", UNIX_ROWS.values(), ids=lambda row: str(row.name))


def startups(row: Shell) -> list[Startup]:
    """Return all startup files of `row`."""
    preferred = [startup for alternatives in row.startup.values() for startup in alternatives]
    return preferred + [startup for _, startup in row.others]


def templates(row: Shell) -> list[str]:
    """Return all that names a file in `row`."""
    candidates = [name for startup in startups(row) for name in startup.candidates]
    defaults = [query.default for query in row.folder_queries if query.default]
    return [*row.evidence, *all_reads(row), *candidates, *defaults]


def test_every_name_stands_once() -> None:
    assert len(TABLE) == len(ROWS) == len({row.name for row in TABLE})
    assert {row.name: row.name for row in TABLE}.items() <= ALIASES.items()


def test_every_row_is_of_a_system() -> None:
    """PowerShell 7 is of both; on Windows cmd comes first, which is everywhere."""
    assert {**UNIX_ROWS, **WINDOWS_ROWS} == ROWS
    assert {"pwsh"} == set(UNIX_ROWS) & set(WINDOWS_ROWS)
    assert ["cmd", "powershell", "pwsh"] == list(WINDOWS_ROWS)
    assert [name for name in ROWS if name in UNIX_ROWS] == list(UNIX_ROWS)


@each_row
def test_each_program_leads_to_its_row_or_to_an_earlier_one(row: Shell) -> None:
    """`ksh` is ksh93's, and a name that a row shares leads to the first that has it."""
    names = list(ROWS)
    for program in (row.name, *row.programs):
        assert names.index(ALIASES[program]) <= names.index(row.name)
    assert row.name in {ALIASES[program] for program in row.programs}


@each_unix_row
def test_modes_and_variables_are_known_ones(row: Shell) -> None:
    modes = {*row.asks, *(mode for mode, other in AS.items() if other in row.asks)}
    assert modes <= {*SHELL_MODES, *LOGIN_SHELL_MODES, DESKTOP}
    assert set(row.startup) <= modes
    assert set(dict(row.unserved)) <= set(row.asks)
    assert {LOGIN, INTERACTIVE} <= set(row.asks)
    known = {"home", "config", "data", *row.steered_by, *DEFAULT_FOLDERS}
    used = {name for template in templates(row) for name in re.findall(r"\{(\w+)\}", template)}
    assert set() == used - known
    queries = {query.name for query in row.folder_queries}
    assert set() == queries - {*DEFAULT_FOLDERS, "ENV", HISTORY}
    assert {mode for mode, _ in row.others} <= set(row.asks)
    assert [] == [template for template in templates(row) if not template.startswith(("{", "/"))]


def test_a_folder_that_was_not_told_is_the_same_in_every_row() -> None:
    for row in TABLE:
        for query in row.folder_queries:
            assert DEFAULT_FOLDERS.get(query.name, "") == query.default


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("bash", ()),
        ("posh", ()),
        ("csh", ()),
        ("zsh", ("ZDOTDIR",)),
        ("dash", ("ENV",)),
        ("mksh", ("ENV",)),
        ("yash", ("XDG_CONFIG_HOME",)),
        ("fish", ("XDG_CONFIG_HOME",)),
        ("nushell", ("XDG_CONFIG_HOME",)),
        ("xonsh", ("XDG_CONFIG_HOME",)),
        ("elvish", ("XDG_CONFIG_HOME",)),
        ("pwsh", ("XDG_CONFIG_HOME",)),
        ("cmd", ()),
    ],
)
def test_the_variables_that_lead_a_shell_to_other_files_are_known(
    name: str, variables: tuple[str, ...]
) -> None:
    assert variables == steering_variables(name)


@each_unix_row
def test_every_variable_in_a_files_name_is_one_that_leads_to_it(row: Shell) -> None:
    """Else nobody is told that this session alone has it."""
    used = {name for template in templates(row) for name in re.findall(r"\{([A-Z]+)\}", template)}
    used |= {"XDG_CONFIG_HOME"} & {
        "XDG_CONFIG_HOME" for template in templates(row) if template.startswith("{config}")
    }
    assert used <= set(steering_variables(row.name))


@each_unix_row
def test_a_hook_of_the_prompt_runs_before_the_question(row: Shell) -> None:
    assert not row.prompt_hooks or row.prompt_hooks.endswith(("; ", "\n"))
    is_argument = all(QUESTION in ask.argv for ask in row.asks.values())
    assert is_argument or "\n" not in row.prompt_hooks[:-1]


@each_unix_row
def test_each_question_can_be_put(row: Shell) -> None:
    """As an argument, or else on standard input; what a shell tells of itself goes with it."""
    for mode, ask in row.asks.items():
        assert ask.argv.count(QUESTION) <= 1
        assert ask.argv[0].lstrip("-")
        assert mode in {SESSION, COMMAND} or not ask.is_terminal or QUESTION in ask.argv
    words = [query.expression for query in row.folder_queries]
    assert [] == [word for word in words if "\n" in word or ";" in word]


@pytest.mark.parametrize("name", WINDOWS_ROWS)
def test_each_question_can_be_put_on_windows(name: str) -> None:
    how = WINDOWS_ROWS[name].windows
    assert how
    assert how.program_paths
    assert 1 == how.arguments.count("{text}")
    assert 1 == how.report.count("{name}")


@each_unix_row
def test_each_assignment_of_path_is_a_pattern(row: Shell) -> None:
    """A comment or another variable matches none of them."""
    assert row.assigns
    for pattern in map(re.compile, row.assigns):
        assert [] == [line for line in ("# PATH=/x", "MANPATH=/x", "echo $PATH") if pattern.match(line)]


@each_unix_row
def test_each_snippet_is_there_with_its_placeholder(row: Shell) -> None:
    for name in {row.snippet, *(startup.snippet for startup in startups(row) if startup.snippet)}:
        lines = (SNIPPETS / name).read_text().splitlines()
        for tag in ORDERS:
            tagged = [line.startswith("# now: ") for line in lines if line.endswith(f" # {tag}")]
            assert [True, False] == tagged
        assert any("__DIR__" in line for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("name", WINDOWS_ROWS)
def test_each_snippet_of_windows_has_lines_for_a_running_session_only(name: str) -> None:
    """All else is in the registry."""
    how = WINDOWS_ROWS[name].windows
    assert how
    lines = (SNIPPETS / how.snippet).read_text().splitlines()
    assert [" # prepend", " # append"] == [line[line.rindex(" # ") :] for line in lines]
    assert [True, True] == ["now: " in line and "__DIR__" in line for line in lines]


def ordered(snippet: str) -> str:
    """Return the snippet that takes the directory from where it is."""
    stem, _, ending = snippet.rpartition(".")
    return f"{stem}-ordered.{ending}"


def test_every_snippet_has_a_use() -> None:
    used = {row.snippet for row in TABLE} | {environment_d.SNIPPET}
    used |= {startup.snippet for row in TABLE for startup in startups(row)}
    used |= {row.windows.snippet for row in TABLE if row.windows}
    used |= {ordered(row.snippet) for row in TABLE if row.startup}
    there = {path.name for path in SNIPPETS.iterdir() if path.is_file() and path.suffix != ".py"}
    assert there == used - {""}


@each_row
def test_a_file_that_is_created_hides_no_other(row: Shell) -> None:
    """Of several candidates the last is created: it must be the one that is looked for last."""
    for startup in startups(row):
        assert len(startup.candidates) == len(set(startup.candidates)) > 0


@each_row
def test_a_row_is_data(row: Shell) -> None:
    """Nothing that a run could change."""
    with pytest.raises(AttributeError, match="frozen"):
        row.name = "other"  # type: ignore[misc]


def test_no_startup_file_is_a_systems() -> None:
    """What is edited is the user's; files of the system are only looked at."""
    names = [name for row in TABLE for startup in startups(row) for name in startup.candidates]
    assert names
    assert [] == [name for name in names if name.startswith("/")]
