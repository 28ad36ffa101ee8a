"""The promise, with real shells: what is proven stays, and everything else is as it was, to the byte."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Callable

import pytest

import onpath
from onpath import consent, prove, stores, verbs
from onpath.beginning import Beginning
from onpath.changes import Changes
from onpath.errors import ChangedError, NoHomeError, OnpathError, RefusedError
from onpath.host import lock, unix
from onpath.model import (
    EFFECTIVE,
    END,
    GIVEN_UP,
    INTERACTIVE,
    LOGIN,
    MISSING,
    TOP,
    UNKNOWN,
    Bench,
    Context,
    File,
    Installed,
    Probe,
)
from onpath.places import fence
from onpath.probes import bench as benches
from onpath.probes import unix as probes
from onpath.request import Request, make
from onpath.shells import startup
from onpath.survey import Survey
from samples import STRIDE, interrupt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from onpath.model import Ask, Outcome, Report, Target

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

# pytest-xdist has threads, and new Pythons warn of a fork then.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

KEY = "~/tools"
RESET = "PATH=/usr/bin:/bin\n"
NEVER = f"trap 'PATH=/usr/bin:/bin' DEBUG\n{RESET}readonly PATH\n"
# As Debian and Ubuntu have it: the directory is prepended without looking, after .bashrc was read.
DEBIAN_PROFILE = (
    '[ -f ~/.bashrc ] && . ~/.bashrc\nif [ -d ~/tools ]; then PATH="$HOME/tools:$PATH"; fi\n'
)


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody sit in a shell, and bash as the login shell."""
    program = shutil.which("bash") or pytest.skip("bash is not installed")
    monkeypatch.setattr(os, "fsync", lambda _: None)  # disks are slow
    monkeypatch.setattr(unix, "running_shell", lambda _: None)
    monkeypatch.setattr(unix, "own_entry", lambda: ("ada", "/nowhere", program))


@pytest.fixture
def tools(home: Path) -> Path:
    """Make the directory that is to be on PATH."""
    directory = home / "tools"
    directory.mkdir()
    return directory


def request(home: Path, *directories: str, **options: Any) -> Request:
    """Ask for `tools`, or for other directories, in bash."""
    return make("ensure", directories or (f"{home}/tools",), {"shells": ("bash",), **options})


def ensure(home: Path, *directories: str, **options: Any) -> Report:
    """Run as a user would."""
    return verbs.ensure(request(home, *directories, **options))


def undo(*directories: str) -> Report:
    """Take back as a user would."""
    return verbs.undo(make("undo", directories))


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return all in `folder`: names, modes, and what is in the files."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


def bodies(path: Path) -> list[str]:
    """Return the keys of our blocks in `path`."""
    return list(fence.bodies(path.read_text()))


def verdicts(report: Report) -> dict[str, tuple[str, str]]:
    """Return how each mode was before and is now."""
    return {
        outcome.mode: (
            outcome.before.verdict if outcome.before else "",
            outcome.probe.verdict if outcome.probe else "",
        )
        for outcome in report.outcomes
    }


class Listener:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.begun: list[tuple[tuple[str, ...], list[str]]] = []
        self.outcomes: list[Outcome] = []

    def started(self, directories: tuple[str, ...], shells: tuple[Installed, ...]) -> None:
        """Remember it."""
        self.begun.append((directories, [shell.name for shell in shells]))

    def settled(self, outcome: Outcome) -> None:
        """Remember it."""
        self.outcomes.append(outcome)


# What is proven stays.


def test_in_an_empty_home_two_files_are_made_and_proven(home: Path, tools: Path) -> None:
    report = ensure(home)
    assert ("changed", 0) == (report.status, report.exit_code)
    assert {LOGIN: (MISSING, EFFECTIVE), INTERACTIVE: (MISSING, EFFECTIVE)} == verdicts(report)
    assert {(f"{home}/.profile", TOP), (f"{home}/.bashrc", TOP)} == {
        (edit.target.path, edit.position) for edit in report.edits if isinstance(edit.target, File)
    }
    assert [KEY] == bodies(home / ".profile") == bodies(home / ".bashrc")
    assert ((), ()) == (report.refusals, report.put_back)
    assert [] == os.listdir(tools)


@pytest.mark.usefixtures("tools")
def test_a_second_run_changes_nothing(home: Path) -> None:
    ensure(home)
    before = everything(home)
    report = ensure(home)
    assert ("effective", 0, ()) == (report.status, report.exit_code, report.edits)
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_what_works_already_is_never_edited(home: Path) -> None:
    (home / ".profile").write_text('PATH="$HOME/tools:$PATH"\n')
    before = (home / ".profile").read_bytes()
    report = ensure(home)
    assert [File(f"{home}/.bashrc")] == [edit.target for edit in report.edits]
    assert before == (home / ".profile").read_bytes()


@pytest.mark.parametrize("bashrc", ["", "case $- in *i*) ;; *) return ;; esac\n", None])
def test_where_a_profile_prepends_without_looking_the_entry_is_there_once(
    home: Path, bashrc: str | None
) -> None:
    """Debian's trap: a block in .bashrc alone would leave it twice in login shells."""
    (home / ".profile").write_text(DEBIAN_PROFILE)
    if bashrc is not None:
        (home / ".bashrc").write_text(bashrc)
    report = ensure(home)
    assert 0 == report.exit_code
    for outcome in report.outcomes:
        assert outcome.probe
        assert outcome.probe.path
        assert 1 == outcome.probe.path.count(f"{home}/tools")


