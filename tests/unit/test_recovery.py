"""What a killed run has left is put back, whatever others have done since; and nothing else is."""

from __future__ import annotations

import errno
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from onpath import receipts, recovery, request, stores, verbs
from onpath.changes import Changes
from onpath.errors import ChangedError, LeftError
from onpath.model import END, PREPEND, Edit, Entry, File, Pending
from onpath.places import fence
from onpath.receipts import RECEIPT
from samples import everything, make_host

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from onpath.model import Host

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

NONCE = "0123456789ab"
KEY = "~/tools"
BODY = "PATH=~/tools:$PATH\n"
TEXT = "ls\n"


class Sweeper:
    """A prober that only remembers what it was to sweep."""

    def __init__(self) -> None:
        self.swept: list[tuple[Any, ...]] = []

    def sweep(self, _: Host, nonce: str, directories: Iterable[str], private: Iterable[str]) -> None:
        """Remember it."""
        self.swept.append((nonce, tuple(directories), tuple(private)))


@pytest.fixture(autouse=True)
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def state(home: Path) -> str:
    """Return the folder of the receipt."""
    return f"{home}/.local/state/onpath"


def begin(home: Path) -> Changes:
    """Begin a run that ends nowhere: what it does before it is left alone is what a kill leaves."""
    intent = Pending(NONCE, (KEY,), directories=(f"{home}/tools",), private=("/opt/onpath-x",))
    return Changes(lambda: state(home), make_host(str(home)), intent)


def edits(home: Path) -> list[Edit]:
    """Return the edits of a first run: of a file that is there, and of one that is not."""
    return [
        Edit(File(f"{home}/.bashrc"), TEXT, fence.insert(TEXT, KEY, BODY)),
        Edit(File(f"{home}/conf.d/tools.fish"), None, fence.insert(None, KEY, BODY)),
    ]


@pytest.fixture
def killed(home: Path) -> Path:
    """Return a home in which a run was killed after its edits."""
    (home / ".bashrc").write_text(TEXT)
    (home / ".bashrc").chmod(0o640)
    changes = begin(home)
    changes.make_folders([f"{home}/tools"])
    changes.apply(edits(home))
    return home


def finish(home: Path) -> tuple[str, ...]:
    """Begin the next run."""
    sweeper: Any = Sweeper()
    return recovery.finish(make_host(str(home)), sweeper, state(home))


