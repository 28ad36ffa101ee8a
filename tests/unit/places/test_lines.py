"""Lines of ours in a file of directories, decided in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.model import APPEND, PREPEND, Context, File, Plan, Receipt, Want
from onpath.places import lines
from samples import BOUNDED, make_host, make_machine

if TYPE_CHECKING:
    from onpath.model import Edit, Machine

PATH = "/etc/paths.d/onpath"
HOST = make_host("/")
SERVED = (Context("login", "bash"),)
TEXTS = st.none() | st.text(alphabet="/ab\n\r ", max_size=20)
DIRECTORIES = st.lists(st.sampled_from(["/a", "/b", "/a b"]), min_size=1, max_size=3, unique=True)


def files(text: str | None) -> dict[str, str]:
    """Return the files of a machine in which PATH holds `text`."""
    return {} if text is None else {PATH: text}


def recorded(edit: Edit, *directories: str) -> Want:
    """Return what takes back `edit`, of which a receipt tells."""
    return Want(HOST, directories, find_receipt=lambda: Receipt(entries=edit.entries))


@BOUNDED
@given(TEXTS, DIRECTORIES, st.sampled_from([lines.plan, lines.plan_after]))
def test_what_was_put_there_is_taken_out_to_the_byte(
    text: str | None, names: list[str], plan: Callable[[str, Want, Machine], Plan]
) -> None:
    want = Want(HOST, tuple(names), SERVED)
    for edit in plan(PATH, want, make_machine(files(text))).edits:
        assert set(names) <= set(lines.lines_of(edit.after))
        assert Plan() == plan(PATH, want, make_machine(files(edit.after)))
        (back,) = lines.take_out(recorded(edit), make_machine(files(edit.after)), "the system").edits
        assert text == back.after


def test_the_first_directory_is_the_first_on_path_whichever_line_is_taken_first() -> None:
    want = Want(HOST, ("/a", "/b"), SERVED)
    (first,) = lines.plan(PATH, want, make_machine()).edits
    (after,) = lines.plan_after(PATH, want, make_machine()).edits
    assert ("/b\n/a\n", "/a\n/b\n") == (first.after, after.after)
    assert [PREPEND, APPEND] == [edit.entries[0].order for edit in (first, after)]


def test_what_comes_after_all_others_is_nothing_for_who_wants_it_in_front() -> None:
    assert Plan() == lines.plan_after(PATH, Want(HOST, ("/a",), SERVED, order=PREPEND), make_machine())


@pytest.mark.parametrize("name", ["/a\rb", "/a\udc80"])
def test_what_is_not_one_line_is_refused(name: str) -> None:
    (refusal,) = lines.plan_after(PATH, Want(HOST, (name,), SERVED), make_machine()).refusals
    assert (File(PATH), SERVED) == (refusal.target, refusal.serves)
    assert "; rename the directory" in refusal.reason


def test_a_file_that_may_not_be_edited_or_has_become_a_link_is_left_alone() -> None:
    want = Want(HOST, ("/a",), SERVED)
    refused = {PATH: "is read-only; run chmod u+w"}
    (refusal,) = lines.plan_after(PATH, want, make_machine(refused=refused)).refusals
    assert refused[PATH] == refusal.reason
    (edit,) = lines.plan_after(PATH, want, make_machine()).edits
    undone = recorded(edit)
    (refusal,) = lines.take_out(undone, make_machine(files("/a\n"), links=[PATH]), "the system").refusals
    assert "is a link, which the system does not make" in refusal.reason
    assert Plan() == lines.take_out(undone, make_machine(), "the system")


def test_only_the_directories_that_are_named_are_taken_out() -> None:
    (edit,) = lines.plan_after(PATH, Want(HOST, ("/a", "/b"), SERVED), make_machine()).edits
    one = recorded(edit, "/a")
    (back,) = lines.take_out(one, make_machine(files(edit.after)), "the system").edits
    assert "/b\n" == back.after
