"""A transaction is carried out whole or not at all, and the receipt says what stays of it."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Callable

import pytest

from onpath import changes as module
from onpath import stores
from onpath.changes import Changes
from onpath.errors import ChangedError, OnpathError
from onpath.model import PREPEND, Edit, Entry, File, Receipt
from onpath.places import fence
from onpath.receipts import RECEIPT, has_receipt, load
from onpath.stores import files, trees
from onpath.stores.replacing import Change
from samples import STRIDE, everything, interrupt, make_host

if TYPE_CHECKING:
    from pathlib import Path

CHANGED = "# changed\n"


@pytest.fixture(autouse=True)
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder that the edits are about."""
    texts = {"a": "a\n", "c": "c\n", "d": "d\n"}
    (tmp_path / "home").mkdir()
    for name, text in texts.items():
        (tmp_path / "home" / name).write_text(text)
    return tmp_path / "home"


@pytest.fixture
def edits(folder: Path) -> tuple[Edit, ...]:
    """Plan a change of a file, a new file in new folders, a removal, and a change again."""
    return (
        Edit(File(f"{folder}/a"), "a\n", CHANGED),
        Edit(File(f"{folder}/new/folder/b"), None, CHANGED),
        Edit(File(f"{folder}/c"), "c\n", None),
        Edit(File(f"{folder}/d"), "d\n", CHANGED),
    )


Begin = Callable[[], Changes]


@pytest.fixture
def begin(folder: Path) -> Begin:
    """Return the function that begins a transaction, whose receipt lies in `state/onpath`."""
    return lambda: Changes(lambda: f"{folder}/state/onpath", make_host(str(folder)))


def lasting(folder: Path) -> dict[str, str | None]:
    """Return all in `folder` but for the receipt, and the old files that are kept until the end."""
    found = everything(folder)
    return {n: t for n, t in found.items() if ".onpath-" not in n and not n.startswith("state")}


BEFORE = {"a": "a\n", "c": "c\n", "d": "d\n"}
AFTER = {"a": CHANGED, "new": None, "new/folder": None, "new/folder/b": CHANGED, "d": CHANGED}


# Edits.


