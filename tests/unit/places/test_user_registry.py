"""`onpath.user_path`: the plan for the user's Path, on any system."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.errors import RefusedError
from onpath.model import APPEND, PREPEND, Edit, Entry
from onpath.places import user_registry as user_path
from onpath.stores import registry
from onpath.stores.registry import Value

ENVIRON = {"APPDATA": r"C:\Users\Ada\AppData\Roaming", "OS": "Windows_NT"}
T = r"C:\Users\Ada\AppData\Roaming\Python\Python311\Scripts"
SHORT = r"%APPDATA%\Python\Python311\Scripts"
OLD = r"C:\Users\Ada\AppData\Roaming\Python\Python310\Scripts"
SERVES = (("one", "interactive"), ("other", "interactive"))

VALUES = st.builds(
    Value,
    st.lists(
        st.sampled_from([";", '"', "%", "C:\\a", "%APPDATA%", T, SHORT, OLD, " ", "ü"]), max_size=9
    ).map("".join),
    st.booleans(),
)


def plan(
    before: Value | None,
    *directories: str,
    order: str | None = None,
    ours: tuple[Entry, ...] = (),
    stale: tuple[str, ...] = (),
) -> Edit | None:
    return user_path.plan(
        *(registry.USER_PATH, before, directories or (T,), SERVES, ENVIRON),
        same=lambda *_: False,
        order=order,
        ours=ours,
        stale=stale,
    )


def undo(value: Value | None, *entries: Entry) -> str | None:
    planned = user_path.undo(entries, lambda _: value, lambda _: None, ENVIRON)
    if not planned.edits:
        return value.text if value else None
    return planned.edits[0].after


def test_one_edit_serves_every_shell() -> None:
    edit = plan(None)
    assert edit
    assert SERVES == edit.serves
    assert (None, SHORT) == (edit.before, edit.after)
    assert (Entry(registry.USER_PATH, SHORT, PREPEND, created=True),) == edit.entries


def test_the_first_directory_is_the_first_in_either_order() -> None:
    for order, expected in ((PREPEND, r"D:\1;D:\2;C:\a"), (APPEND, r"C:\a;D:\1;D:\2")):
        edit = plan(Value(r"C:\a", expands=True), r"D:\1", r"D:\2", order=order)
        assert edit
        assert expected == edit.after


def test_a_full_name_is_written_where_nothing_expands() -> None:
    edit = plan(Value(r"C:\a", expands=False))
    assert edit
    assert f"{T};C:\\a" == edit.after


@given(VALUES, st.sampled_from([PREPEND, APPEND, None]))
def test_undo_gives_back_the_text_of_any_value(value: Value, order: str | None) -> None:
    edit = plan(value, order=order)
    if edit:
        assert edit.after is not None
        assert value.text == undo(Value(edit.after, value.expands), *edit.entries)


@given(VALUES, st.sampled_from([PREPEND, APPEND, None]))
def test_planning_twice_is_planning_once(value: Value, order: str | None) -> None:
    edit = plan(value, order=order)
    if edit:
        assert edit.after is not None
        assert plan(Value(edit.after, value.expands), order=order, ours=edit.entries) is None


@given(VALUES)
def test_a_left_over_gives_its_place_and_gets_it_back(value: Value) -> None:
    edit = plan(value, stale=(OLD,))
    if edit:
        assert edit.after is not None
        assert value.text == undo(Value(edit.after, value.expands), *edit.entries)


def test_a_left_over_is_swapped_though_ours_is_there_already() -> None:
    first = plan(Value(f"C:\\a;{OLD}", expands=True))
    assert first
    assert first.after
    second = plan(Value(first.after, expands=True), ours=first.entries, stale=(OLD,))
    assert second
    assert f"C:\\a;{SHORT}" == second.after
    assert f"C:\\a;{OLD}" == undo(Value(f"C:\\a;{SHORT}", expands=True), *second.entries)


def test_undo_deletes_the_value_only_where_there_was_none_and_nothing_is_left() -> None:
    created = Entry(registry.USER_PATH, SHORT, PREPEND, created=True)
    assert undo(Value(SHORT, expands=True), created) is None
    assert r"C:\b" == undo(Value(f"{SHORT};C:\\b", expands=True), created)
    found = Entry(registry.USER_PATH, SHORT, PREPEND)
    assert "" == undo(Value(SHORT, expands=True), found)


def test_undo_finds_our_entry_in_another_spelling() -> None:
    entry = Entry(registry.USER_PATH, SHORT, PREPEND)
    assert r"C:\a;C:\b" == undo(Value(f"C:\\a;{T}\\;C:\\b", expands=True), entry)


def test_undo_leaves_a_value_alone_from_which_ours_is_gone() -> None:
    assert r"C:\a" == undo(Value(r"C:\a", expands=True), Entry(registry.USER_PATH, SHORT, PREPEND))


def test_that_there_was_no_value_passes_on_to_the_entry_that_stays() -> None:
    one = Entry(registry.USER_PATH, r"D:\1", PREPEND, created=True)
    two = Entry(registry.USER_PATH, r"D:\2", PREPEND)
    (kept,) = user_path.left_over((one, two), (one,))
    assert (r"D:\2", True) == (kept.text, kept.created)


@pytest.mark.parametrize("directory", [r"D:\%OS%", r"D:\%os%\x"])
def test_percents_that_would_be_expanded_are_refused(directory: str) -> None:
    with pytest.raises(RefusedError, match="would expand the %"):
        plan(None, directory)
    edit = plan(Value("", expands=False), directory)
    assert edit
    assert directory == edit.after


def test_the_case_of_a_name_does_not_count_when_it_is_written_short() -> None:
    edit = plan(None, T.lower())
    assert edit
    assert SHORT.lower().replace("%appdata%", "%APPDATA%") == edit.after


def test_what_windows_cannot_hold_is_refused() -> None:
    with pytest.raises(RefusedError, match="32,766"):
        plan(Value("x" * (32766 - len(SHORT)), expands=True))
    assert plan(Value("x" * (32765 - len(SHORT)), expands=True))


def test_lengths_that_some_programs_cut_are_warned_of() -> None:
    edit = Edit(registry.USER_PATH, "", "C:\\" + "x" * 2044)
    assert () == user_path.warnings(edit, ENVIRON, "")
    assert [
        "2,048 characters" in w
        for w in user_path.warnings(Edit(registry.USER_PATH, "", "x" * 2048), {}, "")
    ]
    assert "fails beyond 8,191" in user_path.warnings(edit, ENVIRON, "x" * 7000)[-1]


def test_a_variable_that_does_not_expand_is_told() -> None:
    assert "" == user_path.unexpanded(Value("%APPDATA%", expands=True), ENVIRON)
    assert "" == user_path.unexpanded(Value("100%;%NONE%", expands=False), ENVIRON)
    assert "'%APPDATA%'" in user_path.unexpanded(Value("C:\\a;%APPDATA%", expands=False), ENVIRON)
