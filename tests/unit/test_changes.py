"""A transaction is carried out whole or not at all, and the receipt says what stays of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath import changes as module
from onpath import stores
from onpath.changes import (
    EMPTY,
    RECEIPT,
    Applied,
    Changes,
    add,
    has_receipt,
    load,
    outside_reason,
    receipt_edit,
    without,
)
from onpath.errors import ChangedError, OnpathError
from onpath.model import APPEND, PREPEND, Edit, Entry, File, Receipt, RegistryValue
from onpath.stores.replacing import Change
from samples import BOUNDED, DIRECTORIES, HOME, STRIDE, interrupt, make_host

CHANGED = "# changed\n"
RECEIPTS_OF_THE_PAST = Path(__file__).parent / "receipts"
HOST = make_host()
USER_PATH = RegistryValue("HKEY_CURRENT_USER\\Environment", "Path")


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


def everything(folder: Path) -> dict[str, str | None]:
    """Return all that is in `folder`, with the texts of files."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in folder.rglob("*")
    }


BEFORE = {"a": "a\n", "c": "c\n", "d": "d\n"}
AFTER = {"a": CHANGED, "new": None, "new/folder": None, "new/folder/b": CHANGED, "d": CHANGED}


# Edits.


def test_every_edit_is_made_and_the_new_folders_are_recorded(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
    assert AFTER == everything(folder)
    assert edits == changes.edits
    assert [(), (f"{folder}/new", f"{folder}/new/folder"), (), ()] == [
        applied.folders for applied in changes.current.values()
    ]


def test_what_was_done_can_be_put_back(folder: Path, edits: tuple[Edit, ...], begin: Begin) -> None:
    with begin() as changes:
        changes.apply(edits)
        changes.put_all_back()
    assert BEFORE == everything(folder)
    assert () == changes.edits


def test_one_edit_can_be_put_back_and_the_others_stay(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
        changes.put_back(edits[1])
    assert {"a": CHANGED, "d": CHANGED} == everything(folder)
    assert (edits[0], *edits[2:]) == changes.edits


def test_nothing_to_do_does_nothing(folder: Path, begin: Begin) -> None:
    with begin() as changes:
        changes.apply(())
    assert (BEFORE, (), False) == (everything(folder), changes.edits, changes.has_changed_receipt)


def test_an_edit_that_moves_is_written_once_more_and_put_back_to_what_was_first(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
        moved = changes.move(
            [Edit(edits[0].target, "a\n", "moved\n", position="end"), edits[3]]  # the last has not moved
        )
        assert [("a\n", "moved\n", "end")] == [(e.before, e.after, e.position) for e in moved]
        assert {**AFTER, "a": "moved\n"} == everything(folder)
        changes.put_all_back()
    assert BEFORE == everything(folder)


def test_what_somebody_else_has_changed_meanwhile_stays_theirs(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    with begin() as changes:
        changes.apply(edits)
        (folder / "a").write_text("somebody's\n")
        changes.put_all_back()
    assert {**BEFORE, "a": "somebody's\n"} == everything(folder)


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


FILES = tuple(each.__file__ or "" for each in (module, stores, stores.files))


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


# Folders.


def test_only_folders_that_were_not_there_are_made_and_unmade(folder: Path, begin: Begin) -> None:
    (folder / "there").mkdir()
    with begin() as changes:
        changes.make_folders([f"{folder}/there/one", f"{folder}/there", f"{folder}/two/three"])
        assert (f"{folder}/there/one", f"{folder}/two", f"{folder}/two/three") == changes.folders
        (folder / "two" / "mine").touch()
        changes.unmake_folders()
    assert {**BEFORE, "there": None, "two": None, "two/mine": ""} == everything(folder)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_cure(folder: Path, begin: Begin) -> None:
    words = r"/a/b cannot be made: .*/a is not a directory; move it away"
    with pytest.raises(OnpathError, match=words), begin() as changes:
        changes.make_folders([f"{folder}/made", f"{folder}/a/b"])
    assert BEFORE == everything(folder)


# The receipt: it comes back as it was, never holds the user's text, and may be lost.

TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
PATHS = st.lists(DIRECTORIES, max_size=3, unique=True).map(tuple)
TARGETS = st.builds(File, DIRECTORIES) | st.builds(RegistryValue, TEXTS, TEXTS)
ENTRIES = st.builds(
    Entry,
    TARGETS,
    TEXTS.filter(bool),
    st.sampled_from([PREPEND, APPEND]),
    created=st.booleans(),
    replaced=TEXTS,
    joined=st.booleans(),
)
RECEIPTS = st.builds(Receipt, PATHS, PATHS, st.lists(ENTRIES, max_size=3).map(tuple))


def save(folder: Path, receipt: Receipt) -> None:
    """Write `receipt` into `folder`."""
    with Changes(lambda: str(folder), HOST) as changes:
        changes.save(receipt)


@BOUNDED
@given(RECEIPTS)
def test_what_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, saved: Receipt) -> None:
    folder = tmp_path_factory.getbasetemp()
    save(folder, saved)
    assert saved == load(str(folder), HOME)


def test_names_of_odd_bytes_come_back(tmp_path: Path) -> None:
    saved = Receipt(("/home/\udce9/.bashrc",), ("/home/\udce9",))
    save(tmp_path, saved)
    assert saved == load(str(tmp_path), HOME)


def test_the_folders_that_were_made_for_it_are_in_it(tmp_path: Path) -> None:
    """Undo removes them if they are empty."""
    folder = tmp_path / "state" / "onpath"
    save(folder, EMPTY)
    assert (f"{tmp_path}/state", str(folder)) == load(str(folder), HOME).folders


def test_what_is_in_place_is_kept_with_the_folders_that_were_made_for_it(
    folder: Path, edits: tuple[Edit, ...], begin: Begin
) -> None:
    do_all(begin, folder, edits)
    made = ("made", "made/for", "made/for/it", "new", "new/folder", "state", "state/onpath")
    expected = Receipt(
        tuple(f"{folder}/{name}" for name in ("a", "new/folder/b", "c")),
        tuple(f"{folder}/{name}" for name in made),
    )
    assert expected == load(f"{folder}/state/onpath", str(folder))


def test_what_was_done_is_added_to_what_was_there() -> None:
    before = Receipt(("/a", "/z"), ("/y",))
    done = (
        Applied(Edit(File("/a"), "text", "text\nmore")),
        Applied(Edit(File("/b/c"), None, "new\udce9"), ("/b",)),
    )
    expected = Receipt(("/a", "/z", "/b/c"), ("/y", "/opt/tools", "/b"))
    assert expected == add(before, done, ["/opt/tools"])


def test_what_was_done_twice_is_recorded_once() -> None:
    done = (Applied(Edit(File("/b/c"), None, "new"), ("/b",)),)
    once = add(EMPTY, done)
    assert once == add(once, done)


def of_registry(text: str, order: str = PREPEND, *, created: bool = False) -> Entry:
    """Return an entry of the user's Path."""
    return Entry(USER_PATH, text, order, created=created)


def test_what_was_put_into_the_registry_is_recorded_as_entries() -> None:
    """There can be no marker, so undo knows only by them what is ours."""
    entries = (of_registry("C:\\a", created=True), of_registry("C:\\b"))
    done = (Applied(Edit(USER_PATH, None, "C:\\a;C:\\b", entries=entries)),)
    assert Receipt(entries=entries) == add(EMPTY, done)


def test_an_entry_that_was_moved_is_recorded_once_with_its_new_place() -> None:
    """Whether there was no value before stays as the first run has seen it."""
    first = add(
        EMPTY, [Applied(Edit(USER_PATH, None, "x", entries=(of_registry("C:\\a", created=True),)))]
    )
    moved = Edit(USER_PATH, "x", "y", entries=(of_registry("C:\\a", APPEND),))
    expected = (of_registry("C:\\a", APPEND, created=True),)
    assert expected == add(first, [Applied(moved)]).entries


def test_entries_that_were_taken_back_are_recorded_no_more() -> None:
    one, two = of_registry("C:\\a"), of_registry("C:\\b")
    receipt = Receipt(("/a",), ("/b",), (one, two))
    left = without(receipt, [Edit(USER_PATH, "x", "y", entries=(one,))])
    assert Receipt(("/a",), ("/b",), (two,)) == left
    assert receipt == without(receipt, [Edit(File("/a"), "x", "y")])


def test_that_there_was_no_value_passes_on_to_the_entry_that_stays() -> None:
    other = Entry(RegistryValue("HKCU\\Other", "Path"), "C:\\c", PREPEND)
    one, two, three = of_registry("D:\\1", created=True), of_registry("D:\\2"), of_registry("D:\\3")
    left = without(
        Receipt(entries=(one, other, two, three)), [Edit(USER_PATH, "x", "y", entries=(one,))]
    )
    assert (other, of_registry("D:\\2", created=True), three) == left.entries


def test_the_users_text_is_not_in_it(tmp_path: Path) -> None:
    done = (
        Applied(Edit(File("/a"), "secret", "secret\nmore")),
        Applied(Edit(USER_PATH, "secret", "C:\\a;secret", entries=(of_registry("C:\\a"),))),
    )
    save(tmp_path, add(EMPTY, done))
    assert "secret" not in (tmp_path / RECEIPT).read_text()


FIELDS = {"key": "k", "name": "n", "text": "t", "order": PREPEND, "created": True, "replaced": ""}


def with_entry(**changes: object) -> str:
    """Return a receipt with one entry, in which some fields are changed."""
    return json.dumps({"files": ["/a"], "folders": [], "entries": [{**FIELDS, **changes}]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "5",
        '"text"',
        "{}",
        '{"files": 5, "folders": []}',
        '{"files": []}',
        '{"version": 1, "folders": []}',
        '{"files": [], "folders": [], "entries": 5}',
        '{"files": [], "folders": [], "entries": [5]}',
        '{"files": [], "folders": [], "entries": [{"key": "k"}]}',
        with_entry(order="first"),
        with_entry(text=""),
        with_entry(text=5),
        with_entry(replaced=None),
        with_entry(path=5),
        "[" * 100_000,
    ],
)
def test_a_receipt_that_cannot_be_understood_is_as_none(tmp_path: Path, text: str) -> None:
    """Undo works without it, and the next run writes its own."""
    (tmp_path / RECEIPT).write_text(text)
    assert EMPTY == load(str(tmp_path), HOME)
    save(tmp_path, Receipt(("/a",)))
    assert Receipt(("/a",)) == load(str(tmp_path), HOME)


def test_a_receipt_that_is_a_folder_is_as_none(tmp_path: Path) -> None:
    (tmp_path / RECEIPT).mkdir()
    assert EMPTY == load(str(tmp_path), HOME)


def test_no_receipt_is_an_empty_one(tmp_path: Path) -> None:
    assert EMPTY == load(str(tmp_path / "nothing"), HOME)


def test_the_same_receipt_is_not_written_again(tmp_path: Path) -> None:
    save(tmp_path, EMPTY)
    number = (tmp_path / RECEIPT).stat().st_ino
    save(tmp_path, EMPTY)
    assert number == (tmp_path / RECEIPT).stat().st_ino


def test_it_is_json_with_a_version_and_the_names_are_those_of_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = home / "state"
    folder.mkdir(parents=True)
    receipt = Receipt(
        (f"{home}/.bashrc", "/opt/zsh/.zshrc", f"{home}2/.bashrc"),
        (f"{home}/.local/bin", "/opt/x"),
        (Entry(File(f"{home}/work/_path"), "/opt/x", PREPEND),),
    )
    with Changes(lambda: str(folder), make_host(str(home))) as changes:
        changes.save(receipt)
    entry = {"text": "/opt/x", "order": PREPEND, "created": False, "replaced": ""}
    expected = {
        "version": 2,
        "receipt": "~/state/receipt.json",
        "files": ["~/.bashrc", "/opt/zsh/.zshrc", f"{home}2/.bashrc"],
        "folders": ["~/.local/bin", "/opt/x"],
        "entries": [{"path": "~/work/_path", **entry}],
    }
    assert expected == json.loads((folder / RECEIPT).read_text())
    assert receipt == load(str(folder), str(home))


@BOUNDED
@given(RECEIPTS)
def test_in_another_home_the_names_are_those_of_that_home(
    tmp_path_factory: pytest.TempPathFactory, saved: Receipt
) -> None:
    """A copy, or the same one under another name."""
    folder = tmp_path_factory.getbasetemp()
    save(folder, saved)
    moved = load(str(folder), "/srv/eve")
    expected = [path.replace(f"{HOME}/", "/srv/eve/") for path in (*saved.files, *saved.folders)]
    assert expected == [*moved.files, *moved.folders]
    assert [entry.text for entry in saved.entries] == [entry.text for entry in moved.entries]


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


def test_its_removal_is_part_of_the_transaction(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "onpath"
    save(folder, EMPTY)
    assert has_receipt(str(folder))
    with Changes(lambda: str(folder), HOST) as changes:
        changes.remove_receipt(load(str(folder), HOME).folders)
    assert changes.has_changed_receipt
    assert {} == everything(tmp_path)
    with Changes(lambda: str(folder), HOST) as changes:
        changes.remove_receipt(())  # and again
    assert not changes.has_changed_receipt


def test_what_cannot_be_a_receipt_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / RECEIPT).mkdir()
    with Changes(lambda: str(tmp_path), HOST) as changes:
        changes.remove_receipt(())
    assert not changes.has_changed_receipt
    assert {RECEIPT: None} == everything(tmp_path)


# Other versions.


@pytest.mark.parametrize("version", [0, 3, "1", None])
def test_a_receipt_of_another_version_is_not_understood_and_left_alone(
    tmp_path: Path, version: object
) -> None:
    """Neither removed nor replaced: the version that wrote it needs it."""
    text = json.dumps({"version": version, "files": ["/a"], "folders": ["/b"]})
    (tmp_path / RECEIPT).write_text(text)
    assert EMPTY == load(str(tmp_path), HOME)
    with Changes(lambda: str(tmp_path), HOST) as changes:
        changes.remove_receipt(())
        with pytest.raises(OnpathError, match="is of another version of onpath; use that version, or"):
            changes.save(Receipt(("/c",)))
        with pytest.raises(OnpathError, match="is of another version of onpath"):
            changes.keep_receipt()
    assert not changes.has_changed_receipt
    assert {RECEIPT: text} == everything(tmp_path)


def test_the_receipt_of_another_home_is_not_understood_and_left_alone(tmp_path: Path) -> None:
    """The state folder may be a link into the home that this one is a copy of."""
    first, copy = tmp_path / "first", tmp_path / "copy"
    for each in (first, copy):
        each.mkdir()
    with Changes(lambda: f"{first}/state", make_host(str(first))) as changes:
        changes.save(Receipt((f"{first}/.bashrc",)))
    (copy / "state").symlink_to(first / "state")
    before = everything(first)
    assert EMPTY == load(f"{copy}/state", str(copy))
    with Changes(lambda: f"{copy}/state", make_host(str(copy))) as changes:
        changes.remove_receipt(())
        with pytest.raises(OnpathError, match="is the receipt of another home; let XDG_STATE_HOME"):
            changes.save(EMPTY)
    assert before == everything(first)


def put(name: str, folder: Path) -> None:
    """Put the receipt `name` of an earlier release into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECEIPT).write_bytes((RECEIPTS_OF_THE_PAST / name).read_bytes())


OLD_ENTRIES = (
    of_registry("%APPDATA%\\Python\\Python311\\Scripts", created=True),
    Entry(
        USER_PATH,
        "D:\\töols",
        APPEND,
        replaced="C:\\Users\\Ada\\AppData\\Roaming\\Python\\Python310\\Scripts",
    ),
)
IN_HOME = Receipt(
    files=(f"{HOME}/.bashrc", f"{HOME}/.config/fish/conf.d/onpath.fish", "/home/\udce9/.profile"),
    folders=tuple(
        f"{HOME}/{name}"
        for name in (".local", ".local/bin", ".config", ".config/fish", ".config/fish/conf.d")
    ),
    entries=OLD_ENTRIES,
)


@pytest.mark.parametrize("name", ["version-1.json", "version-2.json"])
def test_a_receipt_of_each_version_is_understood(tmp_path: Path, name: str) -> None:
    """As that release wrote it."""
    put(name, tmp_path)
    assert IN_HOME == load(str(tmp_path), HOME)


def test_a_receipt_of_version_1_becomes_one_of_version_2(tmp_path: Path) -> None:
    put("version-1.json", tmp_path)
    after = json.loads(receipt_edit(str(tmp_path), load(str(tmp_path), HOME), HOME).after or "")
    expected = json.loads((RECEIPTS_OF_THE_PAST / "version-2.json").read_text())
    assert {**expected, "receipt": f"{tmp_path}/{RECEIPT}"} == after


def test_a_receipt_of_version_2_is_written_as_it_was(tmp_path: Path) -> None:
    """To the byte, where it says nothing that an earlier release did not say."""
    put("version-2.json", tmp_path)
    raw = (RECEIPTS_OF_THE_PAST / "version-2.json").read_text()
    after = receipt_edit(str(tmp_path), load(str(tmp_path), HOME), HOME).after or ""
    assert raw.replace("/var/lib/ada/onpath", str(tmp_path)) == after


def old_receipt(folder: Path, home: str, *, has_state: bool) -> None:
    """Write a receipt of version 1 that a run has left in `home`."""
    folder.mkdir(parents=True, exist_ok=True)
    folders = [f"{home}/.local/bin", *([f"{home}/.local/state/onpath"] if has_state else [])]
    entry = {"text": "/x", "order": PREPEND, "created": False, "replaced": ""}
    document = {
        "version": 1,
        "files": [f"{home}/.bashrc", "/opt/zsh/.zshrc"],
        "folders": folders,
        "entries": [{"path": f"{home}/ci", **entry}, {"key": "k", "name": "n", **entry}],
    }
    (folder / RECEIPT).write_text(json.dumps(document))


def test_a_receipt_of_version_1_in_a_copied_home_is_about_the_copy(tmp_path: Path) -> None:
    """The folder of the receipt, which the run had made, tells what the home was called."""
    copy = tmp_path / "copy"
    folder = copy / ".local/state/onpath"
    old_receipt(folder, "/home/first", has_state=True)
    found = load(str(folder), str(copy))
    assert (f"{copy}/.bashrc", "/opt/zsh/.zshrc") == found.files
    assert (f"{copy}/.local/bin", str(folder)) == found.folders
    assert [File(f"{copy}/ci"), RegistryValue("k", "n")] == [entry.target for entry in found.entries]


def test_a_receipt_of_version_1_that_does_not_tell_its_home_names_nothing_elsewhere(
    tmp_path: Path,
) -> None:
    """It may be that of another home; the markers tell of the files of this one."""
    copy = tmp_path / "copy"
    folder = copy / ".local/state/onpath"
    old_receipt(folder, "/home/first", has_state=False)
    found = load(str(folder), str(copy))
    assert ((), (), [RegistryValue("k", "n")]) == (
        found.files,
        found.folders,
        [entry.target for entry in found.entries],
    )


# What an undo may touch.


def test_outside_the_home_an_undo_touches_only_what_was_outside(tmp_path: Path) -> None:
    home, first, opt = (tmp_path / name for name in ("home", "first", "opt"))
    for each in (home, first, opt):
        each.mkdir()
        (each / "rc").touch()
    (home / "theirs").symlink_to(first / "rc")
    (home / "ours").symlink_to(opt / "rc")
    receipt = Receipt((f"{home}/theirs", f"{home}/rc", f"{home}/ours", f"{opt}/rc"))
    for path in (home / "rc", home / "ours", opt / "rc", home / "new"):
        assert "" == outside_reason(str(path), receipt, str(home))
    expected = f"leads out of this home to {first}/rc, where nothing was put for this home; undo it"
    for path in (home / "theirs", first / "rc"):
        assert outside_reason(str(path), receipt, str(home)).startswith(expected)
    assert "" == outside_reason(f"{home}/theirs", EMPTY, str(home))