def test_every_edit_is_made_and_the_new_folders_are_recorded(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
    assert AFTER == lasting(folder)
    assert edits == changes.edits
    assert [(), (f"{folder}/new", f"{folder}/new/folder"), (), ()] == [
        applied.folders for applied in changes.current.values()
    ]


def test_what_was_done_can_be_put_back(folder: Path, edits: tuple[Edit, ...], begin: Begin) -> None:
    with begin() as changes:
        changes.apply(edits)
        changes.put_all_back()
    assert BEFORE == lasting(folder)
    assert () == changes.edits


def test_one_edit_can_be_put_back_and_the_others_stay(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
        changes.put_back(edits[1])
    assert {"a": CHANGED, "d": CHANGED} == lasting(folder)
    assert (edits[0], *edits[2:]) == changes.edits


def test_a_file_of_ours_that_somebody_changed_goes_with_our_block_if_nothing_else_is_in_it(
    folder: Path, begin: Begin
) -> None:
    file = folder / "made"
    text = fence.insert(None, "key", "ours\n")
    with begin() as changes:
        changes.apply((Edit(File(str(file)), None, text),))
        file.write_text(text.replace("ours", "  ours"))
        changes.put_all_back()
    assert BEFORE == lasting(folder)


def test_nothing_to_do_does_nothing(folder: Path, begin: Begin) -> None:
    with begin() as changes:
        changes.apply(())
    assert (BEFORE, (), False) == (lasting(folder), changes.edits, changes.has_changed_receipt)


def test_an_edit_that_moves_is_written_once_more_and_put_back_to_what_was_first(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
        moved = changes.move(
            [Edit(edits[0].target, "a\n", "moved\n", position="end"), edits[3]]  # the last has not moved
        )
        assert [("a\n", "moved\n", "end")] == [(e.before, e.after, e.position) for e in moved]
        assert {**AFTER, "a": "moved\n"} == lasting(folder)
        changes.put_all_back()
    assert BEFORE == lasting(folder)


def test_an_edit_that_moves_keeps_the_entries_of_both(folder: Path, begin: Begin) -> None:
    """What is written is recorded, whatever either plan has found."""
    target = File(str(folder / "a"))
    one, other = (Entry(target, text, PREPEND) for text in ("one", "other"))
    with begin() as changes:
        changes.apply([Edit(target, "a\n", "one\na\n", entries=(one,))])
        changes.move([Edit(target, "a\n", "other\none\na\n", entries=(other, one))])
        assert [(one, other)] == [edit.entries for edit in changes.edits]


def test_what_somebody_else_has_changed_meanwhile_stays_theirs(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
        (folder / "a").write_text("somebody's\n")
        changes.put_all_back()
    assert {**BEFORE, "a": "somebody's\n"} == lasting(folder)


# All or nothing.


def test_a_file_that_has_changed_stops_all_and_everything_is_put_back(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    (folder / "d").write_text("somebody's\n")
    with pytest.raises(ChangedError, match="/d has changed since the plan was made"), begin() as changes:
        changes.apply(edits)
    assert {**BEFORE, "d": "somebody's\n"} == everything(folder)


def test_a_write_that_fails_stops_all_and_everything_is_put_back(
    folder: Path, edits: tuple[Edit, ...], begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Change.make

    def make(change: Change) -> None:
        if change.name == "d":
            raise OSError(28, "No space left on device", f"{folder}/d")
        real(change)

    monkeypatch.setattr(Change, "make", make)
    words = r"/d could not be written \(no space left on device\); nothing was changed"
    with pytest.raises(OnpathError, match=words), begin() as changes:
        changes.apply(edits)
    assert BEFORE == everything(folder)


def test_a_file_that_vanished_stops_all_and_everything_is_put_back(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    (folder / "d").unlink()
    with pytest.raises(ChangedError, match="/d has changed since the plan was made"), begin() as changes:
        changes.apply(edits)
    assert {"a": "a\n", "c": "c\n"} == everything(folder)


FILES = tuple(each.__file__ or "" for each in (module, stores, files, trees))


def without_temporary_files(folder: Path) -> dict[str, str | None]:
    """Return all in `folder` but for the receipt and what an interrupted write leaves beside a file."""
    found = everything(folder)
    return {n: text for n, text in found.items() if ".onpath-" not in n and not n.endswith(RECEIPT)}


def do_all(begin: Begin, folder: Path, edits: tuple[Edit, ...]) -> None:
    """Do everything that a transaction can do, of which all but one edit stays."""
    with begin() as changes:
        changes.make_folders([f"{folder}/made/for/it"])
        changes.apply(edits)
        changes.move([Edit(edits[0].target, "a\n", "moved\n")])
        changes.put_back(edits[3])
        changes.keep_receipt()


ALL_DONE = {
    **AFTER,
    "a": "moved\n",
    "d": "d\n",
    **dict.fromkeys(("made", "made/for", "made/for/it", "state", "state/onpath")),
}


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError, OSError, OnpathError])
def test_an_exception_inside_puts_everything_back_and_goes_on(
    folder: Path, edits: tuple[Edit, ...], begin: Begin, kind: type[BaseException]
) -> None:
    """Edits and folders, and the receipt too."""

    def run() -> None:
        with begin() as changes:
            changes.make_folders([f"{folder}/made"])
            changes.apply(edits)
            changes.keep_receipt()
            assert has_receipt(changes.state_folder)
            raise kind

    with pytest.raises(kind):
        run()
    assert BEFORE == everything(folder)


def test_an_exception_after_the_receipt_was_removed_brings_it_back(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    do_all(begin, folder, edits)
    before = everything(folder)
    recorded = load(f"{folder}/state/onpath", str(folder))

    def run() -> None:
        with begin() as changes:
            changes.remove_receipt(recorded.folders)
            assert changes.has_changed_receipt
            assert "state" not in everything(folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()
    assert before == everything(folder)


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_interrupted_anywhere_everything_is_as_it_was(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    """At many lines (see `STRIDE`), also while a new file is there and its folder is synchronised."""
    number = 1
    while interrupt(lambda: do_all(begin, folder, edits), number, *FILES):
        left = without_temporary_files(folder)
        if left == ALL_DONE:  # only the way out was left
            break
        assert BEFORE == left, f"interrupted at line {number}"
        number += STRIDE
    assert number > 100
    assert ALL_DONE == without_temporary_files(folder)


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_interrupted_while_it_is_put_back_it_is_put_back_all_the_same(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    """At many lines, from the error on."""

    def fail() -> None:
        with begin() as changes:
            changes.make_folders([f"{folder}/made/for/it"])
            changes.apply(edits)
            changes.keep_receipt()
            raise RuntimeError

    def run() -> None:
        with pytest.raises(RuntimeError):
            fail()

    number = 1
    while interrupt(run, number, *FILES):
        assert BEFORE == without_temporary_files(folder), f"interrupted at line {number}"
        number += STRIDE
    assert number > 100
    assert BEFORE == without_temporary_files(folder)


def fail_to_truncate(_descriptor: int, _length: int) -> None:
    """Fail as a broken disk does."""
    raise OSError(errno.EIO, "Input/output error")


def test_a_file_that_could_be_put_back_after_all_is_not_told_as_torn(
    folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old text is in it again, to the byte: only its length could not be set, to what it was."""
    os.link(folder / "a", folder / "other")
    before = everything(folder)
    monkeypatch.setattr(os, "ftruncate", fail_to_truncate)
    words = r"/a could not be written \(input/output error\); nothing was changed$"
    with pytest.raises(OnpathError, match=words) as caught, begin() as changes:
        changes.apply([Edit(File(f"{folder}/a"), "a\n", "")])
    assert 1 == caught.value.exit_code
    assert before == everything(folder)


# Folders.


def test_only_folders_that_were_not_there_are_made_and_unmade(folder: Path, begin: Begin) -> None:
    (folder / "there").mkdir()
    with begin() as changes:
        changes.make_folders([f"{folder}/there/one", f"{folder}/there", f"{folder}/two/three"])
        assert (f"{folder}/there/one", f"{folder}/two", f"{folder}/two/three") == changes.folders
        (folder / "two" / "mine").touch()
        changes.unmake_folders()
    assert {**BEFORE, "there": None, "two": None, "two/mine": ""} == lasting(folder)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_cure(folder: Path, begin: Begin) -> None:
    words = r"/a/b cannot be made: .*/a is not a directory; move it away"
    with pytest.raises(OnpathError, match=words), begin() as changes:
        changes.make_folders([f"{folder}/made", f"{folder}/a/b"])
    assert BEFORE == everything(folder)


# The receipt.


def test_what_is_in_place_is_kept_with_the_folders_that_were_made_for_it(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    do_all(begin, folder, edits)
    made = ("state", "state/onpath", "made", "made/for", "made/for/it", "new", "new/folder")
    expected = Receipt(
        tuple(f"{folder}/{name}" for name in ("a", "new/folder/b", "c")),
        tuple(f"{folder}/{name}" for name in made),
        linked=(),
    )
    assert expected == load(f"{folder}/state/onpath", str(folder))


def test_of_a_link_the_name_is_recorded_and_where_it_leads(folder: Path, begin: Begin) -> None:
    """A file elsewhere is known as such, and found again without the link."""
    other = folder.parent / "dots"
    other.write_text("a\n")
    (folder / "link").symlink_to(other)
    (folder / "inner").symlink_to("a")
    with begin() as changes:
        changes.apply([Edit(File(f"{folder}/{name}"), "a\n", CHANGED) for name in ("link", "inner")])
        changes.keep_receipt()
    names = ["~/link", str(other), "~/inner", "~/a"]
    assert names == json.loads((folder / "state/onpath" / RECEIPT).read_text())["files"]


def test_folders_are_recorded_by_their_real_names(folder: Path, begin: Begin) -> None:
    """Where a link above them leads may change until they are removed."""
    (folder.parent / "disk").mkdir()
    (folder / "local").symlink_to(folder.parent / "disk")
    with begin() as changes:
        changes.make_folders([f"{folder}/local/bin"])
        assert (f"{folder.parent}/disk/bin",) == changes.folders
        changes.unmake_folders()
    assert [] == os.listdir(folder.parent / "disk")
