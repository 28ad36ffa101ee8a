"""The plan for the machine's Path, on any system."""

from __future__ import annotations

from typing import Any

from onpath.model import INTERACTIVE, MACHINE, Context, Entry, Plan, Receipt, Value, Want
from onpath.places import PLACES, machine_registry, user_registry
from onpath.places.user_registry import EDIT_MACHINE, MACHINE_PATH, USER_PATH
from onpath.values import replace
from samples import installed, make_host, make_machine

D = r"C:\Program Files\x"
CONTEXT = Context(INTERACTIVE, "cmd")
TEXT = r"%SystemRoot%\system32;;%SystemRoot%"


def machine(shared: Value | None, own: str = "") -> Any:
    """Return a machine with these values."""
    values = {MACHINE_PATH: shared, USER_PATH: Value(own, expands=True)}
    return replace(make_machine(variables={"SYSTEMROOT": r"C:\Windows"}), value=values.__getitem__)


def want(*entries: Entry, order: Any = None) -> Want:
    """Return what is asked for."""
    receipt = Receipt(entries=entries)
    return Want(
        make_host("C:\\"),
        (D,),
        (CONTEXT,),
        (installed("cmd"),),
        order=order,
        find_receipt=lambda: receipt,
    )


def test_the_machines_value_is_edited_and_undone_and_the_users_is_not() -> None:
    (edit,) = machine_registry.plan(want(), machine(Value(TEXT, expands=True), own=D)).edits
    assert (MACHINE_PATH, TEXT, f"{D};{TEXT}") == (edit.target, edit.before, edit.after)
    after = Value(edit.after or "", expands=True)
    (undone,) = machine_registry.undo(want(*edit.entries), machine(after)).edits
    assert TEXT == undone.after
    assert Plan() == user_registry.undo(want(*edit.entries), machine(after, own=D))
    assert Plan() == machine_registry.plan(want(), machine(after))


def test_an_entry_is_spelled_out_whoever_runs_it() -> None:
    """A variable of one user's would be another directory for each."""
    asked = replace(want(), directories=(r"C:\Users\Ada\AppData\Roaming\x",))
    (edit,) = machine_registry.plan(asked, machine(Value("", expands=True))).edits
    assert asked.directories[0] == edit.after


def test_a_path_that_is_too_long_for_a_new_user_or_for_the_own_is_refused() -> None:
    text = "x" * 8_130
    (refusal,) = machine_registry.plan(want(), machine(Value(text, expands=True))).refusals
    assert "together with a user's own" in refusal.reason
    assert refusal.reason.endswith(f"({EDIT_MACHINE})")
    shorter = Value("x" * 8_000, expands=True)
    assert machine_registry.plan(want(), machine(shorter)).edits
    assert machine_registry.plan(want(), machine(shorter, own="y" * 180)).refusals


def test_a_quote_is_taken_out_where_the_machines_value_is_edited() -> None:
    value = Value(f'"C:\\a;{D}', expands=True)
    (refusal,) = machine_registry.plan(want(), machine(value)).refusals
    assert refusal.reason.endswith(f"take the quote out ({EDIT_MACHINE})")
    (note,) = machine_registry.remarks(want(), Plan(), machine(value))
    assert note.startswith("in the machine's Path, ")


def test_what_is_told_of_an_edit_names_services() -> None:
    here = machine(Value(TEXT, expands=True))
    planned = machine_registry.plan(want(), here)
    assert machine_registry.OPEN_PROGRAMS in machine_registry.remarks(want(), planned, here)


def test_it_is_the_place_of_every_user() -> None:
    (row,) = [row for row in PLACES if MACHINE in row.families]
    assert "machine_registry" == row.module
    contexts = machine_registry.contexts(make_host(), (installed("cmd"),), row.modes)
    assert (CONTEXT,) == contexts
    assert (MACHINE_PATH,) == machine_registry.targets(want(), CONTEXT, machine(None))
    assert user_registry.ask(make_host(), CONTEXT, machine(None)) == machine_registry.ask(
        make_host(), CONTEXT, machine(None)
    )