@pytest.mark.usefixtures("tools")
def test_a_block_that_a_later_line_undoes_goes_to_the_end(home: Path) -> None:
    (home / ".bashrc").write_text(f"ls\n{RESET}alias l=ls\n")
    report = ensure(home)
    assert 0 == report.exit_code
    positions = {edit.target: edit.position for edit in report.edits}
    assert {File(f"{home}/.profile"): TOP, File(f"{home}/.bashrc"): END} == positions
    text = (home / ".bashrc").read_text()
    assert text.startswith(f"ls\n{RESET}alias l=ls\n# --- onpath: ~/tools")


def test_several_directories_come_out_in_their_order(home: Path) -> None:
    """At the top of one file and at the end of the other."""
    (home / ".bashrc").write_text(RESET)
    names = tuple(f"{home}/{name}" for name in ("one", "two", "three"))
    report = ensure(home, *names)
    assert 0 == report.exit_code
    for outcome in report.outcomes:
        assert outcome.probe
        assert outcome.probe.path
        assert names == outcome.probe.path[:3]


def test_several_directories_that_are_appended_come_out_in_their_order(home: Path) -> None:
    (home / ".bashrc").write_text(RESET)
    names = tuple(f"{home}/{name}" for name in ("one", "two", "three"))
    report = ensure(home, *names, order="append")
    assert 0 == report.exit_code
    for outcome in report.outcomes:
        assert outcome.probe
        assert outcome.probe.path
        assert names == outcome.probe.path[-3:]


@pytest.mark.parametrize("order", ["prepend", "append"])
def test_directories_that_are_there_come_into_the_order_in_which_they_are_named(
    home: Path, order: str
) -> None:
    names: list[str] = [f"{home}/{name}" for name in ("one", "two", "three")]
    options: Any = {"order": order}
    (home / ".bashrc").write_text(f"PATH={names[1]}:$PATH:{names[2]}\n")
    (home / ".profile").write_text(f"PATH={names[2]}:$PATH\n")
    for wanted in (names, names[::-1], names[1:] + names[:1]):
        report = ensure(home, *wanted, **options)
        assert 0 == report.exit_code
        assert 0 == onpath.check(*wanted, home=home, shells=["bash"], **options).exit_code
        assert 1 == onpath.check(*wanted[::-1], home=home, shells=["bash"], **options).exit_code
        for outcome in report.outcomes:
            assert outcome.probe
            path = outcome.probe.path or ()
            assert wanted == list(dict.fromkeys(entry for entry in path if entry in wanted))


@pytest.mark.parametrize("order", ["prepend", "append"])
def test_a_directory_that_is_named_twice_by_two_names_is_where_it_was_named_first(
    home: Path, order: str
) -> None:
    for name in ("one", "two"):
        (home / name).mkdir()
    (home / "link").symlink_to("one")
    names = [f"{home}/{name}" for name in ("link", "two", "one")]
    options: Any = {"order": order}
    assert 0 == ensure(home, *names, **options).exit_code
    assert 0 == ensure(home, *names, **options).exit_code


def test_an_order_that_is_asked_for_moves_what_is_there(home: Path, tools: Path) -> None:
    ensure(home)
    report = ensure(home, order="append")
    assert ("changed", 0) == (report.status, report.exit_code)
    for outcome in report.outcomes:
        assert outcome.probe
        assert outcome.probe.path
        assert str(tools) == outcome.probe.path[-1]
    before = everything(home)
    ensure(home)  # and stays
    assert before == everything(home)


@pytest.mark.parametrize("blocked", [".bashrc", ".profile"])
def test_all_or_nothing_leaves_nothing_where_one_context_stays_without(home: Path, blocked: str) -> None:
    for name in (".bashrc", ".profile"):
        (home / name).write_text(RESET if name == blocked else "# mine\n")
    (home / blocked).chmod(0o444)
    directory, before = f"{home}/new/tools", everything(home)
    report = ensure(home, directory, whole=True)
    assert ("missing", (), ()) == (report.status, report.edits, report.put_back)
    assert before == everything(home)
    notes = {outcome.mode: outcome.note for outcome in report.outcomes}
    lost, why = (LOGIN, INTERACTIVE) if blocked == ".bashrc" else (INTERACTIVE, LOGIN)
    assert GIVEN_UP == notes[lost]
    assert "chmod u+w" in notes[why]
    assert unix.SETS_PATH_LATER not in notes[why]
    (home / blocked).chmod(0o644)
    assert "changed" == ensure(home, directory, whole=True).status
    assert "effective" == ensure(home, directory, whole=True).status


def test_an_order_that_is_kept_is_for_what_is_added(home: Path, tools: Path) -> None:
    """The .profile of Debian has the directory first, and .bashrc lacks it."""
    (home / ".profile").write_text(f"PATH={tools}:$PATH\n")
    report = ensure(home, order="append", keep_order=True)
    assert ("changed", 0) == (report.status, report.exit_code)
    assert [f"{home}/.bashrc"] == [str(edit.target) for edit in report.edits]
    paths = {outcome.mode: outcome.probe.path for outcome in report.outcomes if outcome.probe}
    assert str(tools) == (paths[LOGIN] or ())[0]
    assert str(tools) == (paths[INTERACTIVE] or ())[-1]
    assert "effective" == ensure(home, order="append", keep_order=True).status


