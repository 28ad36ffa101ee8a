"""What every run sees first: which contexts are asked, which of them count, and what follows."""

from __future__ import annotations

import os
import sys
from itertools import permutations
from typing import TYPE_CHECKING, Any, Callable

import pytest

from onpath import host, request
from onpath.beginning import Beginning
from onpath.errors import NoShellError, UsageError
from onpath.host import directories, every_user, unix
from onpath.host import installed as installed_shells
from onpath.model import (
    COMMAND,
    DESKTOP,
    EFFECTIVE,
    INSIDE,
    INTERACTIVE,
    LOGIN,
    MISSING,
    SESSION,
    SHADOWED,
    SHELL_MODES,
    TERMINAL_MODES,
    UNKNOWN,
    Bench,
    Context,
    Edit,
    File,
    Outcome,
    Plan,
    Probe,
    Receipt,
    Refusal,
)
from onpath.places import environment_d
from onpath.shells import UNIX_ROWS, startup
from onpath.survey import OUTSIDE, Survey
from onpath.values import replace
from samples import make_host

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from onpath.model import Ask, Installed

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)


@pytest.fixture
def bins(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the only folder in which there are shells: all of the table, as empty programs."""
    folder = home / "bins"
    folder.mkdir()
    for row in UNIX_ROWS.values():
        (folder / row.programs[0]).write_text("#!/bin/sh\n")
        (folder / row.programs[0]).chmod(0o755)
    monkeypatch.setattr(installed_shells, "USUAL_BINS", ())
    return folder


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody sit in a shell, and no login shell, so that only the home decides."""
    monkeypatch.setattr(unix, "running_shell", lambda _: None)
    monkeypatch.setattr(unix, "own_entry", lambda: ("", "", ""))
    monkeypatch.setattr(host, "CONTAINER_SIGNS", ())


class Listener:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.outcomes: list[Outcome] = []

    def started(self, directories: tuple[str, ...], shells: tuple[Installed, ...]) -> None:
        """Remember it."""
        self.events.append((directories, tuple(shell.name for shell in shells)))

    def settled(self, outcome: Outcome) -> None:
        """Remember it."""
        self.events.append(outcome.context)
        self.outcomes.append(outcome)


# What is asked.

Make = Callable[..., Survey]


@pytest.fixture
def make(home: Path, bins: Path) -> Make:
    """Return the function that makes a survey of `tools` for some shells."""
    (home / "tools").mkdir()

    def make_survey(
        *shells: str,
        named: tuple[str, ...] = ("~/tools",),
        asks_all_modes: bool = False,
        **options: Any,
    ) -> Survey:
        environ = {"HOME": str(home), "PATH": str(bins)}
        given = {"shells": shells or ("bash",), "environ": environ, **options}
        return Survey(Beginning(request.make("ensure", named, given, asks_all_modes=asks_all_modes)))

    return make_survey


def bash(*modes: str) -> tuple[Context, ...]:
    """Return these modes of bash."""
    return tuple(Context(mode, "bash") for mode in modes)


def test_the_required_modes_are_asked_and_the_others_on_request(make: Make) -> None:
    assert bash(LOGIN, INTERACTIVE) == make().contexts
    assert bash(*SHELL_MODES) == make(asks_all_modes=True).contexts
    assert bash(COMMAND) == make(modes=(COMMAND,)).contexts
    assert bash(SESSION, COMMAND) == make(modes=(COMMAND, SESSION)).contexts


def test_a_mode_that_a_shell_cannot_be_asked_is_not(make: Make) -> None:
    for name, row in UNIX_ROWS.items():
        expected = tuple(Context(mode, name) for mode in SHELL_MODES if mode in row.asks)
        assert expected == make(name, asks_all_modes=True).contexts


def test_contexts_come_shell_by_shell_login_first(make: Make) -> None:
    expected = tuple(Context(mode, name) for name in ("bash", "fish") for mode in (LOGIN, INTERACTIVE))
    assert expected == make("fish", "bash").contexts


def test_a_context_without_a_shell_comes_last_and_only_on_request(make: Make) -> None:
    assert (*bash(LOGIN), Context(DESKTOP)) == make(modes=(DESKTOP, LOGIN)).contexts
    assert (Context(DESKTOP),) == make(modes=(DESKTOP,)).contexts


def test_only_where_a_mode_needs_a_shell_there_must_be_one(make: Make) -> None:
    assert () == make(shells="used", modes=(DESKTOP,)).shells
    for modes in (None, (LOGIN,), (LOGIN, DESKTOP)):
        with pytest.raises(NoShellError, match="name one with --shell"):
            make(shells="used", modes=modes)


def test_a_directory_is_named_once(home: Path, make: Make) -> None:
    names = (f"{home}/tools", "~/tools", f"{home}/tools/", f"{home}/b", f"{home}//tools")
    assert (f"{home}/tools", f"{home}/b") == make(named=names).directories


def test_without_a_directory_it_is_the_scripts_directory(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "scripts_directory", lambda _, python: f"/opt/of/{python}")
    assert ("/opt/of/python9",) == make(named=(), python="python9").directories


def test_without_a_version_it_is_the_directory_of_installers(home: Path, make: Make) -> None:
    assert (f"{home}/.local/bin",) == make(named=(), scheme="unversioned").directories


def test_a_directory_that_others_can_write_to_is_a_note_unless_it_is_insisted_on(
    home: Path, make: Make
) -> None:
    """What is effective is so all the same; only an edit that would put it on PATH is refused."""
    fact = "everybody can write to ~/tools, so others could put programs before yours"
    note = f"{fact}; run chmod go-w ~/tools"
    for options, notes in (({}, (note,)), ({"force": True}, ())):
        (home / "tools").chmod(0o777)
        survey = make(**options)
        ask(survey, {LOGIN: EFFECTIVE, INTERACTIVE: EFFECTIVE})
        survey.report_before()
        report = survey.report()
        assert ("effective", notes) == (
            report.status,
            tuple(each.replace(str(home), "~") for each in report.notes),
        )


@pytest.mark.parametrize(
    ("shell", "mode", "modes", "required"),
    [
        ("bash", LOGIN, (), True),
        ("bash", SESSION, (), False),
        ("dash", LOGIN, (), True),
        ("dash", INTERACTIVE, (), True),
        ("rc", INTERACTIVE, (), True),
        ("fish", COMMAND, (), False),
        ("fish", COMMAND, (COMMAND,), True),
        ("dash", INTERACTIVE, (INTERACTIVE,), True),
        ("bash", LOGIN, (COMMAND,), False),
    ],
)
def test_a_mode_counts_where_something_can_be_done_or_it_was_named(
    make: Make, shell: str, mode: str, modes: tuple[str, ...], required: bool
) -> None:
    """Whoever names dash or rc wants it on a terminal, and they read no file at a plain prompt."""
    survey = make(shell, modes=modes or None)
    assert required == survey.is_required(Context(mode, shell))


def test_of_a_shell_that_was_not_named_a_mode_that_reads_nothing_does_not_count(make: Make) -> None:
    survey = make(shells="all")
    modes = {mode: survey.is_required(Context(mode, "dash")) for mode in (LOGIN, INTERACTIVE)}
    assert {LOGIN: True, INTERACTIVE: False} == modes


# What is reported, and what it amounts to.


def settle(survey: Survey, verdicts: dict[str, str]) -> Survey:
    """Have each context answer; those modes that are not in `verdicts` are effective."""
    for context in survey.contexts:
        probe = Probe(context, verdicts.get(context.mode, EFFECTIVE))
        survey.before[context] = probe
        survey.report_outcome(Outcome(context, probe))
    return survey


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
    report = settle(make(), {LOGIN: login, INTERACTIVE: interactive}).report(edits=edits)
    assert (status, code) == (report.status, report.exit_code)


def test_a_mode_that_is_not_required_does_not_count(make: Make) -> None:
    report = settle(make(asks_all_modes=True), {SESSION: MISSING, COMMAND: UNKNOWN}).report()
    assert ("effective", 0) == (report.status, report.exit_code)


@pytest.mark.parametrize("verdict", [EFFECTIVE, SHADOWED, MISSING, UNKNOWN])
@pytest.mark.parametrize("edits", [(), (EDIT,)])
def test_without_any_required_context_a_run_is_never_effective(
    make: Make, verdict: str, edits: tuple[Edit, ...]
) -> None:
    """Nothing was proven of what was asked for."""
    survey = make(asks_all_modes=True)
    survey.wanted.clear()
    report = settle(survey, dict.fromkeys(SHELL_MODES, verdict)).report(edits=edits)
    assert {False} == {outcome.is_required for outcome in report.outcomes}
    assert ("partial", 3, False) == (report.status, report.exit_code, report.ok)


def test_an_outcome_is_reported_once_and_says_whether_it_counts(make: Make) -> None:
    listener = Listener()
    survey = make(asks_all_modes=True, progress=listener)
    settle(settle(survey, {}), {LOGIN: MISSING})
    assert [(LOGIN, True), (INTERACTIVE, True), (SESSION, False), (COMMAND, False)] == [
        (outcome.mode, outcome.is_required) for outcome in listener.outcomes
    ]
    assert {EFFECTIVE} == {outcome.before.verdict for outcome in listener.outcomes if outcome.before}
    assert tuple(listener.outcomes) == survey.report().outcomes


def test_an_edit_that_serves_one_world_is_no_yes_of_the_other(home: Path, make: Make) -> None:
    """Which has not answered, and so was not asked again."""
    survey = make()
    (new,) = (each for each in survey.contexts if each.mode == INTERACTIVE)
    inside = replace(new, world=INSIDE)
    survey.places[inside] = survey.places[new]
    survey.wanted.add(inside)
    assert [new, inside] == survey.worlds(new)
    edit = Edit(File(f"{home}/.bashrc"), "", "x", serves=(new,))
    answer = Probe(new, EFFECTIVE)
    survey.outcomes[new] = Outcome(new, Probe(new, MISSING), answer, edit)
    survey.outcomes[inside] = Outcome(inside, Probe(inside, UNKNOWN, reason="no answer"))
    merged = survey.merged(new)
    assert merged is not None
    assert merged.probe is not None
    assert (False, None) == (merged.is_served, merged.edit)


def test_outcomes_are_settled_in_a_fixed_order_in_whatever_order_they_come(make: Make) -> None:
    """Each as soon as all before it are there."""
    order = bash(*SHELL_MODES)
    for arrival in permutations(order):
        listener = Listener()
        survey = make(asks_all_modes=True, progress=listener)
        for number, context in enumerate(arrival, 1):
            survey.report_outcome(Outcome(context, Probe(context, EFFECTIVE)))
            come = arrival[:number]
            ready = next((i for i, each in enumerate(order) if each not in come), len(order))
            assert list(order[:ready]) == listener.events
        assert order == tuple(outcome.context for outcome in survey.report().outcomes)


def test_a_mode_that_reads_nothing_says_so_and_what_works(make: Make) -> None:
    survey = settle(make(asks_all_modes=True), {COMMAND: MISSING})
    notes = {outcome.mode: outcome.note for outcome in survey.report().outcomes}
    cure = startup.why_unserved(survey.host, Context(COMMAND, "bash"), survey.directories)
    assert "ensure-path --for session start" in cure
    cure = request.repeated(survey.request, cure)  # as this run was asked
    assert {LOGIN: "", INTERACTIVE: "", SESSION: "", COMMAND: cure} == notes


def test_in_a_sandbox_the_shells_of_the_host_are_unknown_and_not_edited_for(
    home: Path, make: Make, monkeypatch: pytest.MonkeyPatch, bins: Path
) -> None:
    """Their files are here, their programs are not."""
    monkeypatch.setattr(host, "SANDBOX_SIGNS", (str(home),))
    (bins / "zsh").unlink()
    for name in (".zshrc", ".bashrc"):
        (home / name).touch()
    survey = make(shells="used")
    asks, answers = survey.asks(survey.contexts)
    assert ["bash", "bash"] == [context.shell for context, _, _ in asks]
    assert {Context(mode, "zsh"): OUTSIDE for mode in (LOGIN, INTERACTIVE)} == {
        context: probe.reason for context, probe in answers.items()
    }
    assert OUTSIDE == survey.why_not_asked(Context(LOGIN, "zsh"))
    assert survey.is_required(Context(LOGIN, "zsh"))
    assert ["flatpak-spawn --host ensure-path"] == [note.rpartition(": ")[2] for note in survey.absent]


def test_the_report_has_all_that_it_was_given(home: Path, make: Make) -> None:
    survey = settle(make(), {})
    survey.notes += ["one", "two", "one"]
    refusal = Refusal(File("/y"), "is read-only", ())
    report = survey.report(
        edits=(EDIT,),
        planned=Plan((EDIT,), (refusal,)),
        put_back=((EDIT, "why"),),
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
    assert ("changed", 0) == (report.status, report.exit_code)


# The questions, with answers that are made up.


class MadeUp:
    """What starts fresh programs, but does not: it answers as it is told."""

    def __init__(self, verdicts: dict[Context, str], error: type[BaseException] | None = None) -> None:
        self.verdicts, self.error = verdicts, error
        self.is_open = False

    def open_bench(self, *_: object, **__: object) -> Bench:
        """Make nothing."""
        self.is_open = True
        return Bench(make_host(), (), "/nowhere", "0", (), 1.0, {})

    def close_bench(self, _: Bench) -> tuple[str, ...]:
        """Remove nothing."""
        self.is_open = False
        return ()

    def ask_all(
        self,
        _: Bench,
        asks: Iterable[tuple[Context, Installed | None, Ask]],
        **_options: object,
    ) -> tuple[Probe, ...]:
        """Start nothing."""
        assert self.is_open
        if self.error:
            raise self.error
        return tuple(
            Probe(context, self.verdicts[context], told_folders=(("zdotdir", f"/of/{context.mode}"),))
            for context, _, _ in asks
        )


def ask(survey: Survey, verdicts: dict[str, str], error: type[BaseException] | None = None) -> MadeUp:
    """Have the survey ask all its contexts, whose modes answer so, or raise `error`."""
    made_up = MadeUp({c: verdicts[c.mode] for c in survey.contexts if c.mode in verdicts}, error)
    prober: Any = made_up
    survey.beginning.prober = prober
    with survey.beginning.bench() as held:
        survey.probe(held.open(survey.directories))
    return made_up


def test_the_start_and_then_each_context_are_told_in_order(home: Path, make: Make) -> None:
    listener = Listener()
    survey = make(asks_all_modes=True, progress=listener)
    verdicts = {LOGIN: EFFECTIVE, INTERACTIVE: MISSING, SESSION: EFFECTIVE, COMMAND: UNKNOWN}
    assert not ask(survey, verdicts).is_open
    survey.report_before()
    assert [((f"{home}/tools",), ("bash",)), *bash(*SHELL_MODES)] == listener.events
    assert verdicts == {o.mode: o.probe.verdict for o in listener.outcomes if o.probe}


def test_what_is_effective_is_settled_before_others_are_served_unless_it_may_have_to_move(
    make: Make,
) -> None:
    """With --append even what is effective may get an edit, unless the order is kept."""
    for order, keeps, settled in (
        (None, False, [LOGIN]),
        ("append", False, []),
        ("append", True, [LOGIN]),
    ):
        listener = Listener()
        survey = make(order=order, keep_order=keeps, progress=listener)
        ask(survey, {LOGIN: EFFECTIVE, INTERACTIVE: MISSING})
        assert settled == [outcome.mode for outcome in listener.outcomes]


def test_what_nothing_here_can_ask_is_unknown_with_the_reason(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment_d, "GENERATOR_FOLDERS", ())
    survey = make(modes=(LOGIN, DESKTOP))
    ask(survey, {LOGIN: EFFECTIVE})
    survey.report_before()
    desktop = survey.report().outcomes[-1]
    fact, _, cure = environment_d.NO_READER.partition("; ")
    cure = cure.replace("ensure-path", "ensure-path ~/tools --shell bash")
    assert desktop.probe == Probe(Context(DESKTOP), UNKNOWN, fact, cure)
    assert ("partial", 3) == (survey.report().status, survey.report().exit_code)


def test_the_bench_is_closed_whatever_happens(make: Make) -> None:
    survey = make()
    with pytest.raises(KeyboardInterrupt):
        ask(survey, {}, KeyboardInterrupt)
    assert not vars(survey.beginning.prober)["is_open"]


def test_a_place_is_told_what_it_needs_to_plan(home: Path, make: Make) -> None:
    survey = make(order="append")
    ask(survey, {LOGIN: MISSING, INTERACTIVE: MISSING})
    want = survey.want(survey.contexts, position="end")
    assert (replace(survey.host, environ=survey.session), (f"{home}/tools",), bash(*TERMINAL_MODES)) == (
        want.host,
        want.directories,
        want.contexts,
    )
    assert ("append", "end", survey.shells) == (want.order, want.position, want.shells)
    assert {"zdotdir": "/of/login"} == want.folders(Context(LOGIN, "bash"))
    assert Receipt() == want.receipt
    folder = home / ".local" / "state" / "onpath"
    folder.mkdir(parents=True)
    (folder / "receipt.json").write_text('{"files": ["/rc"], "folders": []}')
    assert Receipt(("/rc",)) == survey.want().receipt


@pytest.fixture
def for_every_user(bins: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Survey]:
    """Return a function that makes the survey of a run of root's for every user."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(every_user, "is_for_all", lambda _: True)
    monkeypatch.setattr(every_user, "why_closed", lambda _: "")
    monkeypatch.setattr(every_user, "other_writers", lambda *_: ())
    monkeypatch.setattr(directories, "system_directory", lambda _, python: f"/opt/of/{python}")

    def survey(*named: str, **options: Any) -> Survey:
        asked = {"system": True, "environ": {"PATH": str(bins), "HOME": "/root"}, **options}
        return Survey(Beginning(request.make("check", named, asked)))

    return survey


def test_for_every_user_all_shells_are_asked_and_no_home_counts(
    for_every_user: Callable[..., Survey],
) -> None:
    survey = for_every_user("/opt/x")
    assert set(UNIX_ROWS) == {shell.name for shell in survey.shells}
    assert ("/", "nobody") == (survey.host.home, survey.session["USER"])
    assert survey.is_required(Context(LOGIN, "dash"))
    assert not survey.is_required(Context(INTERACTIVE, "dash"))
    assert not survey.is_required(Context(LOGIN, "yash"))
    assert "ensure-path /opt/x --system" == survey.command(LOGIN)


def test_for_every_user_it_is_the_directory_of_root_without_a_name(
    for_every_user: Callable[..., Survey],
) -> None:
    assert ("/opt/of/None",) == for_every_user().directories
    assert ("/opt/of/python3.9",) == for_every_user(python="python3.9").directories


def test_for_every_user_each_can_do_what_no_file_of_the_system_does(
    for_every_user: Callable[..., Survey],
) -> None:
    survey = for_every_user("/opt/x", modes=[LOGIN, SESSION, COMMAND])
    why = survey.why_unserved
    assert why(Context(LOGIN, "yash")).endswith("each user can run ensure-path /opt/x")
    assert why(Context(SESSION, "yash")).endswith("ensure-path /opt/x --for session")
    assert startup.READS_NOTHING in why(Context(COMMAND, "bash"))
    assert "" == why(Context(LOGIN, "bash"))


@pytest.mark.parametrize("mode", ["cron", "sudo", "ci"])
def test_for_every_user_there_is_no_context_that_no_file_serves(
    for_every_user: Callable[..., Survey], mode: str
) -> None:
    with pytest.raises(UsageError, match=f"{mode}: --system serves no such context; "):
        for_every_user("/opt/x", modes=[mode])


def test_for_every_user_a_directory_that_is_closed_is_a_danger(
    for_every_user: Callable[..., Survey], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(every_user, "why_closed", lambda _: "it is closed; open it")
    assert "it is closed; open it" == for_every_user("/opt/x").danger
