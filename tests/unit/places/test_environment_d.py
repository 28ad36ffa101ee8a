"""environment.d, decided in memory: one file of ours, which comes and goes as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.model import (
    APPEND,
    DESKTOP,
    END,
    LOGIN,
    PREPEND,
    QUESTION,
    TOP,
    Ask,
    Context,
    Edit,
    File,
    Plan,
    Receipt,
    Refusal,
    Want,
)
from onpath.places import environment_d, fence
from samples import BOUNDED, HOME, UNREADABLE, installed, make_host, make_machine

if TYPE_CHECKING:
    from pathlib import Path

HOST = make_host()
PATH = f"{HOME}/.config/environment.d/99-onpath.conf"
SERVED = (Context(DESKTOP),)
T = f"{HOME}/.local/bin"
DIRECTORIES = st.lists(
    st.sampled_from(["/opt/a", "/opt/b c", T, "/opt/it's", "/opt/$x"]), min_size=1, unique=True
).map(tuple)


def want(*directories: str, order: str | None = None, position: str = TOP) -> Want:
    """Return what a run asks for."""
    return Want(HOST, directories or (T,), SERVED, order=order, position=position)


def plan(wanted: Want, text: str | None = None, *, refused: str = "") -> Plan:
    """Plan for a home whose file has `text`."""
    files = {} if text is None else {PATH: text}
    return environment_d.plan(wanted, make_machine(files, refused={PATH: refused} if refused else {}))


def undo(text: str | None, *directories: str, receipt: Receipt | None = None) -> Plan:
    """Plan to take back what is in the file."""
    wanted = Want(HOST, directories, find_receipt=lambda: receipt or Receipt())
    return environment_d.undo(wanted, make_machine({} if text is None else {PATH: text}))


def lines(text: str | None) -> list[str]:
    """Return the lines of `text` that are no comments."""
    return [line for line in (text or "").splitlines() if not line.startswith("#")]


# What is put.


def test_the_first_run_makes_our_file() -> None:
    after = fence.insert(None, "~/.local/bin", "PATH=${HOME}/.local/bin:$PATH\n")
    assert Plan((Edit(File(PATH), None, after, SERVED),)) == plan(want())


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, ["PATH=/opt/b:$PATH", "PATH=/opt/a:$PATH"]),
        (PREPEND, ["PATH=/opt/b:$PATH", "PATH=/opt/a:$PATH"]),
        (APPEND, ["PATH=$PATH:/opt/a", "PATH=$PATH:/opt/b"]),
    ],
)
@pytest.mark.parametrize("position", [TOP, END])
def test_the_directories_come_out_in_the_order_in_which_they_were_named(
    order: str | None, expected: list[str], position: str
) -> None:
    (edit,) = plan(want("/opt/a", "/opt/b", order=order, position=position)).edits
    assert expected == lines(edit.after)


@BOUNDED
@given(DIRECTORIES, st.sampled_from([None, PREPEND, APPEND]), st.sampled_from([TOP, END]))
def test_a_second_plan_changes_nothing(
    directories: tuple[str, ...], order: str | None, position: str
) -> None:
    (edit,) = plan(want(*directories, order=order, position=position)).edits
    for again in (
        want(*directories, order=order, position=position),
        want(*directories, position=position),
    ):
        (second,) = plan(again, edit.after).edits
        assert edit.after == second.before == second.after


def test_an_order_that_is_asked_for_replaces_the_other() -> None:
    (first,) = plan(want(order=APPEND)).edits
    (second,) = plan(want(order=PREPEND), first.after).edits
    assert ["PATH=${HOME}/.local/bin:$PATH"] == lines(second.after)


def test_what_others_wrote_into_our_file_stays() -> None:
    (edit,) = plan(want(), "EDITOR=vi\n").edits
    assert ["PATH=${HOME}/.local/bin:$PATH", "EDITOR=vi"] == lines(edit.after)


@pytest.mark.parametrize("directory", ["/opt/\udcff", "/opt/a\tb", "/opt/\x7f"])
def test_a_name_that_the_language_cannot_spell_is_refused(directory: str) -> None:
    planned = plan(want(directory))
    assert () == planned.edits
    (refusal,) = planned.refusals
    assert (File(PATH), SERVED, "") == (refusal.target, refusal.serves, refusal.snippet)
    assert "on the PATH of environment.d" in refusal.reason


def test_a_file_that_may_not_be_edited_is_refused_with_what_to_paste() -> None:
    paste = "PATH=${HOME}/.local/bin:$PATH\n"
    refusal = Refusal(File(PATH), "is read-only", SERVED, paste)
    assert Plan(refusals=(refusal,)) == plan(want(), "", refused="is read-only")


def test_a_file_that_cannot_be_read_or_is_damaged_is_refused() -> None:
    for text, words in ((UNREADABLE, "cannot be read"), (fence.OPENING, "by hand")):
        planned = plan(want(), text)
        assert () == planned.edits
        assert words in planned.refusals[0].reason


# What is taken back.


@BOUNDED
@given(DIRECTORIES, st.sampled_from([None, PREPEND, APPEND]))
def test_undo_removes_the_file_that_was_made(directories: tuple[str, ...], order: str | None) -> None:
    (edit,) = plan(want(*directories, order=order)).edits
    for named in ((), directories):
        assert (Edit(File(PATH), edit.after, None),) == undo(edit.after, *named).edits


def test_undo_of_one_directory_leaves_the_other() -> None:
    (edit,) = plan(want("/opt/a", "/opt/b")).edits
    (taken,) = undo(edit.after, "/opt/a").edits
    assert ["PATH=/opt/b:$PATH"] == lines(taken.after)


def test_undo_leaves_what_others_wrote() -> None:
    (edit,) = plan(want(), "EDITOR=vi").edits
    assert ["EDITOR=vi"] == [each.after for each in undo(edit.after).edits]
    assert () == undo("EDITOR=vi").edits
    assert () == undo(None).edits


def test_undo_looks_at_our_file_wherever_blocks_are_recorded() -> None:
    assert (File(PATH),) == undo(None, receipt=Receipt((f"{HOME}/.bashrc",))).looked_at


# Whom it serves, and how that is asked.


def test_it_serves_the_desktop_where_that_is_asked_for() -> None:
    shells = (installed("bash"),)
    assert SERVED == environment_d.contexts(HOST, shells, (LOGIN, DESKTOP))
    assert () == environment_d.contexts(HOST, shells, (LOGIN,))
    assert (File(PATH),) == environment_d.targets(want(), SERVED[0], make_machine())


@pytest.fixture
def generators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Have the user's service manager look into two folders, in this order."""
    folders = (tmp_path / "etc", tmp_path / "lib")
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr(environment_d, "GENERATOR_FOLDERS", (f"{tmp_path}/nothing", *map(str, folders)))
    return folders


