"""The rows of --where, made of the outcomes of a look."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Callable

import pytest

from onpath import host, request
from onpath.beginning import Beginning
from onpath.host import installed as installed_shells
from onpath.host import unix
from onpath.model import EFFECTIVE, LATE, MISSING, SHADOWED, UNKNOWN, Context, Outcome, Probe, Standing
from onpath.places import fence
from onpath.shells import UNIX_ROWS
from onpath.standings import standings
from onpath.survey import Survey

if TYPE_CHECKING:
    from pathlib import Path

    Make = Callable[..., Survey]

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)


@pytest.fixture
def make(home: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return the function that makes a survey of everywhere, for the shells that are named."""
    folder = home / "bins"
    folder.mkdir()
    for row in UNIX_ROWS.values():
        (folder / row.programs[0]).write_text("#!/bin/sh\n")
        (folder / row.programs[0]).chmod(0o755)
    monkeypatch.setattr(installed_shells, "USUAL_BINS", ())
    monkeypatch.setattr(unix, "running_shell", lambda _: None)
    monkeypatch.setattr(unix, "own_entry", lambda: ("", "", ""))
    monkeypatch.setattr(host, "CONTAINER_SIGNS", ())

    def make_survey(*shells: str, named: tuple[str, ...] = ("~/tools",), **environ: str) -> Survey:
        given = {"HOME": str(home), "PATH": str(folder), **environ}
        options = {"shells": shells or ("bash",), "environ": given}
        survey = Survey(Beginning(request.make("where", named, options)))
        survey.path_source = ""
        return survey

    return make_survey


def rows(survey: Survey, verdicts: dict[str, str], reason: str = "") -> dict[str, Standing]:
    """Return the rows where `verdicts` come from contexts, by mode or by shell and mode."""
    for context in survey.contexts:
        name = str(Context(context.mode, context.shell))
        verdict = verdicts.get(name, verdicts.get(context.mode, EFFECTIVE))
        probe = Probe(context, verdict, reason if verdict == UNKNOWN else "")
        survey.before[context] = probe
        survey.report_outcome(Outcome(context, probe))
    return {row.context: row for row in standings(survey)}


def test_the_contexts_whose_sign_is_here_come_first(make: Make) -> None:
    found = list(rows(make(SSH_CONNECTION="1 2 3 4", SUDO_USER="ada"), {}))
    assert ["ssh", "sudo", "login", "interactive", "session", "command", "editor"] == found[:7]


def test_what_no_sign_and_no_trace_shows_has_no_row(make: Make) -> None:
    assert not {"notebook", "container", "launchd", "ci"} & set(rows(make(), {}))


def test_the_worst_of_the_shells_decides_and_is_named(make: Make) -> None:
    found = rows(make("bash", "zsh"), {"zsh login": MISSING, "interactive": SHADOWED})
    assert (MISSING, "zsh", "ensure-path ~/tools --shell bash --shell zsh") == (
        found["login"].verdict,
        found["login"].reason,
        found["login"].cure,
    )
    assert SHADOWED == found["interactive"].verdict


def test_the_cure_is_a_command_where_one_helps_and_else_a_line(make: Make) -> None:
    found = rows(make("dash", "zsh"), {"ssh": MISSING, "session": MISSING, "unit": MISSING})
    words = "ensure-path ~/tools --shell dash --shell zsh --for"
    assert f"{words} session" == found["session"].line == found["session"].cure
    assert f"{words} ssh" == found["ssh"].cure  # zsh has a file for it
    if "unit" in found:
        assert "ExecStart=%h/tools/COMMAND" == found["unit"].line
    found = rows(make("dash"), {"ssh": MISSING})
    assert "" == found["ssh"].line
    assert (
        "reads no startup file; ssh HOST ./tools/COMMAND, or after ensure-path ~/tools --shell dash "
        "--for session: "
        "ssh HOST '. ~/.profile; COMMAND'" == found["ssh"].cure
    )


def test_a_shell_that_took_too_long_gets_more_time_and_no_edit(make: Make) -> None:
    survey = make()
    (context,) = (each for each in survey.contexts if str(each) == "bash login")
    command = "ensure-path ~/tools --where --timeout 60"
    probe = Probe(context, UNKNOWN, f"{LATE} in 2 s", f"if it is only slow: {command}")
    survey.before[context] = probe
    survey.report_outcome(Outcome(context, probe))
    row = rows(survey, {})["login"]
    assert (UNKNOWN, probe.cure, command) == (row.verdict, row.cure, row.line)


def test_the_scripts_directory_needs_no_name_in_the_cure(make: Make) -> None:
    found = rows(make(named=()), {"login": MISSING, "ssh": MISSING})
    words = "ensure-path --shell bash"
    assert (words, f"{words} --for ssh") == (found["login"].cure, found["ssh"].cure)


def test_by_which_file_it_is_so_is_told(home: Path, make: Make) -> None:
    (home / ".bashrc").write_text('PATH="$HOME/tools:$PATH"\n')
    (home / ".profile").write_text(fence.insert(None, "~/tools", "PATH=x\n"))
    found = rows(make(), {})
    assert (f"{home}/.profile",) == found["login"].by
    assert (f"{home}/.bashrc",) == found["interactive"].by == found["ssh"].by
    assert () == found["command"].by


def test_a_file_that_gives_path_to_every_session_is_named(make: Make) -> None:
    survey = make()
    survey.path_source = "/etc/environment"
    survey.session = {**survey.session, "PATH": f"{survey.directories[0]}:/bin"}
    assert ("/etc/environment",) == rows(survey, {})["login"].by


def test_why_there_is_no_answer_is_told(make: Make) -> None:
    found = rows(make(), {"session": UNKNOWN}, "no answer in 10 s")
    assert "no answer in 10 s" == found["session"].reason