def test_before_anything_is_changed_the_receipt_says_what_that_will_be(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a kill at that moment leaves what nobody knows of."""
    (home / ".bashrc").write_text(TEXT)
    seen: list[Pending | None] = []
    real = os.mkdir

    def mkdir(path: str, *mode: int, **where: int) -> None:
        if os.path.basename(path) == "tools":
            seen.append(receipts.load(state(home), str(home)).pending)
        real(path, *mode, **where)

    monkeypatch.setattr(os, "mkdir", mkdir)
    begin(home).make_folders([f"{home}/tools"], [File(f"{home}/.bashrc")])
    (pending,) = seen
    assert pending == Pending(
        NONCE,
        (KEY,),
        ((File(f"{home}/.bashrc"), receipts.mark(TEXT)),),
        (f"{home}/tools",),
        (f"{home}/tools",),
        ("/opt/onpath-x",),
    )


def test_what_a_killed_run_has_begun_is_put_back_to_the_byte(killed: Path) -> None:
    """The old file itself comes back; its folders, its receipt and its programs go."""
    sweeper: Any = Sweeper()
    assert (recovery.PUT_BACK,) == recovery.finish(make_host(str(killed)), sweeper, state(killed))
    assert {".bashrc": TEXT} == everything(killed)
    assert 0o640 == (killed / ".bashrc").stat().st_mode & 0o777
    assert [(NONCE, (f"{killed}/tools",), ("/opt/onpath-x",))] == sweeper.swept
    assert () == finish(killed)


def test_a_block_of_another_directory_that_was_changed_by_hand_is_in_nobodys_way(home: Path) -> None:
    """It was there before the killed run, and is the user's to repair: the file is as it was."""
    other = fence.insert(TEXT, "~/other", BODY) or ""
    text = other.replace(BODY, BODY + "alias mine=ls\n")
    (home / ".bashrc").write_text(text)
    changes = begin(home)
    changes.apply([Edit(File(f"{home}/.bashrc"), text, fence.insert(text, KEY, BODY))])
    assert (recovery.PUT_BACK,) == finish(home)
    assert {".bashrc": text} == everything(home)


def test_where_no_file_can_have_two_names_the_blocks_are_taken_out(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", fail)
    (home / ".bashrc").write_text(TEXT)
    begin(home).apply(edits(home))
    finish(home)
    assert {".bashrc": TEXT} == everything(home)


def test_what_others_have_written_since_stays_without_our_block(killed: Path) -> None:
    for name in (".bashrc", "conf.d/tools.fish"):
        with (killed / name).open("a") as file:
            file.write("mine\n")
    (killed / "tools" / "program").touch()
    finish(killed)
    expected = {".bashrc": f"{TEXT}mine\n", "conf.d": None, "conf.d/tools.fish": "mine\n"}
    assert {**expected, "tools": None, "tools/program": ""} == everything(killed)


def test_what_earlier_runs_have_recorded_stays(home: Path) -> None:
    (home / ".bashrc").write_text(TEXT)
    first = fence.insert(TEXT, "~/other", BODY)
    with begin(home) as changes:
        changes.apply([Edit(File(f"{home}/.bashrc"), TEXT, first)])
        changes.keep_receipt()
    before = everything(home)
    begin(home).apply([Edit(File(f"{home}/.bashrc"), first, fence.insert(first, KEY, BODY))])
    assert before != everything(home)
    finish(home)
    assert before == everything(home)


def test_a_killed_undo_is_put_back_too(home: Path) -> None:
    (home / ".bashrc").write_text(TEXT)
    with begin(home) as changes:
        changes.apply(edits(home))
        changes.keep_receipt()
    before = everything(home)
    undo = Changes(lambda: state(home), make_host(str(home)))
    undo.apply([Edit(edit.target, edit.after, edit.before) for edit in edits(home)])
    finish(home)
    assert before == everything(home)


def test_a_line_where_no_marker_can_be_is_taken_out(home: Path) -> None:
    """As an entry of the registry is, by the same place that takes it back."""
    target = File(f"{home}/path")
    (home / "path").write_text("/a\n")
    entries = (Entry(target, "/b", PREPEND),)
    begin(home).apply([Edit(target, "/a\n", "/a\n/b\n", entries=entries)])
    with (home / "path").open("a") as file:
        file.write("/c\n")
    finish(home)
    assert {"path": "/a\n/c\n"} == everything(home)


def test_what_cannot_be_put_back_stays_pending_and_is_told(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(stores, "restore", fail)
        told = finish(killed)
    assert f"{killed}/.bashrc holds still what it put there: no space left on device" in told
    pending = receipts.load(state(killed), str(killed)).pending
    assert pending
    assert [File(f"{killed}/.bashrc")] == [target for target, _ in pending.targets]
    finish(killed)
    assert {".bashrc": TEXT} == everything(killed)


def test_a_run_does_not_go_on_while_something_is_pending(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own record would take the place of what tells of the killed run."""
    asked = request.make("ensure", (f"{killed}/tools",), {"home": str(killed), "force": True})
    with monkeypatch.context() as patch:
        patch.setattr(stores, "restore", fail)
        with pytest.raises(
            LeftError, match=r"\.bashrc holds still.*no space.*; make room.* run this again"
        ):
            verbs.ensure(asked)
    assert receipts.is_pending(state(killed))


@pytest.mark.parametrize("pending", ["{}", "[]", '{"nonce": ""}', '{"nonce": "../../x"}'])
def test_what_is_pending_by_no_record_that_can_be_understood_is_told_with_what_frees_it(
    home: Path, pending: str
) -> None:
    folder = home / ".local/state/onpath"
    folder.mkdir(parents=True)
    (folder / RECEIPT).write_text(f'{{"version": 3, "files": ["~/.bashrc"], "pending": {pending}}}')
    with pytest.raises(LeftError, match=r"^/.*receipt\.json says .*; run ensure-path --undo, and then"):
        verbs.ensure(request.make("ensure", (f"{home}/tools",), {"home": str(home), "force": True}))
    verbs.undo(request.make("undo", (), {"home": str(home)}))
    assert not receipts.is_pending(state(home))


def test_who_saves_again_and_again_is_waited_for(killed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, saved = stores.restore, []

    def restore(*words: Any, **options: Any) -> None:
        saved.append(words)
        if len(saved) < 9:
            raise ChangedError("somebody has saved it")
        real(*words, **options)

    monkeypatch.setattr(stores, "restore", restore)
    finish(killed)
    assert {".bashrc": TEXT} == everything(killed)


def fail(*_: object, **_options: object) -> None:
    """Be a full disk."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_folder_that_was_to_go_and_cannot_be_removed_goes_with_the_next_run(
    home: Path, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """It stays pending; what is kept all the same is recorded, with its folders."""
    mine, other = edits(home)
    (home / ".bashrc").write_text(TEXT)
    with begin(home) as changes:
        changes.make_folders([f"{home}/tools"])
        changes.apply([mine, other] if is_kept else [other])
        with monkeypatch.context() as broken:
            broken.setattr(os, "rmdir", fail)
            changes.put_back(other)
            if not is_kept:
                changes.unmake_folders()
            changes.keep_receipt()
    unwanted = {f"{home}/conf.d"} if is_kept else {f"{home}/conf.d", f"{home}/tools"}
    assert (unwanted, True) == ({*changes.unwanted}, changes.has_strays)
    receipt = receipts.load(state(home), str(home))
    assert receipt.pending
    assert (unwanted, ()) == ({*receipt.pending.folders}, receipt.pending.targets)
    finish(home)
    assert not any(map(os.path.exists, unwanted))
    if not is_kept:
        assert {".bashrc": TEXT} == everything(home)
        return
    receipt = receipts.load(state(home), str(home))
    assert (f"{home}/.bashrc", None) == (receipt.files[0], receipt.pending)
    assert f"{home}/tools" in receipt.folders
    assert (home / "tools").is_dir()


def test_a_forged_receipt_has_no_foreign_file_replaced_or_removed(killed: Path) -> None:
    """Not even one beside which there is a file of the right name."""
    (killed / "mine").write_text("mine\n")
    (killed / f".mine.onpath-old-{NONCE}").write_text("evil\n")
    (killed / "precious").mkdir()
    (killed / "precious" / "file").touch()
    path = f"{state(killed)}/{RECEIPT}"
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    mark = receipts.mark("evil\n")
    document["pending"]["targets"].append({"path": "~/mine", "real": "~/mine", "was": mark})
    document["pending"]["folders"] += ["~/precious", "~"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    finish(killed)
    left = everything(killed)
    assert ("mine\n", TEXT, "") == (left["mine"], left[".bashrc"], left["precious/file"])


def test_half_a_receipt_goes_with_the_folders_that_were_made_for_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in the middle of making it: nothing was changed before it was there."""
    (home / "..local.onpath-01234567" / "state" / "onpath").mkdir(parents=True)
    (home / "..local.onpath-89abcdef" / "state" / "onpath").mkdir(parents=True)
    (home / "..local.onpath-89abcdef" / "state" / "onpath" / RECEIPT).write_text("{")
    mine = {"..local.onpath-mine": None, "..local.onpath-00000000": None}
    for name in mine:
        (home / name).mkdir()
    (home / "..local.onpath-00000000" / "mine").touch()
    monkeypatch.setattr(os, "fsync", lambda _: None)
    assert () == finish(home)
    assert {**mine, "..local.onpath-00000000/mine": ""} == everything(home)


def test_a_torn_file_is_told_with_its_old_text_and_goes_with_the_next_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written in place, which fails, and cannot be put back either."""
    (home / ".bashrc").write_text(TEXT)
    os.link(home / ".bashrc", home / "other")

    def fail(_descriptor: int, _length: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    words = r"bashrc could not be written .*, and this could not be put back: .*bashrc \(input"
    with monkeypatch.context() as broken:
        broken.setattr(os, "ftruncate", fail)
        with pytest.raises(LeftError, match=words) as caught, begin(home) as changes:
            changes.apply(edits(home)[:1])
    kept = str(caught.value).partition("its old text is in ")[2].partition(")")[0]
    assert kept.startswith(f"{state(home)}/.bashrc.onpath-backup-")
    assert (home / ".bashrc").read_text() not in {TEXT, edits(home)[0].after}
    assert (f"{home}/.bashrc",) == stores.recover(state(home), (), os.geteuid())
    finish(home)
    assert {".bashrc": TEXT, "other": TEXT} == everything(home)


def test_a_save_that_came_out_at_the_moment_of_the_kill_has_its_place_again(killed: Path) -> None:
    """As the run was killed between the exchange of two files and its look at what came out."""
    spare = stores.spare(File(f"{killed}/.bashrc"), NONCE)
    os.unlink(spare)
    saved = killed / os.path.basename(stores.temporary(File(f"{killed}/.bashrc"), spare))
    saved.write_text(f"{TEXT}mine\n")
    assert (recovery.PUT_BACK,) == finish(killed)
    assert {".bashrc": f"{TEXT}mine\n"} == everything(killed)


def test_a_block_of_before_stays_where_a_move_of_it_was_killed_between_two_names(home: Path) -> None:
    """The old file has left its place, and has not come to its second name yet."""
    first = fence.insert(TEXT, KEY, BODY)
    target = File(f"{home}/.bashrc")
    (home / ".bashrc").write_text(first)
    begin(home).apply([Edit(target, first, fence.insert(TEXT, KEY, BODY, END))])
    spare = stores.spare(target, NONCE)
    os.rename(spare, stores.temporary(target, spare))
    assert (recovery.PUT_BACK,) == finish(home)
    assert {".bashrc": first} == everything(home)


def test_nor_does_it_lose_its_mode_where_the_old_text_was_being_written_again(home: Path) -> None:
    """A new file gets owner and mode at last."""
    first = fence.insert(TEXT, KEY, BODY)
    target = File(f"{home}/.bashrc")
    (home / ".bashrc").write_text(first)
    (home / ".bashrc").chmod(0o640)
    begin(home).apply([Edit(target, first, TEXT)])
    spare = stores.spare(target, NONCE)
    os.unlink(spare)
    copied = home / os.path.basename(stores.temporary(target, spare))
    copied.write_text(first)
    copied.chmod(0o600)
    assert (recovery.PUT_BACK,) == finish(home)
    assert {".bashrc": first} == everything(home)
    assert 0o640 == (home / ".bashrc").stat().st_mode & 0o777


def test_a_new_file_of_ours_that_was_half_written_takes_no_place(home: Path) -> None:
    """It has the same name as such a save."""
    (home / ".bashrc").write_text(TEXT)
    begin(home).make_folders([f"{home}/tools"], [File(f"{home}/.bashrc")])
    target = File(f"{home}/.bashrc")
    half = fence.insert(TEXT, KEY, BODY)[:20]
    (home / os.path.basename(stores.temporary(target, stores.spare(target, NONCE)))).write_text(half)
    assert (recovery.PUT_BACK,) == finish(home)
    assert {".bashrc": TEXT} == everything(home)


def test_what_was_saved_before_the_edit_and_again_after_it_is_there_once(home: Path) -> None:
    """The record of what a file held is that of the plan, and not of a moment before."""
    (home / ".bashrc").write_text(TEXT)
    changes = begin(home)
    changes.make_folders([f"{home}/tools"], [File(f"{home}/.bashrc")])
    (home / ".bashrc").write_text("saved\n")
    with_block = fence.insert("saved\n", KEY, BODY)
    changes.apply([Edit(File(f"{home}/.bashrc"), "saved\n", with_block)])
    (home / ".bashrc").write_text(with_block.replace("saved", "saved again"))
    assert (recovery.PUT_BACK,) == finish(home)
    assert {".bashrc": "saved again\n"} == everything(home)
