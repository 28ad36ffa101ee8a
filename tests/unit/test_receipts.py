"""The receipt comes back as it was, never holds the user's text, may be lost, and may be forged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.changes import Changes
from onpath.errors import OnpathError
from onpath.model import (
    APPEND,
    DESKTOP,
    LOGIN,
    PREPEND,
    Context,
    Edit,
    Entry,
    File,
    Pending,
    Receipt,
    RegistryValue,
)
from onpath.places import fence
from onpath.receipts import (
    EMPTY,
    RECEIPT,
    add,
    has_receipt,
    is_pending,
    json_text,
    load,
    mark,
    outside_reason,
    receipt_edit,
    without,
)
from onpath.shells import ROWS
from onpath.values import replace
from samples import BOUNDED, DIRECTORIES, HOME, everything, make_host

RECEIPTS_OF_THE_PAST = Path(__file__).parent / "receipts"
HOST = make_host()
USER_PATH = RegistryValue("HKEY_CURRENT_USER\\Environment", "Path")


@pytest.fixture(autouse=True)
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(['a\n"b\\', "\x7f\t"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=9,
)


@given(ANYTHING)
def test_it_is_written_as_the_library_writes_it(value: object) -> None:
    assert json.dumps(value, indent=2) == json_text(value)


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
SHELLS = st.lists(st.sampled_from(sorted(ROWS)), max_size=3, unique=True).map(tuple)
RECEIPTS = st.builds(Receipt, PATHS, PATHS, st.lists(ENTRIES, max_size=3).map(tuple), shells=SHELLS)


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


def test_what_was_done_is_added_to_what_was_there() -> None:
    before = Receipt(("/a", "/z"), ("/y",))
    done = (
        Edit(File("/a"), "text", "text\nmore"),
        Edit(File("/b/c"), None, "new\udce9"),
    )
    expected = Receipt(("/a", "/z", "/b/c"), ("/y", "/opt/tools", "/b"))
    assert expected == add(before, done, ["/opt/tools", "/b"])


def test_a_name_that_is_no_shell_is_none_of_its_shells(tmp_path: Path) -> None:
    text = json.dumps({"version": 2, "files": ["/a"], "shells": ["tcsh", "rm -r", 1, ["bash"]]})
    (tmp_path / RECEIPT).write_text(text)
    assert ("tcsh",) == load(str(tmp_path), HOME).shells


def test_the_shells_that_files_were_edited_for_are_recorded() -> None:
    """A later run for another shell asks them before it moves a block."""
    login, desktop = Context(LOGIN, "tcsh"), Context(DESKTOP)
    done = (Edit(File("/b/c"), None, "new", serves=(login, desktop)),)
    assert ("bash", "tcsh") == add(Receipt(("/a",), shells=("bash",)), done).shells


def test_what_was_done_twice_is_recorded_once() -> None:
    done = (Edit(File("/b/c"), None, "new", serves=(Context(LOGIN, "tcsh"),)),)
    once = add(EMPTY, done, ["/b"])
    assert once == add(once, done, ["/b"])


def of_registry(text: str, order: str = PREPEND, *, created: bool = False) -> Entry:
    """Return an entry of the user's Path."""
    return Entry(USER_PATH, text, order, created=created)


def test_what_was_put_into_the_registry_is_recorded_as_entries() -> None:
    """There can be no marker, so undo knows only by them what is ours."""
    entries = (of_registry("C:\\a", created=True), of_registry("C:\\b"))
    done = (Edit(USER_PATH, None, "C:\\a;C:\\b", entries=entries),)
    assert Receipt(entries=entries) == add(EMPTY, done)


def test_an_entry_that_was_moved_is_recorded_once_with_its_new_place() -> None:
    """Whether there was no value before stays as the first run has seen it."""
    first = add(EMPTY, [Edit(USER_PATH, None, "x", entries=(of_registry("C:\\a", created=True),))])
    moved = Edit(USER_PATH, "x", "y", entries=(of_registry("C:\\a", APPEND),))
    expected = (of_registry("C:\\a", APPEND, created=True),)
    assert expected == add(first, [moved]).entries


def test_entries_that_were_taken_back_are_recorded_no_more() -> None:
    one, two = of_registry("C:\\a"), of_registry("C:\\b")
    receipt = Receipt(("/a",), ("/b",), (one, two))
    left = without(receipt, [Edit(USER_PATH, "x", "y", settled=(one,))])
    assert Receipt(("/a",), ("/b",), (two,)) == left
    block = fence.insert("y", "~/a", "a\n")
    assert receipt == without(receipt, [Edit(File("/a"), "x", block)])
    assert replace(receipt, files=()) == without(receipt, [Edit(File("/a"), block, "y")])
    line = Entry(File("/a"), "/x", APPEND)
    assert ("/a",) == without(replace(receipt, entries=(line,)), [Edit(File("/a"), "x", "y")]).files


def test_that_there_was_no_value_passes_on_to_the_entry_that_stays() -> None:
    other = Entry(RegistryValue("HKCU\\Other", "Path"), "C:\\c", PREPEND)
    one, two, three = of_registry("D:\\1", created=True), of_registry("D:\\2"), of_registry("D:\\3")
    left = without(
        Receipt(entries=(one, other, two, three)), [Edit(USER_PATH, "x", "y", settled=(one,))]
    )
    assert (other, of_registry("D:\\2", created=True), three) == left.entries


