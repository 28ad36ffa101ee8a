"""The plan for the user's Path, on any system."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onpath import changes, receipts, winpath
from onpath.errors import RefusedError
from onpath.model import (
    APPEND,
    END,
    INTERACTIVE,
    PREPEND,
    QUESTION,
    SHELL_MODES,
    TOP,
    Ask,
    Context,
    Edit,
    Entry,
    Plan,
    Receipt,
    Refusal,
    RegistryValue,
    Value,
    Want,
)
from onpath.places import user_registry
from onpath.places.registry_entries import EDIT_USER, is_in_place
from onpath.places.user_registry import MACHINE_PATH, USER_PATH
from onpath.values import replace
from samples import installed, make_host, make_machine

if TYPE_CHECKING:
    from onpath.model import Machine

ENVIRON = {"APPDATA": r"C:\Users\Ada\AppData\Roaming", "OS": "Windows_NT"}
T = r"C:\Users\Ada\AppData\Roaming\Python\Python311\Scripts"
SHORT = r"%APPDATA%\Python\Python311\Scripts"
NEW, OTHER = r"C:\new\bin", r"C:\other\bin"
OLD = r"C:\Users\Ada\AppData\Roaming\Python\Python310\Scripts"
SERVES = (Context(INTERACTIVE, "one"), Context(INTERACTIVE, "other"))

VALUES = st.builds(
    Value,
    st.lists(
        st.sampled_from([";", '"', "%", "C:\\a", "%APPDATA%", T, SHORT, OLD, OTHER, " ", "ü"]),
        max_size=9,
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
    """Return the edit of a value that was `before`."""
    return user_registry.plan_value(
        *(USER_PATH, before, directories or (T,), SERVES, ENVIRON),
        same=lambda *_: False,
        order=order,
        ours=ours,
        stale=stale,
    )


def plan_if_allowed(
    value: Value,
    *directories: str,
    order: str | None,
    ours: tuple[Entry, ...] = (),
    stale: tuple[str, ...] = (),
) -> Edit | None:
    """Return the edit, or None also where it is refused: a % without its pair is in the way."""
    with suppress(RefusedError):
        return plan(value, *directories, order=order, ours=ours, stale=stale)
    return None


def undo(value: Value | None, *entries: Entry) -> str | None:
    """Return what is left of `value` without what is ours."""
    machine = make_machine(value=value, variables=ENVIRON)
    planned = user_registry.undo(want(entries=entries), machine)
    if not planned.edits:
        return value.text if value else None
    return planned.edits[0].after


def want(*directories: str, entries: tuple[Entry, ...] = (), order: str | None = None) -> Want:
    """Return what a run asks for whose receipt has `entries`."""
    return Want(
        make_host(), directories, SERVES, order=order, find_receipt=lambda: Receipt(entries=entries)
    )


@pytest.mark.parametrize(
    ("text", "order", "is_there"),
    [
        (r"%LIST%;C:\a", PREPEND, False),
        (r"C:\a;%LIST%", APPEND, True),
        (r"%LIST%;C:\a", APPEND, False),
        (r"%TWICE%;C:\a", PREPEND, True),
    ],
)
def test_a_variable_of_several_folders_has_each_of_them_in_its_place(
    text: str, order: str, *, is_there: bool
) -> None:
    environ = {"LIST": rf"C:\one;{T}", "TWICE": rf"{T};C:\one"}
    assert is_there == is_in_place(text, (T,), order, environ)


def test_one_edit_serves_every_shell() -> None:
    edit = plan(None)
    assert edit
    assert SERVES == edit.serves
    assert (None, SHORT) == (edit.before, edit.after)
    assert (Entry(USER_PATH, SHORT, PREPEND, created=True),) == edit.entries


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
    edit = plan_if_allowed(value, order=order)
    if edit:
        assert edit.after is not None
        assert value.text == undo(Value(edit.after, value.expands), *edit.entries)


@given(VALUES, st.sampled_from([PREPEND, APPEND, None]))
@example(Value(f"{SHORT};%", expands=True), APPEND)
def test_planning_twice_is_planning_once(value: Value, order: str | None) -> None:
    edit = plan_if_allowed(value, order=order)
    if edit:
        assert edit.after is not None
        assert plan(Value(edit.after, value.expands), order=order, ours=edit.entries) is None


@pytest.mark.parametrize("old", [r"C:\100%", r"C:\100%;C:\b"])
def test_after_a_percent_without_its_pair_the_directory_is_written_in_full(old: str) -> None:
    edit = plan(Value(old, expands=True), order=APPEND)
    assert edit
    assert f"{old};{T}" == edit.after


def test_before_another_percent_a_directory_with_one_is_refused() -> None:
    """It would take that one for its pair."""
    assert plan(Value(r"C:\a", expands=True), r"D:\100%")
    with pytest.raises(RefusedError, match="would expand the %"):
        plan(Value(r"C:\a;%OS%", expands=True), r"D:\100%")


def test_an_entry_that_a_percent_would_spoil_is_not_moved() -> None:
    with pytest.raises(RefusedError, match="% without its pair; take it out"):
        plan(Value(f"{SHORT};C:\\100%", expands=True), order=APPEND)


@given(VALUES, st.sampled_from([PREPEND, APPEND, None]))
def test_an_edit_puts_the_directory_there_and_changes_no_other_entry(
    value: Value, order: str | None
) -> None:
    variables = ENVIRON if value.expands else {}
    edit = plan_if_allowed(value, order=order)
    if edit and edit.after is not None:
        before, after = (winpath.expand(text or "", variables) for text in (edit.before, edit.after))
        pieces = list(filter(None, winpath.plain_entries(after)))
        theirs = list(filter(None, winpath.plain_entries(before)))
        assert any(winpath.normal(T) == winpath.normal(piece) for piece in pieces)
        left = [piece for piece in pieces if winpath.normal(piece) != winpath.normal(T)]
        assert left == [piece for piece in theirs if winpath.normal(piece) != winpath.normal(T)]


def test_what_the_machine_has_is_left_out_of_the_users() -> None:
    values = {
        USER_PATH: Value(r"C:\a", expands=True),
        MACHINE_PATH: Value(r"%OS%;C:\System", expands=True),
    }
    machine = replace(make_machine(variables=ENVIRON), value=values.get)
    for directories, order, after in (
        ((r"C:\system", T), None, f"{SHORT};C:\\a"),
        ((r"C:\system",), None, r"C:\system;C:\a"),  # a shell that lacks it all the same
        ((r"C:\system", T), PREPEND, f"C:\\system;{SHORT};C:\\a"),
    ):
        planned = user_registry.plan(want(*directories, order=order), machine)
        assert [after] == [edit.after for edit in planned.edits]


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
    created = Entry(USER_PATH, SHORT, PREPEND, created=True)
    assert undo(Value(SHORT, expands=True), created) is None
    assert r"C:\b" == undo(Value(f"{SHORT};C:\\b", expands=True), created)
    found = Entry(USER_PATH, SHORT, PREPEND)
    assert "" == undo(Value(SHORT, expands=True), found)


def test_undo_finds_our_entry_in_another_spelling() -> None:
    entry = Entry(USER_PATH, SHORT, PREPEND)
    assert r"C:\a;C:\b" == undo(Value(f"C:\\a;{T}\\;C:\\b", expands=True), entry)


@pytest.mark.parametrize("entry", [SHORT, T])
def test_undo_finds_our_entry_in_a_value_in_which_setx_has_spelled_all_out(entry: str) -> None:
    assert r"C:\a" == undo(Value(f"C:\\a;{T}", expands=False), Entry(USER_PATH, entry, PREPEND))


def test_undo_leaves_a_value_alone_from_which_ours_is_gone() -> None:
    assert r"C:\a" == undo(Value(r"C:\a", expands=True), Entry(USER_PATH, SHORT, PREPEND))


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
    edit = Edit(USER_PATH, "", "C:\\" + "x" * 2044)
    assert () == user_registry.warnings(edit, ENVIRON, "")
    (warning,) = user_registry.warnings(Edit(USER_PATH, "", "x" * 2048), {}, "")
    assert "2,048 characters" in warning
    assert "fails beyond 8,191" in user_registry.warnings(edit, ENVIRON, "x" * 7000)[-1]


def make_long(length: int, user: str = r"C:\a") -> Machine:
    """Return a machine whose PATH will have `length` characters once the directory is there."""
    text = "C:\\" + "m" * (length - len(f"{T};{user};") - 3)
    values = {USER_PATH: Value(user, True), MACHINE_PATH: Value(text, True)}
    return replace(make_machine(variables=ENVIRON), value=values.get, is_same=str.__eq__)


def test_a_path_of_which_cmd_would_find_nothing_is_refused_with_what_to_remove() -> None:
    assert user_registry.plan(want(T), make_long(8191)).edits
    planned = user_registry.plan(want(T), make_long(8193, r"C:\a;C:\longer;C:\a"))
    (refusal,) = planned.refusals
    assert () == planned.edits
    assert (SERVES, "") == (refusal.serves, refusal.snippet)
    assert refusal.reason.startswith("would have 8,193 characters together with the machine's Path")
    assert (
        "remove entries of 2 characters or more, such as C:\\a (there twice) (rundll32" in refusal.reason
    )


def test_a_path_that_was_too_long_before_is_not_refused() -> None:
    machine = make_long(8192 + len(T) + 1)
    assert user_registry.plan(want(T), machine).edits


def test_a_path_of_which_powershell_would_find_nothing_is_refused_too() -> None:
    """Though cmd finds nothing of it as it is."""
    assert user_registry.plan(want(T), make_long(32766)).edits
    (refusal,) = user_registry.plan(want(T), make_long(32767)).refusals
    assert "with more than 32,766 no shell finds any program; remove" in refusal.reason


def test_where_the_directory_is_there_already_what_is_stale_is_to_be_removed() -> None:
    """`--replace-stale` would put nothing in its place."""
    wanted = replace(want(T), stale=(OLD,))
    (told,) = user_registry.stale_remarks(Value(f"{SHORT};{OLD}", expands=True), wanted, ENVIRON)
    assert told == f"{OLD} is left over from a Python that is gone; remove it ({EDIT_USER})"
    (told,) = user_registry.stale_remarks(Value(OLD, expands=True), wanted, ENVIRON)
    assert "--replace-stale puts the new directory in its place" in told


def test_the_lengths_that_count_are_those_after_expansion() -> None:
    long = {**ENVIRON, "LONG": "C:\\" + "x" * 5000}
    values = {USER_PATH: Value(r"C:\a", True), MACHINE_PATH: Value("%LONG%;%long%", True)}
    machine = replace(make_machine(variables=long), value=values.get)
    assert user_registry.plan(want(T), machine).edits  # it was too long before
    values[MACHINE_PATH] = Value("%LONG%;C:\\" + "x" * (8191 - 5003 - 1 - len(r";C:\a;C:\ ")), True)
    assert user_registry.plan(want(T), machine).refusals
    values[MACHINE_PATH] = Value("%LONG%;%LONG%", False)  # a type that does not expand
    assert user_registry.plan(want(T), machine).edits
    assert () == user_registry.plan(want(T), machine).refusals


def test_what_does_nothing_is_to_go_first_and_then_the_longest() -> None:
    text = r"C:\gone;C:\a;C:\longest;c:\A\;%APPDATA%;C:\m"
    there = {r"C:\a", r"C:\longest", ENVIRON["APPDATA"], r"c:\A\\"[:-1], r"C:\m"}
    for excess, expected in (
        (1, (r"C:\gone (does not exist)",)),
        (9, (r"C:\gone (does not exist)", "c:\\A\\ (there twice)")),
        (15, (r"C:\gone (does not exist)", "c:\\A\\ (there twice)", r"C:\m (there twice)")),
    ):
        found = user_registry.removable(text, ENVIRON, r"C:\m", excess, there.__contains__)
        assert expected == found
    found = user_registry.removable(text, ENVIRON, r"C:\m", 9999, there.__contains__)
    assert ("%APPDATA%", r"C:\longest") == found[3:]
    assert (r"C:\m",) == user_registry.removable("", ENVIRON, r"C:\m", 1, there.__contains__)


def test_a_variable_of_several_folders_is_no_entry_that_does_not_exist() -> None:
    environ = {"BIG": r"C:\a;C:\gone;C:\b", "OLD": r"C:\old;C:\older"}
    found = user_registry.removable(
        r"%BIG%;%OLD%;C:\a", environ, "", 40, {r"C:\a", r"C:\b"}.__contains__
    )
    idle = (r"C:\gone in %BIG% (does not exist)", "%OLD% (does not exist)", r"C:\a (there twice)")
    assert (*idle, "%BIG%") == found


def test_a_quote_in_a_variable_is_told_with_its_name() -> None:
    told = user_registry.quote_remark("the user's Path", r"C:\a;%QUO%", {"QUO": '"C:\\x'})
    assert 'after the entry %QUO% (it is "C:\\x) , whose quote has no pair' in told
    assert "" == user_registry.quote_remark("the user's Path", r"C:\a;%QUO%", {"QUO": r"C:\x"})


def test_where_the_users_entries_are_too_little_those_of_the_machine_are_named() -> None:
    """Else the cure frees eight characters where 42 are needed."""
    machine = ";".join(f"C:\\{number:060}" for number in range(127))
    room = user_registry.LINE_LENGTH - len(machine)
    edit = Edit(USER_PATH, "C:\\tools", "C:\\tools;" + "x" * room)
    told = user_registry.too_long(edit, {}, machine, is_folder=lambda _: True)
    assert "C:\\tools" not in told
    assert f"C:\\{0:060} (" in told
    assert told.endswith(f"({user_registry.EDIT_MACHINE})")


@pytest.mark.parametrize("order", [None, PREPEND, APPEND])
def test_a_directory_after_an_unpaired_quote_is_not_added_again(order: str | None) -> None:
    for spelled in (T, SHORT, T.upper()):
        value = Value(f'C:\\a;"C:\\b;{spelled}', expands=True)
        planned = user_registry.plan(want(T, order=order), make_machine(value=value, variables=ENVIRON))
        assert () == planned.edits
        (refusal,) = planned.refusals
        assert refusal.reason.startswith(f'has {T} already, after the entry "C:\\b , whose quote has no')
        assert "" == refusal.snippet


def test_a_quote_that_hides_something_else_is_no_reason_to_refuse() -> None:
    for text in ('"C:\\b;C:\\c', f'"C:\\a;{T}"', f'"C:\\b;{SHORT}2'):
        machine = make_machine(value=Value(text, expands=True), variables=ENVIRON)
        assert [f"{SHORT};{text}"] == [e.after for e in user_registry.plan(want(T), machine).edits]


def test_an_unpaired_quote_of_either_value_is_remarked() -> None:
    values = {USER_PATH: Value('C:\\a;"C:\\u', True), MACHINE_PATH: Value('C:\\m";C:\\n', False)}
    machine = replace(make_machine(variables=ENVIRON), value=values.get)
    users, machines = user_registry.remarks(want(T), Plan(), machine)
    assert "in the user's Path, cmd finds no program after the entry \"C:\\u ," in users
    assert "(rundll32 sysdm.cpl,EditEnvironmentVariables)" in users
    assert "in the machine's Path, cmd finds no program after the entry C:\\m\" ," in machines
    assert "(SystemPropertiesAdvanced)" in machines


def test_what_was_tried_and_put_back_is_remarked_as_well() -> None:
    tried = Edit(USER_PATH, "", "x" * 9000)
    found = user_registry.remarks(want(T), Plan(put_back=(tried,)), make_machine())
    assert ["the user's Path would have 9,000", "PATH would have 9,000"] == [
        words.partition(" characters")[0] for words in found
    ]
    assert user_registry.OPEN_PROGRAMS not in found


def test_a_variable_that_does_not_expand_is_told() -> None:
    assert "" == user_registry.unexpanded(Value("%APPDATA%", expands=True), ENVIRON)
    assert "" == user_registry.unexpanded(Value("100%;%NONE%", expands=False), ENVIRON)
    assert "'%APPDATA%'" in user_registry.unexpanded(Value("C:\\a;%APPDATA%", expands=False), ENVIRON)


# The members of a place.

OURS = Entry(USER_PATH, SHORT, PREPEND)
FOUND = Value(f"{SHORT};C:\\a", expands=True)


def test_windows_starts_every_shell_in_one_way() -> None:
    shells = (installed("cmd"), installed("pwsh"))
    expected = (Context(INTERACTIVE, "cmd"), Context(INTERACTIVE, "pwsh"))
    for modes in (SHELL_MODES, (INTERACTIVE,), ("desktop",)):
        assert expected == user_registry.contexts(make_host(), shells, modes)
    assert () == user_registry.contexts(make_host(), shells, ())


def test_a_shell_is_asked_by_its_row_and_served_by_the_one_value() -> None:
    machine = make_machine()
    assert Ask((QUESTION,)) == user_registry.ask(make_host(), SERVES[0], machine)
    assert (USER_PATH,) == user_registry.targets(want(T), SERVES[0], machine)


@pytest.mark.parametrize("order", [None, PREPEND, APPEND])
def test_the_plan_is_the_edit_of_the_value(order: str | None) -> None:
    value = Value(r"C:\a", expands=True)
    edit = plan(value, order=order)
    assert edit
    assert (END if order == APPEND else TOP) == edit.position
    machine = make_machine(value=value, variables=ENVIRON)
    assert Plan((edit,)) == user_registry.plan(want(T, order=order), machine)


def test_what_is_there_already_is_no_edit() -> None:
    machine = make_machine(value=FOUND, variables=ENVIRON)
    assert Plan() == user_registry.plan(want(T), machine)


def test_nothing_wanted_is_nothing_planned() -> None:
    assert Plan() == user_registry.plan(replace(want(T), contexts=()), make_machine())


@pytest.mark.parametrize(("order", "after"), [(None, None), (PREPEND, None), (APPEND, f"C:\\a;{SHORT}")])
def test_only_an_order_that_is_asked_for_moves_our_own_entry(
    order: str | None, after: str | None
) -> None:
    machine = make_machine(value=FOUND, variables=ENVIRON)
    planned = user_registry.plan(want(T, entries=(OURS,), order=order), machine)
    assert [after] * bool(after) == [edit.after for edit in planned.edits]


@pytest.mark.parametrize(
    ("text", "order", "after"),
    [
        (f"C:\\a;{T};D:\\b", None, None),
        (f"C:\\a;{T};D:\\b", PREPEND, f"{T};C:\\a;D:\\b"),
        (f"C:\\a;{T};D:\\b;", APPEND, f"C:\\a;D:\\b;{T};"),
        (f"{SHORT};C:\\a", APPEND, f"C:\\a;{SHORT}"),
        (f"{T};C:\\a", PREPEND, None),
        (f";{T};C:\\a", PREPEND, None),
        (f"C:\\a;{T};;", APPEND, None),
        (T, APPEND, None),
    ],
)
def test_an_order_moves_an_entry_of_the_users_own_and_undo_moves_it_back(
    text: str, order: str | None, after: str | None
) -> None:
    edit = plan(Value(text, expands=True), order=order)
    assert after == (edit and edit.after)
    if edit and after:
        assert text == undo(Value(after, expands=True), *edit.entries)


UNDO = "undo"
REQUESTS = st.tuples(
    st.sampled_from([PREPEND, APPEND, None, UNDO]),
    st.sampled_from([(T,), (NEW,), (OTHER,), (T, NEW), (NEW, T), (OTHER, T)]),
    st.sampled_from([(), (OLD,)]),
)


@given(VALUES, st.lists(REQUESTS, max_size=4))
@example(Value(f"{SHORT};%", expands=True), [(APPEND, (T,), ())])
@example(Value(f"{T};;{T}", expands=False), [(APPEND, (T,), ()), (PREPEND, (T,), ())])  # it goes back
@example(Value(f"{T};{OLD}", expands=True), [(PREPEND, (NEW,), ()), (APPEND, (T, NEW), ())])
@example(Value(f"{T};{OTHER};C:\\a", True), [(each, (T, OTHER), ()) for each in (APPEND, PREPEND)])
@example(Value(f"{T};{OTHER};C:\\a", True), [(APPEND, (T, OTHER), ()), (UNDO, (T,), ())])
@example(Value(f"{OTHER};{T};{T}", True), [(APPEND, (T, OTHER), ())])
@example(  # what it was behind is replaced meanwhile
    Value(f"{OLD};{T}", expands=True), [(PREPEND, (T,), ()), (None, (NEW,), (OLD,)), (APPEND, (T,), ())]
)
def test_whatever_runs_come_one_after_another_undo_gives_back_the_text(
    value: Value, runs: list[tuple[str | None, tuple[str, ...], tuple[str, ...]]]
) -> None:
    now, receipt = value, Receipt()
    for order, directories, stale in runs:
        for has_run in (False, True):
            if order == UNDO:
                wanted = want(*directories, entries=receipt.entries)
                machine = make_machine(value=now, variables=ENVIRON)
                edit = next(iter(user_registry.undo(wanted, machine).edits), None)
            else:
                ours = receipt.entries
                edit = plan_if_allowed(now, *directories, order=order, ours=ours, stale=stale)
            if edit:
                assert not has_run, "a second run changes something"
                assert edit.after is not None
                now, receipt = Value(edit.after, value.expands), receipts.add(receipt, [edit])
                assert () == receipt.files  # a value is none
    assert value.text == undo(now, *receipt.entries)


def test_what_a_killed_run_takes_back_is_what_it_put_alone() -> None:
    """An entry of an earlier run that it had to put again stays."""
    now, receipt = Value(f"{T};C:\\x", expands=False), Receipt()
    for order, directory in ((PREPEND, NEW), (APPEND, T), (PREPEND, T)):
        edit = plan(now, directory, order=order, ours=receipt.entries)
        assert edit
        if directory == T and order == PREPEND:
            break
        now, receipt = Value(edit.after or "", expands=False), receipts.add(receipt, [edit])
    assert edit
    assert f"{NEW};C:\\x;{T}" == now.text
    pending = changes._to_be_put(edit)  # noqa: SLF001
    assert [T] == [entry.text for entry in pending]
    assert f"{NEW};{T};C:\\x" == undo(Value(edit.after or "", expands=False), *pending)


def test_what_the_user_has_put_back_by_hand_is_moved_by_the_same_order_again() -> None:
    for text in (f"{T};C:\\a", "C:\\a"):
        edit = plan(Value(text, expands=True), order=APPEND)
        assert edit
        by_hand = Value(f"{edit.entries[0].text};C:\\a", expands=True)
        again = plan(by_hand, order=APPEND, ours=edit.entries)
        assert again
        assert edit.after == again.after
        receipt = receipts.add(Receipt(entries=edit.entries), [again])
        assert text == undo(Value(edit.after or "", expands=True), *receipt.entries)


def test_an_entry_that_was_moved_goes_back_behind_the_one_before_it_whatever_else_has_changed() -> None:
    edit = plan(Value(f"C:\\a;{T};D:\\b", expands=True), order=PREPEND)
    assert edit
    assert f"C:\\new;C:\\a;{T}" == undo(Value(f"{T};C:\\new;C:\\a", expands=True), *edit.entries)
    assert f"C:\\new;{T}" == undo(Value(f"{T};C:\\new", expands=True), *edit.entries)


def test_only_on_request_a_stale_entry_gives_its_place() -> None:
    machine = make_machine(value=Value(f"C:\\a;{OLD}", expands=True), variables=ENVIRON)
    for replaces, after in ((False, f"{SHORT};C:\\a;{OLD}"), (True, f"C:\\a;{SHORT}")):
        wanted = replace(want(T), stale=(OLD,), replaces_stale=replaces)
        assert [after] == [edit.after for edit in user_registry.plan(wanted, machine).edits]


def test_a_value_that_may_not_be_written_is_refused_with_what_to_paste() -> None:
    machine = make_machine(value=FOUND, refused={str(USER_PATH): "cannot be written"})
    refusal = Refusal(USER_PATH, "cannot be written", SERVES, f"{T}\nD:\\x\n")
    assert Plan(refusals=(refusal,)) == user_registry.plan(want(T, r"D:\x"), machine)


def test_a_value_that_is_no_string_is_refused() -> None:
    def fail(_: RegistryValue) -> Value | None:
        raise RefusedError("is REG_BINARY and not a string")

    machine = replace(make_machine(), value=fail)
    for planned in (
        user_registry.plan(want(T), machine),
        user_registry.undo(want(entries=(OURS,)), machine),
    ):
        assert () == planned.edits
        assert ["is REG_BINARY and not a string"] == [each.reason for each in planned.refusals]
    assert () == user_registry.remarks(want(T), Plan(), machine)


def test_undo_takes_back_the_directories_that_are_named_and_no_other() -> None:
    other = Entry(USER_PATH, r"D:\x", PREPEND)
    machine = make_machine(value=Value(f"{SHORT};D:\\x", expands=True), variables=ENVIRON)
    for directories, after, gone in (
        ((T,), r"D:\x", (OURS,)),
        ((r"D:\x",), SHORT, (other,)),
        ((), "", (OURS, other)),
    ):
        (edit,) = user_registry.undo(want(*directories, entries=(OURS, other)), machine).edits
        assert (after, gone, ()) == (edit.after, edit.settled, edit.entries)
    assert Plan() == user_registry.undo(want(r"D:\y", entries=(OURS, other)), machine)


def test_undo_needs_the_receipt_and_reads_nothing_without_one() -> None:
    def fail(_: RegistryValue) -> Value | None:
        raise AssertionError("it was read")

    machine = replace(make_machine(), value=fail)
    assert Plan() == user_registry.undo(want(), machine)
    of_a_file = Entry(RegistryValue("HKCU", "Other"), SHORT, PREPEND)
    assert Plan() == user_registry.undo(want(entries=(of_a_file,)), machine)


def test_a_value_that_undo_may_not_write_is_refused_only_if_there_is_something_to_do() -> None:
    for value, reasons in ((FOUND, ["cannot be written"]), (Value(r"C:\a", expands=True), [])):
        machine = make_machine(value=value, refused={str(USER_PATH): "cannot be written"})
        planned = user_registry.undo(want(entries=(OURS,)), machine)
        assert ((), reasons) == (planned.edits, [each.reason for each in planned.refusals])


def test_a_change_is_remarked_as_not_counting_for_open_programs() -> None:
    machine = make_machine(value=FOUND, variables=ENVIRON)
    edit = Edit(USER_PATH, "", SHORT)
    assert (user_registry.OPEN_PROGRAMS,) == user_registry.remarks(want(T), Plan((edit,)), machine)
    assert () == user_registry.remarks(want(T), Plan(), machine)


def test_what_is_odd_about_the_values_and_the_machine_is_remarked() -> None:
    values = {USER_PATH: Value(f"%OS%;{OLD}", expands=False), MACHINE_PATH: Value("x" * 9000, False)}
    machine = replace(make_machine(variables=ENVIRON), value=values.get)
    host = replace(make_host(), surroundings=("msys2", "ci"))
    wanted = replace(want(T), host=host, stale=(OLD,))
    found = user_registry.remarks(wanted, Plan((Edit(USER_PATH, "", SHORT),)), machine)
    for words in (
        "'%OS%'",
        f"{OLD} is left over",
        "beyond 8,191",
        "open a new window",
        "MSYS2_PATH_TYPE",
    ):
        assert any(words in remark for remark in found), words
    assert 5 == len(found)
