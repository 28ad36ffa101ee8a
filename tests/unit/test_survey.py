"""What every run sees first: which shells are served, which modes count, and what that makes of it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from onpath import host as detect
from onpath import survey as look
from onpath.errors import NoShellError, RefusedError, UsageError
from onpath.host import directories as locate
from onpath.host import users
from onpath.model import (
    COMMAND,
    EFFECTIVE,
    INTERACTIVE,
    LOGIN,
    MISSING,
    MODES,
    SESSION,
    SHADOWED,
    UNKNOWN,
    Edit,
    File,
    Outcome,
    Plan,
    Probe,
    Refusal,
)
from onpath.shells import ROWS
from onpath.survey import Look, Request
from samples import installed, make_host

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture
def bins(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the only folder in which there are shells: all of the table, as empty programs."""
    folder = home / "bins"
    folder.mkdir()
    for row in ROWS.values():
        (folder / row.programs[0]).write_text("#!/bin/sh\n")
        (folder / row.programs[0]).chmod(0o755)
    monkeypatch.setattr(detect, "USUAL_BINS", ())
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody sit in a shell, and no login shell, so that only the home decides."""
    monkeypatch.setattr(detect, "running_shell", lambda _: None)
    monkeypatch.setattr(users, "own_entry", lambda: None)


# The shells that are served.


def served(home: Path, request: Request, *, running: str = "", login: str = "") -> list[tuple[str, str]]:
    """Return the served shells with the reasons."""
    host = make_host(
        str(home),
        environ=dict(os.environ),
        running=installed(running) if running else None,
        login=installed(login) if login else None,
    )
    return [(shell.name, shell.reason) for shell in look.served_shells(host, request)]


@pytest.mark.usefixtures("bins")
def test_the_running_the_login_and_the_used_shells_are_served(home: Path) -> None:
    """In the order of the table."""
    (home / ".zshrc").touch()
    (home / ".config/fish/conf.d").mkdir(parents=True)
    expected = [
        ("bash", "login shell"),
        ("zsh", "in use"),
        ("fish", "in use"),
        ("nushell", "running"),
    ]
    assert expected == served(home, Request(), running="nushell", login="bash")


@pytest.mark.usefixtures("bins")
def test_a_shell_that_is_served_for_two_reasons_is_served_once(home: Path) -> None:
    (home / ".zshrc").touch()
    assert [("zsh", "running")] == served(home, Request(), running="zsh", login="zsh")


def test_a_startup_file_of_a_shell_that_is_not_installed_is_no_reason(home: Path, bins: Path) -> None:
    (home / ".zshrc").touch()
    (home / ".bashrc").touch()
    (bins / "zsh").unlink()
    assert [("bash", "in use")] == served(home, Request())


@pytest.mark.usefixtures("bins")
def test_every_shell_that_is_installed_is_served_if_asked_for(home: Path) -> None:
    (home / ".zshrc").touch()
    found = dict(served(home, Request(all_shells=True)))
    assert list(ROWS) == list(found)
    assert {"installed": len(ROWS) - 1, "in use": 1} == {
        reason: list(found.values()).count(reason) for reason in found.values()
    }


@pytest.mark.usefixtures("bins")
def test_only_the_shells_that_are_named_are_served(home: Path) -> None:
    (home / ".zshrc").touch()
    request = Request(shells=("fish", "bash", "fish", "nu"))
    expected = [("bash", "asked for"), ("fish", "asked for"), ("nushell", "asked for")]
    assert expected == served(home, request, running="zsh")


@pytest.mark.usefixtures("bins")
def test_without_any_shell_there_is_nothing_to_do(home: Path) -> None:
    with pytest.raises(NoShellError, match="name one with --shell"):
        served(home, Request())


@pytest.mark.usefixtures("bins")
def test_an_unknown_shell_is_a_usage_error(home: Path) -> None:
    with pytest.raises(UsageError, match="unknown shell 'nonsense'"):
        served(home, Request(shells=("nonsense",)))


# What is asked of them.

Make = Callable[..., Look]


@pytest.fixture
def make(home: Path, bins: Path) -> Make:
    """Return the function that makes a look at `tools` for some shells."""
    (home / "tools").mkdir()
    assert bins

    def make_look(*shells: str, **options: Any) -> Look:
        fields = {"directories": (f"{home}/tools",), "environ": dict(os.environ)}
        return Look(Request(shells=shells or ("bash",), **{**fields, **options}))

    return make_look


def pairs(seen: Look) -> list[tuple[str, str]]:
    """Return what will be asked."""
    return [(shell.name, mode) for shell, mode in seen.pairs]


def test_the_required_modes_are_asked_and_the_others_on_request(make: Make) -> None:
    assert [("bash", LOGIN), ("bash", INTERACTIVE)] == pairs(make())
    assert [("bash", mode) for mode in MODES] == pairs(make(asks_all_modes=True))
    assert [("bash", COMMAND)] == pairs(make(modes=(COMMAND,)))
    assert [("bash", SESSION), ("bash", COMMAND)] == pairs(make(modes=(COMMAND, SESSION)))


def test_a_mode_that_a_shell_cannot_be_asked_is_not(make: Make) -> None:
    for name, row in ROWS.items():
        expected = [(name, mode) for mode in MODES if mode in row.asks]
        assert expected == pairs(make(name, asks_all_modes=True))


def test_a_directory_is_named_once(home: Path, make: Make) -> None:
    names = (f"{home}/tools", "~/tools", f"{home}/tools/", f"{home}/b", f"{home}//tools")
    assert (f"{home}/tools", f"{home}/b") == make(directories=names).directories


def test_without_a_directory_it_is_the_scripts_directory(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "scripts_directory", lambda _, python: f"/opt/of/{python}")
    assert ("/opt/of/python9",) == make(directories=(), python="python9").directories


def test_an_unsafe_directory_is_refused_unless_it_is_insisted_on(home: Path, make: Make) -> None:
    (home / "tools").chmod(0o777)
    with pytest.raises(RefusedError, match="everybody can write to it"):
        make()
    make(is_forced=True)


@pytest.mark.parametrize(
    ("shell", "mode", "modes", "required"),
    [
        ("bash", LOGIN, (), True),
        ("bash", SESSION, (), False),
        ("dash", LOGIN, (), True),
        ("dash", INTERACTIVE, (), False),
        ("rc", INTERACTIVE, (), False),
        ("fish", COMMAND, (), False),
        ("fish", COMMAND, (COMMAND,), True),
        ("dash", INTERACTIVE, (INTERACTIVE,), True),
        ("bash", LOGIN, (COMMAND,), False),
    ],
)
def test_a_mode_counts_where_something_can_be_done_or_it_was_named(
    make: Make, shell: str, mode: str, modes: tuple[str, ...], required: bool
) -> None:
    """dash and rc read no file at a plain prompt: more can nobody do."""
    seen = make(shell, modes=modes)
    assert required == seen.is_required(seen.shells[0], mode)


# What is told, and what it amounts to.


def tell(seen: Look, verdicts: dict[str, str]) -> Look:
    """Have each mode of bash answer."""
    for _, mode in seen.pairs:
        probe = Probe("bash", mode, verdicts.get(mode, EFFECTIVE))
        seen.before["bash", mode] = probe
        seen.tell(Outcome("bash", mode, probe))
    return seen


EDIT = Edit(File("/x"), None, "text")


@pytest.mark.parametrize(
    ("login", "interactive", "edits", "status", "code"),
    [
        (EFFECTIVE, EFFECTIVE, (), "effective", 0),
        (EFFECTIVE, SHADOWED, (), "effective", 0),
        (EFFECTIVE, EFFECTIVE, (EDIT,), "changed", 0),
        (EFFECTIVE, MISSING, (), "missing", 1),
        (MISSING, MISSING, (), "missing", 1),
        (MISSING, UNKNOWN, (), "missing", 1),
        (EFFECTIVE, UNKNOWN, (), "partial", 3),
        (UNKNOWN, UNKNOWN, (), "partial", 3),
        (EFFECTIVE, MISSING, (EDIT,), "partial", 3),
        (EFFECTIVE, UNKNOWN, (EDIT,), "partial", 3),
    ],
)
def test_the_exit_code_follows_from_what_was_told(
    make: Make, login: str, interactive: str, edits: tuple[Edit, ...], status: str, code: int
) -> None:
    """Unknown is never success; and 1 means that nothing was changed."""
    report = tell(make(), {LOGIN: login, INTERACTIVE: interactive}).report(edits=edits)
    assert (status, code) == (report.status, report.exit_code)


def test_a_mode_that_is_not_required_does_not_count(make: Make) -> None:
    seen = tell(make(asks_all_modes=True), {SESSION: MISSING, COMMAND: UNKNOWN})
    assert ("effective", 0) == (seen.report().status, seen.report().exit_code)


def test_an_outcome_is_told_once_and_says_whether_it_counts(make: Make) -> None:
    told: list[Outcome] = []
    seen = make(asks_all_modes=True, on_outcome=told.append)
    tell(tell(seen, {}), {LOGIN: MISSING})
    assert [(LOGIN, True), (INTERACTIVE, True), (SESSION, False), (COMMAND, False)] == [
        (outcome.mode, outcome.is_required) for outcome in told
    ]
    assert {EFFECTIVE} == {outcome.before.verdict for outcome in told if outcome.before}
    assert tuple(told) == seen.report().outcomes


def test_a_mode_that_reads_nothing_is_told_as_such(make: Make) -> None:
    seen = tell(make(asks_all_modes=True), {COMMAND: MISSING})
    notes = {outcome.mode: outcome.note for outcome in seen.report().outcomes}
    assert {LOGIN: "", INTERACTIVE: "", SESSION: "", COMMAND: "reads no startup file"} == notes


def test_the_report_has_all_that_it_was_given(home: Path, make: Make) -> None:
    seen = tell(make(), {})
    seen.notes += ["one", "two", "one"]
    refusal = Refusal(File("/y"), "is read-only", ())
    report = seen.report(
        edits=(EDIT,),
        planned=Plan((EDIT,), (refusal,)),
        put_back=((EDIT, "why"),),
        verdict=("partial", 3),
        activate="line",
    )
    assert ((f"{home}/tools",), (EDIT,), (refusal,), ((EDIT, "why"),), ("one", "two"), "line") == (
        report.directories,
        report.edits,
        report.refusals,
        report.put_back,
        report.notes,
        report.activate,
    )
    assert ("partial", 3) == (report.status, report.exit_code)


def test_a_shell_that_used_up_its_time_is_late() -> None:
    assert look.is_late(Probe("bash", LOGIN, UNKNOWN, "no answer in 5 s"))
    assert not look.is_late(Probe("bash", LOGIN, UNKNOWN, "ended with status 1 before it answered"))
    assert not look.is_late(Probe("bash", LOGIN, MISSING, "no answer"))


# A real look.


def everything(folder: Path) -> dict[str, tuple[float, bytes | None]]:
    """Return all in `folder`, with its time and content."""
    return {
        str(path): (path.lstat().st_mtime, path.read_bytes() if path.is_file() else None)
        for path in folder.rglob("*")
    }


def test_a_check_asks_real_shells_and_changes_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a proof program is put into the directory, or the directory made."""
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (home / "tools").mkdir()
    (home / ".bashrc").write_text(f"PATH={home}/tools:$PATH\n")
    before = everything(home)
    events: list[object] = []
    report = look.check(
        Request(
            directories=(f"{home}/tools",),
            shells=("bash",),
            environ=dict(os.environ),
            on_start=lambda directories, _: events.append(directories),
            on_outcome=lambda outcome: events.append(outcome.mode),
        )
    )
    assert ("missing", 1) == (report.status, report.exit_code)
    assert [EFFECTIVE, MISSING] == sorted(
        outcome.before.verdict for outcome in report.outcomes if outcome.before
    )
    assert [(f"{home}/tools",), INTERACTIVE, LOGIN] == events
    assert before == everything(home)
    assert [] == os.listdir(tmp_path / "tmp")
