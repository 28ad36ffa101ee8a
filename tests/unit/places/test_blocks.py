"""Blocks in a file, in a language of two words: what every place that keeps texts relies on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.errors import RefusedError, UnspellableError
from onpath.model import APPEND, END, PREPEND, TOP, Context, Edit, File, Plan, Receipt, Refusal, Want
from onpath.places import blocks, fence
from samples import BOUNDED, HOME, UNREADABLE, make_host, make_machine

FILE = f"{HOME}/rc"
SERVED = (Context("one"), Context("other"))
DIRECTORIES = st.lists(
    st.sampled_from(["/opt/a", "/opt/b", "/opt/c d", f"{HOME}/e"]), min_size=1, unique=True
).map(tuple)
ORDERS = st.sampled_from([None, PREPEND, APPEND])
POSITIONS = st.sampled_from([TOP, END])


def spell(directory: str, order: str) -> str:
    """Return the line that puts `directory` on PATH."""
    if "*" in directory:
        raise UnspellableError(f"cannot hold {directory}")
    return f"{order} {directory}\n"


def run(text: str | None) -> list[str]:
    """Return the PATH that a program has which runs the lines of `text`."""
    path = ["/bin"]
    for line in (text or "").splitlines():
        word, _, directory = line.partition(" ")
        if word == PREPEND:
            path.insert(0, directory)
        elif word == APPEND:
            path.append(directory)
    return path


def want(*directories: str, order: str | None = None, position: str = TOP) -> Want:
    """Return what a run asks for."""
    return Want(make_host(), directories, SERVED, order=order, position=position)


def plan(files: dict[str, str], wanted: Want, *, refused: dict[str, str] | None = None) -> Plan:
    """Plan to put the directories into the file."""
    return blocks.plan_file(FILE, wanted, make_machine(files, refused=refused), spell)


# Putting in.


@BOUNDED
@given(st.sampled_from([None, "", "ls", "ls\n"]), DIRECTORIES, ORDERS, POSITIONS)
def test_a_program_that_runs_the_file_has_the_directories_in_the_order_in_which_they_were_named(
    before: str | None, directories: tuple[str, ...], order: str | None, position: str
) -> None:
    path = run(blocks.put_in(before, want(*directories, order=order, position=position), spell))
    assert path == ([*directories, "/bin"] if order != APPEND else ["/bin", *directories])


@BOUNDED
@given(DIRECTORIES, ORDERS, POSITIONS, ORDERS, POSITIONS)
def test_an_order_that_is_asked_for_later_replaces_the_first_one(
    directories: tuple[str, ...], first: str | None, at: str, second: str | None, position: str
) -> None:
    old = blocks.put_in("ls\n", want(*directories, order=first, position=at), spell)
    path = run(blocks.put_in(old, want(*directories, order=second, position=position), spell))
    order = second or first
    assert path == ([*directories, "/bin"] if order != APPEND else ["/bin", *directories])


@BOUNDED
@given(DIRECTORIES, DIRECTORIES, ORDERS, ORDERS, POSITIONS)
def test_directories_that_are_named_in_another_order_change_places_once(
    old: tuple[str, ...], new: tuple[str, ...], first: str | None, second: str | None, position: str
) -> None:
    before = blocks.put_in(None, want(*old, order=first), spell, "hello")
    wanted = want(*new, order=second, position=position)
    text = blocks.put_in(before, wanted, spell, "hello")
    assert text
    path = run(text)
    for of_one_order in (path[: path.index("/bin")], path[path.index("/bin") :]):
        ours = [directory for directory in of_one_order if directory in new]
        assert ours == [directory for directory in new if directory in ours]
    assert text == blocks.put_in(text, wanted, spell, "hello")
    assert 1 == text.count("hello\n")
    assert fence.remove(text) is None


@BOUNDED
@given(DIRECTORIES, DIRECTORIES, POSITIONS)
def test_other_directories_keep_their_blocks(
    ours: tuple[str, ...], others: tuple[str, ...], position: str
) -> None:
    old = blocks.put_in("ls\n", want(*others), spell)
    assert {*run(old), *ours} == {*run(blocks.put_in(old, want(*ours, position=position), spell))}


def test_of_several_blocks_the_one_that_was_changed_by_hand_is_named_by_its_line() -> None:
    """As it is in the file, whatever would come before it or go first."""
    two = blocks.put_in(blocks.put_in("ls\n", want("/opt/b"), spell), want("/opt/a"), spell) or ""
    changed = two.replace("prepend /opt/b\n", "prepend /opt/b\nmine\n")
    line = changed[: changed.index("# --- onpath: /opt/b")].count("\n") + 1
    machine = make_machine({"/rc": changed})
    told = f"in line {line} that is not as ensure-path has written it"
    for directories in (("/opt/new", "/opt/b"), ("/opt/b", "/opt/new")):
        with pytest.raises(RefusedError, match=told):
            blocks.put_in(changed, want(*directories), spell)
    for named in (["/opt/a", "/opt/b"], ["/opt/b", "/opt/a"], []):
        (refusal,) = blocks.take_out(["/rc"], want(*named), machine).refusals
        assert told in refusal.reason


def test_a_preamble_is_in_a_file_that_is_made_and_in_no_other() -> None:
    made = blocks.put_in(None, want("/opt/a"), spell, "hello")
    assert {"/opt/a": "hello\nprepend /opt/a\n"} == fence.bodies(made)
    assert made == blocks.put_in(made, want("/opt/a"), spell, "hello")
    found = blocks.put_in("", want("/opt/a"), spell, "hello")
    assert {"/opt/a": "prepend /opt/a\n"} == fence.bodies(found)


def test_the_edit_says_whom_it_serves_and_where_the_blocks_are() -> None:
    planned = plan({FILE: "ls\n"}, want("/opt/a", position=END))
    after = fence.insert("ls\n", "/opt/a", "prepend /opt/a\n", END)
    assert Plan((Edit(File(FILE), "ls\n", after, SERVED, END),)) == planned


def test_what_is_there_already_is_an_edit_that_changes_nothing() -> None:
    """So that it is known that it can be tried elsewhere in the file."""
    after = blocks.put_in("ls\n", want("/opt/a"), spell)
    assert after
    (edit,) = plan({FILE: after}, want("/opt/a")).edits
    assert (after, after, SERVED) == (edit.before, edit.after, edit.serves)


@pytest.mark.parametrize(("order", "paste"), [(PREPEND, "ba"), (APPEND, "ab"), (None, "ba")])
def test_a_refusal_has_what_to_paste_for_the_same_path(order: str | None, paste: str) -> None:
    wanted = want("/opt/a", "/opt/b", order=order)
    text = "".join(spell(f"/opt/{name}", order or PREPEND) for name in paste)
    expected = Plan(refusals=(Refusal(File(FILE), "is read-only", SERVED, text),))
    assert expected == plan({FILE: "ls\n"}, wanted, refused={FILE: "is read-only"})


def test_a_file_that_cannot_be_made_is_refused_without_a_paste() -> None:
    """There is nowhere to paste it."""
    expected = Plan(refusals=(Refusal(File(FILE), "cannot be made: no", SERVED),))
    assert expected == plan({}, want("/opt/a"), refused={FILE: "cannot be made: no"})


@pytest.mark.parametrize(
    "reason",
    [
        "belongs to root; ask its owner to let you write there",
        "is not a regular file; move it away",
        "is read-only (its file system is mounted so; mount it for writing)",
    ],
)
def test_a_file_that_its_user_cannot_write_either_is_refused_without_a_paste(reason: str) -> None:
    expected = Plan(refusals=(Refusal(File(FILE), reason, SERVED),))
    assert expected == plan({FILE: "ls\n"}, want("/opt/a"), refused={FILE: reason})


def test_what_cannot_be_spelled_is_refused_without_a_paste() -> None:
    expected = Plan(refusals=(Refusal(File(FILE), "cannot hold /opt/*", SERVED),))
    assert expected == plan({FILE: "ls\n"}, want("/opt/a", "/opt/*"))
    refused = plan({FILE: "ls\n"}, want("/opt/*"), refused={FILE: "is read-only"})
    assert ("is read-only", "") == (refused.refusals[0].reason, refused.refusals[0].snippet)


# Taking out.


def take_out(
    files: dict[str, str],
    *directories: str,
    recorded: tuple[str, ...] = (),
    is_one_file: bool = False,
) -> Plan:
    """Plan to take the blocks of `directories` out of all `files`."""
    wanted = Want(make_host(), directories, find_receipt=lambda: Receipt(recorded))
    return blocks.take_out(files, wanted, make_machine(files, is_one_file=is_one_file))


@BOUNDED
@given(st.sampled_from([None, "", "ls", "ls\n"]), DIRECTORIES, ORDERS, POSITIONS)
def test_what_was_put_in_is_taken_out_to_the_byte(
    before: str | None, directories: tuple[str, ...], order: str | None, position: str
) -> None:
    after = blocks.put_in(before, want(*directories, order=order, position=position), spell)
    assert after
    for named in ((), directories):
        assert (Edit(File(FILE), after, before),) == take_out({FILE: after}, *named).edits


def test_every_file_that_it_was_given_is_in_the_plan_once() -> None:
    files = {"/a": "ls\n", "/b": "ls\n"}
    assert (File("/a"), File("/b")) == take_out(files).looked_at
    assert (File("/a"),) == take_out(files, is_one_file=True).looked_at


def test_only_a_recorded_file_that_cannot_be_read_is_refused() -> None:
    refusal = Refusal(File(FILE), "cannot be read (permission denied)", ())
    assert (refusal,) == take_out({FILE: UNREADABLE}, recorded=(FILE,)).refusals
    assert () == take_out({FILE: UNREADABLE}).refusals