def test_the_users_text_is_not_in_it(tmp_path: Path) -> None:
    done = (
        Edit(File("/a"), "secret", "secret\nmore"),
        Edit(USER_PATH, "secret", "C:\\a;secret", entries=(of_registry("C:\\a"),)),
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
        "[" * 100_000,
    ],
)
def test_a_receipt_that_cannot_be_understood_is_as_none(tmp_path: Path, text: str) -> None:
    """Undo works without it, and the next run writes its own."""
    (tmp_path / RECEIPT).write_text(text)
    assert EMPTY == load(str(tmp_path), HOME)
    save(tmp_path, Receipt(("/a",)))
    assert Receipt(("/a",)) == load(str(tmp_path), HOME)


@pytest.mark.parametrize(
    "fields", [{"order": "first"}, {"text": ""}, {"text": 5}, {"replaced": None}, {"path": 5}]
)
def test_an_entry_that_cannot_be_understood_is_left_out(tmp_path: Path, fields: dict[str, Any]) -> None:
    (tmp_path / RECEIPT).write_text(with_entry(**fields))
    assert Receipt(("/a",)) == load(str(tmp_path), HOME)


@pytest.mark.parametrize(
    "name", ["/opt/a\0b", "/opt/\ud800", "", "relative", "~eve/x", 5, None, ["/b"], {"path": "/b"}]
)
def test_a_name_that_can_be_none_of_a_file_is_left_out(tmp_path: Path, name: object) -> None:
    """And no more than that: an undo needs the others."""
    entry = {**FIELDS, "path": name}
    document = {"files": [name, "/a"], "folders": ["/c", name], "entries": [entry, FIELDS]}
    pending = {"nonce": "0a", "keys": [name, "k"], "folders": [name, "/d"], "private": [name, "/e"]}
    target = {"path": name, "real": "/f", "was": ""}
    pending["targets"] = [target, {"path": "/f", "real": name, "was": ""}, {"path": "/f"}, name]
    (tmp_path / RECEIPT).write_text(json.dumps({**document, "version": 3, "pending": pending}))
    found = load(str(tmp_path), HOME)
    assert (("/a",), ("/c",)) == (found.files, found.folders)
    assert [RegistryValue("k", "n")] == [entry.target for entry in found.entries]
    assert found.pending
    assert "k" in found.pending.keys
    assert ((), ("/d",), ("/e",)) == (
        found.pending.targets,
        found.pending.folders,
        found.pending.private,
    )


def test_what_is_pending_comes_back(tmp_path: Path) -> None:
    """In the version that an earlier release leaves alone."""
    pending = Pending(
        "0123456789ab",
        ("~/a",),
        ((File(f"{HOME}/.bashrc"), "5:0000abcd"), (USER_PATH, "")),
        (f"{HOME}/.local",),
        (f"{HOME}/.local/bin",),
        ("/opt/onpath-0123456789ab",),
        (of_registry("C:\\a"),),
    )
    save(tmp_path, Receipt(("/a",), (), (), pending))
    assert Receipt(("/a",), (), (), pending) == load(str(tmp_path), HOME)
    assert 3 == json.loads((tmp_path / RECEIPT).read_text())["version"]
    assert is_pending(str(tmp_path))
    save(tmp_path, Receipt(("/a",)))
    assert 2 == json.loads((tmp_path / RECEIPT).read_text())["version"]
    assert not is_pending(str(tmp_path))


def test_a_pending_file_that_leads_elsewhere_now_is_none_of_ours(tmp_path: Path) -> None:
    """In a copy of the home a link may lead into the first one."""
    home, copy = tmp_path / "home", tmp_path / "copy"
    for each in (home, copy):
        each.mkdir()
    (home / "rc").touch()
    pending = Pending("0a", targets=((File(f"{home}/rc"), ""),))
    with Changes(lambda: str(tmp_path), make_host(str(home))) as changes:
        changes.save(Receipt(pending=pending))
    text = (tmp_path / RECEIPT).read_text().replace(f"{tmp_path}/{RECEIPT}", "/elsewhere")
    (tmp_path / RECEIPT).write_text(text)
    (copy / "rc").symlink_to(home / "rc")
    found = load(str(tmp_path), str(copy)).pending
    assert found
    assert () == found.targets


def test_a_link_in_its_place_is_no_receipt_and_not_followed(tmp_path: Path) -> None:
    """Else what it leads to would be replaced by a receipt."""
    (tmp_path / "mine").write_text("mine\n")
    (tmp_path / RECEIPT).symlink_to("mine")
    assert EMPTY == load(str(tmp_path), HOME)
    with Changes(lambda: str(tmp_path), HOST) as changes:
        with pytest.raises(OnpathError, match=r"receipt\.json is a link; move it away"):
            changes.save(Receipt(("/a",)))
        changes.remove_receipt(())
    assert {"mine": "mine\n", RECEIPT: "mine\n"} == everything(tmp_path)


@pytest.mark.parametrize(("one", "other"), [(None, ""), ("a", "b"), ("a", "aa"), ("\udce9", "\ud800")])
def test_a_mark_tells_texts_apart_and_says_nothing_of_them(one: str | None, other: str) -> None:
    assert mark(one) != mark(other)
    assert mark(other) == mark(other)
    assert 15 > len(mark(one))


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


@pytest.mark.parametrize("version", [0, 4, "1", None])
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
        changes.folders = ("/made",)
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