def put(path: Path, mode: int = 0o755) -> str:
    """Put a generator there."""
    path.touch()
    path.chmod(mode)
    return str(path)


def ask() -> Ask | str:
    """Return how a program of the desktop is asked."""
    return environment_d.ask(HOST, SERVED[0], make_machine())


@pytest.mark.usefixtures("generators")
def test_without_the_program_that_reads_the_file_nothing_is_asked() -> None:
    assert environment_d.NO_READER == ask()
    assert "--for session" in environment_d.NO_READER


def test_a_program_gets_what_all_generators_print_in_the_order_of_their_names(
    generators: tuple[Path, Path],
) -> None:
    etc, lib = generators
    reader = put(lib / environment_d.READER)
    first, last = put(etc / "10-first"), put(etc / "90-last")
    found = ask()
    assert isinstance(found, Ask)
    assert "-c" == found.argv[1]
    assert "/bin/sh" == found.program
    evaluated = [line for line in found.argv[2].splitlines() if line.startswith("eval")]
    assert [f'eval "$({path} 2>/dev/null)"' for path in (first, reader, last)] == evaluated
    assert QUESTION == found.argv[2].splitlines()[-1]


def test_a_generator_that_another_of_its_name_masks_does_not_run(generators: tuple[Path, Path]) -> None:
    etc, lib = generators
    put(lib / environment_d.READER)
    put(lib / "50-other")
    masking = put(etc / "50-other")
    (etc / "60-masked").symlink_to(os.devnull)
    put(lib / "60-masked")
    put(lib / "70-no-program", 0o644)
    found = ask()
    assert isinstance(found, Ask)
    text = found.argv[2]
    assert 2 == text.count("eval")
    assert masking in text
    (etc / environment_d.READER).symlink_to(os.devnull)
    assert environment_d.NO_READER == ask()


def test_a_change_is_remarked_as_counting_from_the_next_login_on() -> None:
    machine = make_machine()
    session, units = environment_d.remarks(want(), plan(want()), machine)
    assert "from the next login on" in session
    assert "daemon-reload" in units
    assert () == environment_d.remarks(want(), Plan(), machine)