def test_what_was_seen_a_moment_ago_spares_the_first_look_and_not_the_proof(
    home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = verbs.check(make("check", (str(tools),), {"shells": ("bash",)}))
    asked: list[int] = []
    ask_all = probes.ask_all

    def count(*arguments: Any, **options: Any) -> Any:
        asked.append(1)
        return ask_all(*arguments, **options)

    monkeypatch.setattr(probes, "ask_all", count)
    report = ensure(home, seen=seen)
    assert ("changed", [1]) == (report.status, asked)
    assert {LOGIN: (MISSING, EFFECTIVE), INTERACTIVE: (MISSING, EFFECTIVE)} == verdicts(report)
    (home / "other").mkdir()
    assert "changed" == ensure(home, f"{home}/other", seen=seen).status  # of another directory: no use
    assert [1, 1, 1] == asked


def look(home: Path, **options: Any) -> Report:
    """Look as a caller does who hands the report on."""
    return verbs.check(make("check", (f"{home}/tools",), {"shells": ("bash",), **options}))


def test_a_look_that_asked_for_no_order_proves_none(home: Path, tools: Path) -> None:
    for name in (".bashrc", ".profile"):
        (home / name).write_text(f"PATH=$PATH:{tools}\n")
    seen = look(home)
    assert "effective" == seen.status
    report = ensure(home, order="prepend", seen=seen)
    assert "changed" == report.status
    assert all(o.probe and o.probe.path and str(tools) == o.probe.path[0] for o in report.outcomes)


@pytest.mark.usefixtures("tools")
def test_a_look_at_another_home_or_from_another_session_is_of_no_use(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    ensure(home)
    for there in ({"home": other}, {"environ": {**os.environ, "HOME": str(other)}}):
        seen = look(home)
        given = {"shells": ("bash",), "seen": seen, **there}
        report = verbs.ensure(make("ensure", (f"{home}/tools",), given))
        assert ("effective", "changed") == (seen.status, report.status)
        (other / ".bashrc").unlink()
        (other / ".profile").unlink()


@pytest.mark.usefixtures("tools")
def test_a_yes_that_was_seen_is_asked_once_more(home: Path, tmp_path: Path) -> None:
    """Also where no file that is known to be read has changed."""
    ensure(home)
    seen = look(home)
    undo()
    assert ("effective", "changed") == (seen.status, ensure(home, seen=seen).status)
    undo()
    elsewhere = tmp_path / "lines"
    for name in (".bashrc", ".profile"):
        (home / name).write_text(f'eval "$(cat {elsewhere})"\n')
    elsewhere.write_text("PATH=~/tools:$PATH\n")
    seen = look(home)
    elsewhere.write_text("")
    assert ("effective", "changed") == (seen.status, ensure(home, seen=seen).status)


@pytest.mark.usefixtures("tools")
def test_a_yes_that_was_seen_is_asked_once_more_where_no_edit_can_be_made(
    home: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "lines"
    elsewhere.write_text("PATH=~/tools:$PATH\n")
    (home / ".profile").write_text(f'eval "$(cat {elsewhere})"\n')
    (home / ".bashrc").write_text("ls\n")
    (home / ".bashrc").chmod(0o444)
    seen = look(home)
    assert {LOGIN: (EFFECTIVE, EFFECTIVE), INTERACTIVE: (MISSING, MISSING)} == verdicts(seen)
    elsewhere.write_text("")
    listener = Listener()
    report = ensure(home, seen=seen, progress=listener)
    assert {LOGIN: (EFFECTIVE, MISSING), INTERACTIVE: (MISSING, MISSING)} == verdicts(report)
    assert report.outcomes == tuple(listener.outcomes)


@pytest.mark.usefixtures("tools")
def test_where_nothing_may_be_changed_a_yes_that_was_seen_is_asked_once_more(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(home)
    monkeypatch.setenv(consent.NO_MODIFY, "1")
    seen = look(home)
    for name in (".bashrc", ".profile"):
        (home / name).unlink()
    assert ("effective", "missing") == (seen.status, ensure(home, seen=seen).status)


def test_a_no_that_was_seen_before_the_edit_of_another_run_edits_nothing(
    home: Path, tools: Path
) -> None:
    seen = look(home)
    ensure(home)
    before = everything(home)
    assert "effective" == ensure(home, seen=seen).status
    assert before == everything(home)
    assert tools.is_dir()


def test_a_shell_that_is_late_the_second_time_is_unknown_also_inside_a_login(
    home: Path, tools: Path
) -> None:
    """The login shell makes the world inside a login: without it nobody knows what is so there."""
    (home / ".bash_profile").write_text(
        'n=$(cat ~/.n 2>/dev/null); echo x$n >~/.n; case $n in "") ;; *) sleep 20;; esac\n'
    )
    report = ensure(home, timeout=2)
    assert "partial" == report.status
    assert {LOGIN: UNKNOWN, INTERACTIVE: UNKNOWN} == {o.mode: now(o) for o in report.outcomes}
    assert [f"{home}/.bashrc"] == [str(edit.target) for edit in report.edits]
    assert tools.is_dir()


def now(outcome: Outcome) -> str:
    """Return the newest verdict."""
    return outcome.probe.verdict if outcome.probe else ""


def test_a_directory_that_is_not_there_is_made(home: Path) -> None:
    report = ensure(home, f"{home}/a/b")
    assert 0 == report.exit_code
    assert (home / "a" / "b").is_dir()


def test_a_directory_far_down_costs_in_proportion_to_its_depth(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder on the way is resolved for each of the others."""
    count = 0
    realpath = os.path.realpath

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return realpath(*arguments, **options)

    monkeypatch.setattr(os.path, "realpath", counted)
    counts = []
    for depth in (10, 50):
        count = 0
        report = ensure(home, f"{home}/{'a/' * depth}")
        assert ("changed", depth) == (report.status, len(report.made))
        counts.append(count)
        undo()
    assert counts[1] - counts[0] < 40, counts


@pytest.mark.usefixtures("tools")
def test_of_several_shells_each_file_is_edited_once(home: Path) -> None:
    if not shutil.which("dash"):
        pytest.skip("dash is not installed")
    report = ensure(home, shells=("bash", "dash"), modes=(LOGIN,))
    assert 0 == report.exit_code
    serves = {edit.target: edit.serves for edit in report.edits}
    assert (Context(LOGIN, "bash"), Context(LOGIN, "dash")) == serves[File(f"{home}/.profile")]


def test_events_are_told_as_they_happen(home: Path, tools: Path) -> None:
    (home / ".profile").write_text('PATH="$HOME/tools:$PATH"\n')
    listener = Listener()
    report = ensure(home, progress=listener)
    assert [((str(tools),), ["bash"])] == listener.begun
    assert [LOGIN, INTERACTIVE] == [outcome.mode for outcome in listener.outcomes]
    assert report.outcomes == tuple(listener.outcomes)


# What is there already is tried elsewhere in its file.


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("name", [".bashrc", ".profile"])
def test_a_reset_that_comes_later_is_answered_as_by_a_first_run(home: Path, name: str) -> None:
    for each in (".bashrc", ".profile"):
        (home / each).write_text("ls\n")
    before = everything(home)
    ensure(home)
    with (home / name).open("a") as file:
        file.write(RESET)
    report = ensure(home)
    assert ("changed", 0) == (report.status, report.exit_code)
    assert [(File(f"{home}/{name}"), END)] == [(edit.target, edit.position) for edit in report.edits]
    assert (home / name).read_text().startswith(f"ls\n{RESET}# --- onpath: ~/tools")
    undo()
    expected = {**before, name: (before[name][0], f"ls\n{RESET}".encode())}
    assert expected == everything(home)


@pytest.mark.usefixtures("tools")
def test_a_block_that_was_proven_and_helps_no_more_is_told_and_stays(home: Path) -> None:
    """It may serve a shell that was not asked."""
    (home / ".bashrc").write_text("ls\n")
    ensure(home)
    with (home / ".bashrc").open("a") as file:
        file.write(NEVER)
    before = everything(home)
    report = ensure(home)
    assert ("missing", 1) == (report.status, report.exit_code)
    assert any(
        ".bashrc has a block of onpath that no longer helps; ensure-path --undo" in n
        for n in report.notes
    )
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_a_block_that_nothing_says_was_ever_proven_goes_if_it_cannot_be(home: Path) -> None:
    """Left by a run that was killed where it could keep no receipt."""
    text = fence.insert(NEVER, KEY, 'PATH="$HOME/tools:$PATH"\n')
    (home / ".bashrc").write_text(text)
    (home / ".profile").write_text('PATH="$HOME/tools:$PATH"\n')
    report = ensure(home)
    assert ("partial", 3) == (report.status, report.exit_code)
    assert NEVER == (home / ".bashrc").read_text()
    assert any(".bashrc had a block of onpath that did not help" in note for note in report.notes)
    assert not (home / ".local").exists()


# What is not proven is put back.


def test_where_a_directory_was_made_and_not_all_is_served_that_is_told(home: Path) -> None:
    """Exit code 1 is for homes in which nothing was changed."""
    (home / ".profile").write_text('[ -d ~/bin ] && PATH="$HOME/bin:$PATH"\n')
    (home / ".bashrc").write_text("ls\n")
    (home / ".bashrc").chmod(0o444)
    before = everything(home)
    report = ensure(home, f"{home}/bin")
    assert ("partial", 3, ()) == (report.status, report.exit_code, report.edits)
    assert f"{home}/bin was made" in report.notes
    assert "changed" == undo().status
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_an_edit_that_does_not_help_is_put_back_and_the_others_stay(home: Path) -> None:
    """With the file and the line that are in its way."""
    text = "# mine\nexit 7\n"
    (home / ".bashrc").write_text(text)
    report = ensure(home)
    assert ("partial", 3) == (report.status, report.exit_code)
    assert [File(f"{home}/.profile")] == [edit.target for edit in report.edits]
    ((edit, reason),) = report.put_back
    assert File(f"{home}/.bashrc") == edit.target
    assert f"see {home}/.bashrc:2: exit 7" in reason
    assert text == (home / ".bashrc").read_text()
    assert {LOGIN: (MISSING, EFFECTIVE), INTERACTIVE: (UNKNOWN, UNKNOWN)} == verdicts(report)


def test_where_nothing_can_be_proven_nothing_is_changed(home: Path) -> None:
    """Neither files nor folders, nor the directory itself."""
    for name in (".bashrc", ".profile"):
        (home / name).write_text(NEVER)
    before = everything(home)
    report = ensure(home)
    assert ("missing", 1, ()) == (report.status, report.exit_code, report.edits)
    assert {f"{home}/.bashrc", f"{home}/.profile"} == {
        edit.target.path for edit, _ in report.put_back if isinstance(edit.target, File)
    }
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_a_shell_that_is_late_is_not_edited_for(home: Path) -> None:
    """Asking it again would cost the same once more."""
    (home / ".bashrc").write_text("sleep 30\n")
    (home / ".profile").write_text('PATH="$HOME/tools:$PATH"\n')
    before = everything(home)
    report = ensure(home, timeout=2)
    assert ("partial", 3, ()) == (report.status, report.exit_code, report.edits)
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_an_edit_that_takes_another_mode_away_is_put_back(home: Path) -> None:
    """Here the profile is content only with the old .bashrc."""
    (home / ".bashrc").write_text("ls\n")
    (home / ".profile").write_text('case $(cat ~/.bashrc) in ls) PATH="$HOME/tools:$PATH" ;; esac\n')
    before = everything(home)
    report = ensure(home)
    assert ("missing", 1) == (report.status, report.exit_code)
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_a_file_that_may_not_be_edited_leaves_only_its_own_modes(home: Path) -> None:
    (home / ".bashrc").write_text("ls\n")
    (home / ".bashrc").chmod(0o444)
    report = ensure(home)
    assert ("partial", 3) == (report.status, report.exit_code)
    assert [(File(f"{home}/.bashrc"), "is read-only; run chmod u+w ~/.bashrc")] == [
        (refusal.target, refusal.reason) for refusal in report.refusals
    ]
    assert "tools" in report.refusals[0].snippet
    assert [KEY] == bodies(home / ".profile")
    assert "ls\n" == (home / ".bashrc").read_text()


def test_a_file_that_changes_meanwhile_is_left_to_who_changed_it(
    home: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".profile").write_text("ls\n")
    (home / ".bashrc").write_text("ls\n")
    real = stores.write

    def write(target: Target, *words: Any, **more: Any) -> tuple[str, ...]:
        if target == File(f"{home}/.bashrc"):
            (home / ".bashrc").write_text("pwd\n")
        return real(target, *words, **more)

    monkeypatch.setattr(stores, "write", write)
    with pytest.raises(ChangedError, match="run this again"):
        ensure(home)
    assert {".profile": "ls\n", ".bashrc": "pwd\n"} == {
        name: (home / name).read_text() for name in os.listdir(home) if name != "tools"
    }
    assert [] == os.listdir(tools)


# Stopped on the way.


@pytest.mark.parametrize(
    ("call", "kind"),
    [(1, KeyboardInterrupt), (2, OSError), (3, KeyboardInterrupt), (3, RuntimeError)],
)
def test_an_error_between_the_probes_puts_everything_back(
    home: Path, monkeypatch: pytest.MonkeyPatch, call: int, kind: type[BaseException]
) -> None:
    (home / ".bashrc").write_text(RESET)
    before = everything(home)
    real, count = probes.ask_all, 0

    def fail(*args: Any, **options: Any) -> tuple[Probe, ...]:
        nonlocal count
        count += 1
        if count == call:
            raise kind
        return real(*args, **options)

    monkeypatch.setattr(probes, "ask_all", fail)
    with pytest.raises(kind):
        ensure(home)
    assert before == everything(home)


def believe_files(
    bench: Bench, asks: Iterable[tuple[Context, Installed | None, Ask]], **_: Any
) -> tuple[Probe, ...]:
    """Answer as shells would that read their files down to the last line `reset`."""
    answers = []
    machine = stores.machine(bench.host)
    for context, shell, _ask in asks:
        assert shell
        found = startup.startup_files(bench.host, shell, context.mode, machine, {})
        texts = [machine.read(File(path)) or "" for path, _ in found]
        is_there = any("onpath" in text.rpartition("reset\n")[2] for text in texts)
        answers.append(Probe(context, EFFECTIVE if is_there else MISSING, path=("/bin",)))
    return tuple(answers)


def without_temporary_files(home: Path) -> dict[str, tuple[int, bytes]]:
    """Return all in `home` but for what an interrupted write leaves beside a file."""
    return {name: content for name, content in everything(home).items() if ".onpath-" not in name}


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
@pytest.mark.parametrize("is_verified", [True, False])
def test_interrupted_anywhere_everything_is_as_it_was(
    home: Path, monkeypatch: pytest.MonkeyPatch, is_verified: bool
) -> None:
    """At many lines of the run (see `STRIDE`), until it has come to its end."""
    monkeypatch.setattr(probes, "ask_all", believe_files)
    monkeypatch.setenv("TMPDIR", str(home.parent))  # where a private folder may be left
    monkeypatch.setattr(benches, "MAX_PARENT", 200)
    (home / ".bashrc").write_text("ls\nreset\n")
    before = everything(home)
    files = tuple(
        f"onpath/{name}.py" for name in ("prove", "changes", "stores/__init__", "stores/files")
    )
    number = 1

    def run_once() -> None:
        prove.ensure(Survey(Beginning(request(home, verify=is_verified))))

    while interrupt(run_once, number, *files):
        if before != without_temporary_files(home):  # no more than the way out was left
            break
        number += STRIDE
    assert number > 100
    assert [KEY] == bodies(home / ".bashrc") == bodies(home / ".profile")
    undo()  # so all of it has stayed, the receipt too
    assert before == without_temporary_files(home)
    run = interrupt(run_once, number + STRIDE, *files)
    assert not run, f"interrupted at line {number}, and some of it stayed"


# Back to the byte.


@pytest.mark.parametrize(
    ("options", "bashrc"),
    [
        ({}, None),
        ({}, f"#!/bin/bash\n{RESET}"),
        ({"order": "append"}, "\ufeffls\r\n"),
        ({"verify": False}, "ls"),
        ({"verify": False}, None),
    ],
)
def test_undo_leaves_the_home_as_it_was(home: Path, options: dict[str, Any], bashrc: str | None) -> None:
    """Files, modes, and the folders that were made, the directory among them."""
    if bashrc is not None:
        (home / ".bashrc").write_bytes(bashrc.encode())
        (home / ".bashrc").chmod(0o600)
    before = everything(home)
    ensure(home, **options)
    assert before != everything(home)
    report = undo()
    assert ("changed", 0) == (report.status, report.exit_code)
    assert before == everything(home)
    assert ("unchanged", 0) == (undo().status, undo().exit_code)
    assert before == everything(home)


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_undo_that_is_interrupted_anywhere_takes_nothing_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At many lines, also while the receipt and the folders go."""
    monkeypatch.setattr(unix, "Lock", lambda *_, **__: nullcontext(()))  # which ends with its process
    (home / ".bashrc").write_text("ls\n")
    before = everything(home)
    ensure(home)
    proven = everything(home)
    files = tuple(
        f"onpath/{name}.py"
        for name in ("verbs", "undoing", "changes", "stores/__init__", "stores/files", "places/blocks")
    )
    number = 1
    while interrupt(undo, number, *files):
        left = without_temporary_files(home)
        assert left in (proven, before), f"interrupted at line {number}"
        if left == before:  # only the return was left
            break
        number += STRIDE
    assert number > 100
    undo()
    assert before == everything(home)


def test_undo_removes_the_directory_where_making_it_was_all(home: Path) -> None:
    """As with Debian's `.profile`, which adds `~/bin` if it is there."""
    text = '[ -d ~/bin ] && PATH="$HOME/bin:$PATH"\n'
    for name in (".bashrc", ".profile"):
        (home / name).write_text(text)
    before = everything(home)
    report = ensure(home, f"{home}/bin")
    assert ((), 0) == (report.edits, report.exit_code)
    assert (home / "bin").is_dir()
    report = undo()
    assert ("changed", 0) == (report.status, report.exit_code)
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_undo_without_a_receipt_finds_the_blocks_itself(home: Path) -> None:
    before = everything(home)
    ensure(home)
    shutil.rmtree(home / ".local")
    undo()
    assert before == everything(home)


def test_undo_of_one_directory_leaves_the_other(home: Path) -> None:
    ensure(home, f"{home}/a", f"{home}/b")
    report = undo(f"{home}/a")
    assert ("changed", 0) == (report.status, report.exit_code)
    assert ["~/b"] == bodies(home / ".bashrc") == bodies(home / ".profile")
    ensure(home, f"{home}/b")
    assert 0 == undo().exit_code
    assert set() == {name for name in everything(home) if not name.startswith(("a", "b"))}


def test_undo_leaves_what_others_wrote_since(home: Path, tools: Path) -> None:
    ensure(home)
    with (home / ".bashrc").open("a") as file:
        file.write("mine\n")
    (tools / "program").touch()
    undo()
    assert {"tools", "tools/program", ".bashrc"} == set(everything(home))
    assert "mine\n" == (home / ".bashrc").read_text()


@pytest.mark.usefixtures("tools")
def test_undo_tells_of_a_file_that_it_may_not_edit(home: Path) -> None:
    ensure(home)
    (home / ".bashrc").chmod(0o444)
    report = undo()
    assert ("partial", 3) == (report.status, report.exit_code)
    assert ["is read-only; run chmod u+w ~/.bashrc"] == [refusal.reason for refusal in report.refusals]
    (home / ".bashrc").chmod(0o644)
    assert ("changed", 0) == (undo().status, undo().exit_code)
    assert {"tools"} == set(everything(home))


# Without proof, without writing, without permission.


@pytest.mark.usefixtures("tools")
def test_unverified_every_file_is_edited_and_that_is_never_success(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> tuple[Probe, ...]:
        raise AssertionError("a shell was started")

    monkeypatch.setattr(probes, "ask_all", fail)
    report = ensure(home, verify=False)
    assert ("partial", 3) == (report.status, report.exit_code)
    assert [KEY] == bodies(home / ".profile") == bodies(home / ".bashrc")
    assert [None, None] == [outcome.probe for outcome in report.outcomes]
    before = everything(home)
    assert 3 == ensure(home, verify=False).exit_code
    assert before == everything(home)


@pytest.mark.usefixtures("tools")
def test_a_dry_run_plans_what_a_run_does_and_changes_nothing(home: Path) -> None:
    (home / ".profile").write_text("ls")
    before = everything(home)
    planned = verbs.diff(request(home))
    assert before == everything(home)
    assert ("missing", 1) == (planned.status, planned.exit_code)
    assert planned.edits == ensure(home).edits


def test_a_dry_run_says_that_the_directory_would_be_made(home: Path) -> None:
    (note,) = verbs.diff(request(home)).notes
    assert "does not exist yet" in note
    assert {} == everything(home)


@pytest.mark.parametrize(("value", "is_look"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_a_variable_turns_every_run_into_a_look(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str, is_look: bool
) -> None:
    """For those who manage their dotfiles themselves."""
    monkeypatch.setenv("ONPATH_NO_MODIFY_PATH", value)
    report = ensure(home)
    assert is_look == ({} == everything(home))
    assert is_look == (1 == report.exit_code)
    assert is_look == any("looked only" in note for note in report.notes)


def settle(home: Path, told: str | None = None) -> bool:
    """Ask for consent as an installer does that was told this."""
    environ = {"HOME": str(home), **({consent.NO_MODIFY: told} if told is not None else {})}
    return consent.resolve_and_remember(environ)


def test_a_run_without_consent_looks_only_and_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(home, "1")
    before = everything(home)
    report = ensure(home)
    assert ("missing", 1) == (report.status, report.exit_code)
    assert "--no-modify-path" in report.notes[0]
    assert f"{consent.NO_MODIFY}=0" in report.notes[0]
    assert before == everything(home)
    monkeypatch.setenv(consent.NO_MODIFY, "0")  # for this run alone
    assert 0 == ensure(home).exit_code
    monkeypatch.delenv(consent.NO_MODIFY)
    assert not settle(home)


def test_an_undo_needs_no_consent_and_keeps_the_answer(home: Path) -> None:
    (home / ".bashrc").write_text("")
    assert 0 == ensure(home).exit_code
    settle(home, "1")
    assert 0 == undo().exit_code
    assert "" == (home / ".bashrc").read_text()
    assert not settle(home)


def test_folders_that_a_receipt_needs_stay_and_go_with_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".bashrc").write_text("")
    before = everything(home)
    settle(home, "1")
    monkeypatch.setenv(consent.NO_MODIFY, "0")
    assert 0 == ensure(home).exit_code
    settle(home, "0")
    assert (home / ".local" / "state" / "onpath" / "receipt.json").exists()
    undo()
    assert before == everything(home)


def with_times(folder: Path) -> dict[str, tuple[float, tuple[int, bytes]]]:
    """Return all in `folder`, with the time of its last change."""
    return {n: ((folder / n).lstat().st_mtime, found) for n, found in everything(folder).items()}


def test_a_check_asks_real_shells_and_changes_nothing(
    home: Path, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a proof program is put into the directory."""
    monkeypatch.setattr(benches, "MAX_PARENT", 200)  # else so long a name is not used
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (home / ".bashrc").write_text(f"PATH={home}/tools:$PATH\n")
    before = with_times(home)
    listener = Listener()
    report = onpath.check(tools, shells=["bash"], progress=listener)
    assert ("missing", 1) == (report.status, report.exit_code)
    assert {LOGIN: (MISSING, MISSING), INTERACTIVE: (EFFECTIVE, EFFECTIVE)} == verdicts(report)
    assert [((str(tools),), ["bash"])] == listener.begun
    assert [LOGIN, INTERACTIVE] == [outcome.mode for outcome in listener.outcomes]
    assert before == with_times(home)
    assert [] == os.listdir(tmp_path / "tmp")


@pytest.mark.usefixtures("tools")
def test_a_block_that_was_tried_elsewhere_and_goes_back_leaves_the_old_file(home: Path) -> None:
    """A new one of the same text would look as changed to whoever watches the files of the user."""
    hook = '[ -n "$HOOKED" ] || { export HOOKED=1; PATH=/usr/bin:/bin; }'
    (home / ".bashrc").write_text(f"PROMPT_COMMAND='{hook}'\n")
    (home / ".profile").write_text(". ~/.bashrc\n")
    assert 3 == ensure(home).exit_code
    assert [KEY] == bodies(home / ".bashrc")
    before = (home / ".bashrc").stat()
    assert not ensure(home).edits
    after = (home / ".bashrc").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_check_does_not_make_the_directory(home: Path) -> None:
    assert 1 == onpath.check(home / "nothing", shells=["bash"]).exit_code
    assert {} == everything(home)


@pytest.fixture
def owner(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Return the function that gives the home to another user, of that name."""
    real = os.stat

    def stat_home(path: Any, *args: Any, **options: Any) -> os.stat_result:
        found = real(path, *args, **options)
        if str(path) != str(home):
            return found
        fields = list(found)
        fields[4] += 1
        return os.stat_result(fields)

    def give(name: str | None) -> None:
        monkeypatch.setattr(os, "stat", stat_home)
        monkeypatch.setattr(unix, "user_name", lambda _: name)

    return give


def test_a_home_of_another_user_is_refused(home: Path, owner: Callable[[str | None], None]) -> None:
    """sudo that keeps HOME would leave files that belong to root."""
    owner("eve")
    with pytest.raises(NoHomeError, match="belongs to eve; run this as eve, without sudo"):
        ensure(home)
    with pytest.raises(NoHomeError, match="belongs to eve; run this as eve, without sudo"):
        undo()
    assert {} == everything(home)


@pytest.mark.parametrize(("name", "force"), [("eve", True), (None, False)])
def test_a_home_of_nobody_or_one_that_is_insisted_on_is_not(
    home: Path, owner: Callable[[str | None], None], name: str | None, force: bool
) -> None:
    owner(name)
    assert 0 == ensure(home, force=force).exit_code


def test_an_unsafe_directory_is_refused_before_anything_is_written(home: Path, tools: Path) -> None:
    tools.chmod(0o777)
    before = everything(home)
    with pytest.raises(RefusedError, match=r"everybody can write to .*/tools, .* chmod go-w ~/tools"):
        ensure(home)
    assert before == everything(home)
    assert 0 == ensure(home, force=True).exit_code


@pytest.mark.usefixtures("tools")
def test_while_another_run_is_at_work_it_waits(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl  # noqa: PLC0415  (Unix)

    monkeypatch.setattr(lock, "TIMEOUT_S", 0.0)
    descriptor = os.open(home, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(OnpathError, match="another ensure-path has been running"):
        ensure(home)
    with pytest.raises(OnpathError, match="another ensure-path has been running"):
        undo()
    assert {"tools"} == set(everything(home))
    os.close(descriptor)
    assert 0 == ensure(home).exit_code


def test_a_directory_that_cannot_be_made_is_an_error_with_its_cure(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system may allow less than the system says."""
    monkeypatch.setattr(os, "pathconf", lambda *_: 1 << 20)
    with pytest.raises(OnpathError, match=r"cannot be made \(file name too long\); make it yourself"):
        ensure(home, f"{home}/a/{'b' * 300}")
    assert {} == everything(home)


@pytest.mark.usefixtures("tools")
def test_a_receipt_that_cannot_be_kept_is_a_note(home: Path) -> None:
    (home / ".local").write_text("")
    report = ensure(home)
    assert ("changed", 0) == (report.status, report.exit_code)
    assert any("no receipt could be kept" in note for note in report.notes)
    undo()
    assert {"tools", ".local"} == set(everything(home))


@pytest.mark.usefixtures("tools")
def test_the_note_of_a_receipt_that_fails_has_plain_words(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_changes: Changes) -> None:
        raise PermissionError(13, "Permission denied", "/state/receipt.json")

    monkeypatch.setattr(Changes, "keep_receipt", fail)
    (note,) = (each for each in ensure(home).notes if "no receipt could be kept" in each)
    assert "(/state/receipt.json: permission denied); --undo works without it" in note


def test_without_a_receipt_the_folders_that_stay_are_told(home: Path) -> None:
    """By the run that made them, and by the undo that leaves them."""
    (home / ".local").mkdir()
    (home / ".local" / "state").touch()
    report = ensure(home, f"{home}/a/b")
    assert 0 == report.exit_code
    assert any("leaves the folders that this run made: rmdir ~/a/b ~/a" in n for n in report.notes)
    notes = undo().notes
    assert any("these empty folders" in note and note.endswith("rmdir ~/a/b ~/a") for note in notes)
    assert {"a", "a/b", ".local", ".local/state"} == set(everything(home))


# The functions that other programs call.


@pytest.mark.usefixtures("home")
def test_other_programs_call_the_same(tools: Path) -> None:
    """With the directories as arguments and the options by their names."""
    options: dict[str, Any] = {"shells": ("bash",), "environ": dict(os.environ)}
    codes = [
        onpath.check(str(tools), **options).exit_code,
        onpath.diff(str(tools), **options).exit_code,
        onpath.ensure(str(tools), **options).exit_code,
        onpath.check(str(tools), **options).exit_code,
        onpath.undo(str(tools), environ=dict(os.environ)).exit_code,
        onpath.check(str(tools), **options).exit_code,
    ]
    assert [1, 1, 0, 0, 0, 1] == codes


def test_an_error_is_one_of_the_packages_own() -> None:
    with pytest.raises(onpath.OnpathError):
        onpath.check("/opt/a:b", environ=dict(os.environ))


@pytest.mark.parametrize(
    ("context", "said", "why"),
    [
        (Context(LOGIN, "elvish"), "elvish said: Compilation error", prove.UNREAD),
        (Context(LOGIN, "elvish"), "", unix.SETS_PATH_LATER),
        (Context(LOGIN, "bash"), "bash said: Syntax error", unix.SETS_PATH_LATER),
        (Context("desktop"), "said: generator failed", unix.SETS_PATH_LATER),
    ],
)
def test_an_edit_that_no_line_undoes_is_told_by_how_its_shell_reads(
    monkeypatch: pytest.MonkeyPatch, context: Context, said: str, why: str
) -> None:
    """Of a context without a shell too."""
    trial = object.__new__(prove.Trial)
    monkeypatch.setattr(
        trial, "survey", SimpleNamespace(host=SimpleNamespace(system=unix)), raising=False
    )
    assert why == trial._why_lost(context, said)
