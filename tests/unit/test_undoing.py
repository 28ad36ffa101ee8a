"""Undo takes back what was put, no more and no less, and starts no shell where a receipt tells all."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from onpath import changes, receipts, undoing, verbs
from onpath.errors import NoHomeError
from onpath.host import directories, unix
from onpath.model import APPEND, Edit, Entry, File, Report
from onpath.places import environment_d, fence
from onpath.probes import bench
from onpath.request import make
from onpath.values import replace
from samples import everything, make_host

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("no_shell")

TEXT = "ls\n"
BLOCK = fence.insert(TEXT, "~/a", "a\n")
BLOCKS = fence.insert(BLOCK, "~/b", "b\n")
DROP_IN = ".config/environment.d/99-onpath.conf"


@pytest.fixture
def edited(home: Path) -> Path:
    """Return a home in which `ensure` has put the directories `a` and `b` into two places."""
    before = fence.insert(fence.insert(None, "~/a", "a\n"), "~/b", "b\n")
    (home / ".bashrc").write_text(TEXT)
    with changes.Changes(lambda: f"{home}/.local/state/onpath", make_host(str(home))) as done:
        done.make_folders([f"{home}/a"])
        done.apply(
            [
                Edit(File(f"{home}/.bashrc"), TEXT, BLOCKS),
                Edit(File(f"{home}/{DROP_IN}"), None, before),
            ]
        )
        done.keep_receipt()
    return home


def undo(home: Path, *directories: str, **options: Any) -> Report:
    """Take back as a user would."""
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    return verbs.undo(make("undo", directories, {"environ": environ, **options}))


def test_undo_takes_back_what_every_place_has_and_what_was_made(edited: Path) -> None:
    report = undo(edited)
    assert ("changed", 0) == (report.status, report.exit_code)
    assert {f"{edited}/.bashrc", f"{edited}/{DROP_IN}"} == {str(each.target) for each in report.edits}
    assert {".bashrc": TEXT} == everything(edited)
    assert "unchanged" == undo(edited).status


def test_undo_takes_a_block_out_of_the_file_into_which_its_file_was_moved(edited: Path) -> None:
    """One that the new file reads, as in a home that was put in order since."""
    moved = edited / ".config" / "bash" / "rc"
    moved.parent.mkdir()
    (edited / ".bashrc").rename(moved)
    (edited / ".bashrc").write_text(". ~/.config/bash/rc\n")
    report = undo(edited)
    assert ("changed", ()) == (report.status, report.notes)
    assert TEXT == moved.read_text()
    assert {".bashrc", ".config", ".config/bash", ".config/bash/rc"} == set(everything(edited))


@pytest.mark.parametrize("options", [{}, {"dry_run": True}])
def test_undo_tells_of_a_file_that_has_lost_its_block(options: dict[str, bool], edited: Path) -> None:
    """It said that all was taken back, whatever had become of the file."""
    (edited / ".bashrc").rename(edited / "kept")
    (note,) = undo(edited, **options).notes
    assert note.startswith(
        f"{edited}/.bashrc no longer has the block that was put there; if it was moved"
    )
    assert note.rpartition("begins with ")[2].strip("'") in (edited / "kept").read_text()


def test_undo_of_one_directory_leaves_the_other_and_the_receipt(edited: Path) -> None:
    before = everything(edited)
    report = undo(edited, "~/a", f"{edited}/a/")
    assert ("changed", (f"{edited}/a",)) == (report.status, report.directories)
    assert fence.remove(BLOCKS, "~/a") == (edited / ".bashrc").read_text()
    assert {*before} - {"a"} == {*everything(edited)}
    undo(edited, "~/b")
    assert {".bashrc": TEXT} == everything(edited)


def test_undo_of_one_directory_removes_the_folders_that_were_made_for_it_alone(home: Path) -> None:
    both = [f"{home}/made/{name}" for name in "ab"]
    with changes.Changes(lambda: f"{home}/.local/state/onpath", make_host(str(home))) as done:
        done.make_folders(both)
        texts = [fence.insert(None, "~/made/a", "a\n")]
        texts.append(fence.insert(texts[0], "~/made/b", "b\n"))
        done.apply([Edit(File(f"{home}/.bashrc"), None, texts[1])])
        done.keep_receipt()
    assert "changed" == undo(home, both[0]).status
    assert ["b"] == os.listdir(home / "made")
    assert "changed" == undo(home, both[1]).status
    assert [] == os.listdir(home)


def test_undo_of_a_directory_by_another_name_of_the_home_takes_it_back(edited: Path) -> None:
    (edited.parent / "link").symlink_to(edited)
    for home, directory in ((edited, "link/a"), (edited.parent / "link", f"{edited.name}/b")):
        report = undo(home, str(edited.parent / directory))
        assert 2 == len(report.edits), report
    assert TEXT == (edited / ".bashrc").read_text()


def test_undo_of_a_directory_that_was_never_put_changes_nothing(edited: Path) -> None:
    before = everything(edited)
    report = undo(edited, "/opt/other")
    assert ("unchanged", ()) == (report.status, report.edits)
    assert before == everything(edited)


@pytest.mark.parametrize("has_receipt", [True, False])
def test_a_dry_undo_foretells_the_real_one_and_changes_nothing(
    edited: Path, *, has_receipt: bool
) -> None:
    if not has_receipt:
        os.unlink(edited / ".local/state/onpath/receipt.json")
    (edited / ".onpath.lock").touch()  # of another run, for which it need not wait
    for named in (("/opt/other",), ("~/a",), (), ()):
        before = everything(edited)
        dry = undo(edited, *named, dry_run=True)
        assert before == everything(edited)
        real = undo(edited, *named)
        assert (real.status, real.edits, real.refusals) == (dry.status, dry.edits, dry.refusals)
    assert "unchanged" == real.status


def test_a_dry_undo_tells_what_may_not_be_edited(edited: Path) -> None:
    (edited / ".bashrc").chmod(0o444)
    report = undo(edited, dry_run=True)
    assert ("partial", 1) == (report.status, len(report.refusals))


def test_undo_for_a_python_is_of_its_scripts_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "directory", lambda *_: f"{home}/py")
    assert (f"{home}/py",) == undo(home, python="python3").directories
    assert () == undo(home).directories


def test_undo_without_a_receipt_finds_the_blocks_itself(edited: Path) -> None:
    """Bash tells of no folders, so that nothing needs to be asked."""
    os.unlink(edited / ".local/state/onpath/receipt.json")
    undo(edited)
    assert TEXT == (edited / ".bashrc").read_text()
    assert not (edited / DROP_IN).exists()


def test_undo_of_a_file_that_may_not_be_edited_is_refused(edited: Path) -> None:
    before = everything(edited)
    (edited / ".bashrc").chmod(0o444)
    report = undo(edited)
    reason = "is read-only; run chmod u+w ~/.bashrc"
    assert ("partial", [reason]) == (report.status, [each.reason for each in report.refusals])
    again = undo(edited)
    assert ("refused", ()) == (again.status, again.notes)  # what was taken out before is not looked for
    os.unlink(edited / ".local/state/onpath/receipt.json")
    assert "refused" == undo(edited).status
    assert before[".bashrc"] == (edited / ".bashrc").read_text()


def test_undo_of_a_file_that_cannot_be_removed_is_refused_and_the_rest_is_taken_back(
    edited: Path,
) -> None:
    """By its folder: nothing but the folder is named, and a temporary file least of all."""
    folder = (edited / DROP_IN).parent
    folder.chmod(0o555)
    report = undo(edited)
    reason = f"cannot be removed: {folder} is read-only; run chmod u+w ~/.config/environment.d"
    assert ("partial", [reason]) == (report.status, [each.reason for each in report.refusals])
    assert TEXT == (edited / ".bashrc").read_text()
    folder.chmod(0o755)
    assert "changed" == undo(edited).status
    assert [".bashrc"] == os.listdir(edited)


def test_undo_leaves_a_receipt_of_another_version_to_the_one_that_wrote_it(edited: Path) -> None:
    """And takes back what the markers tell."""
    receipt = edited / ".local/state/onpath/receipt.json"
    text = receipt.read_text().replace('"version": 2', '"version": 4')
    receipt.write_text(text)
    report = undo(edited)
    assert "changed" == report.status
    assert any(f"{receipt} is of another version of onpath; use that" in note for note in report.notes)
    assert text == receipt.read_text()
    assert TEXT == (edited / ".bashrc").read_text()
    assert "unchanged" == undo(edited).status


def test_undo_leaves_what_a_link_out_of_a_copied_home_leads_to(edited: Path, tmp_path: Path) -> None:
    """Not even what a killed run left there is swept. With --force, it is as if it were ours."""
    copy = tmp_path / "copy"
    shutil.copytree(edited, copy)
    (copy / ".bashrc").unlink()
    (copy / ".bashrc").symlink_to(edited / ".bashrc")
    (edited / "..bashrc.onpath-01234567").touch()
    before = everything(edited)
    report = undo(copy)
    assert ("partial", [f"{copy}/.bashrc"]) == (report.status, [str(r.target) for r in report.refusals])
    assert "leads out of this home to" in report.refusals[0].reason
    assert before == everything(edited)
    assert "changed" == undo(copy, force=True).status
    assert TEXT == (edited / ".bashrc").read_text()


def test_undo_sweeps_what_a_killed_run_left_beside_the_files(edited: Path) -> None:
    for ending in ("01234567", "new-0123456789ab", "old-0123456789ab"):
        (edited / f"..bashrc.onpath-{ending}").write_text((edited / ".bashrc").read_text())
    undo(edited)
    assert {".bashrc": TEXT} == everything(edited)


@pytest.mark.parametrize("where", ["a", "made", "by-entry", ".local/bin", "named"])
def test_undo_removes_the_proofs_of_a_run_that_was_killed_before_it_recorded_them(
    edited: Path, where: str
) -> None:
    """Wherever it can know of the directory: a block, an entry, a folder that was made, its default."""
    host, state = make_host(str(edited)), f"{edited}/.local/state/onpath"
    directory = edited / where
    directory.mkdir(parents=True, exist_ok=True)
    record = receipts.load(state, str(edited))
    ci_path = File(f"{edited}/ci-path")
    if where == "made":
        record = replace(record, folders=(*record.folders, str(directory)))
    if where == "by-entry":
        record = replace(record, entries=(Entry(ci_path, str(directory), APPEND),))
    with changes.Changes(lambda: state, host) as done:
        done.save(record)
    bench.put_proofs(host, (str(directory),), bench.new_nonce())
    (directory / "onpath-probe-of-mine").touch()
    undo(edited, *([str(directory)] if where == "named" else []))
    assert ["onpath-probe-of-mine"] == os.listdir(directory)


def test_undo_in_the_home_of_somebody_else_is_refused(
    edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NoHomeError("somebody else's")

    before = everything(edited)
    monkeypatch.setattr(unix, "check_home", fail)
    with pytest.raises(NoHomeError):
        undo(edited)
    assert before == everything(edited)
    assert "changed" == undo(edited, force=True).status


def test_a_file_of_two_places_is_one_edit(edited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_d, "FILE", "/.bashrc")
    report = undo(edited)
    assert 1 == [str(each.target) for each in report.edits].count(f"{edited}/.bashrc")


def test_undo_waits_for_another_run(edited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    class Lock:
        def __init__(self, home: str) -> None:
            events.append(home)

        def __enter__(self) -> tuple[str, ...]:
            events.append("held")
            return ()

        def __exit__(self, *_: object) -> None:
            events.append((edited / ".bashrc").read_text())

    monkeypatch.setattr(unix, "Lock", Lock)
    undo(edited)
    assert [str(edited), "held", TEXT] == events


def test_without_a_receipt_no_folder_outside_of_the_home_is_named(home: Path, tmp_path: Path) -> None:
    """Nor the home itself: both may be empty, and nobody has made them for us."""
    system = tmp_path / "usr" / "games"
    system.mkdir(parents=True)
    (home / "a").mkdir()
    for name, named in ((str(system), ""), ("~/a", f"{home}/a"), ("~", "")):
        edit = Edit(File(f"{tmp_path}/.bashrc"), fence.insert(TEXT, name, "x\n"), TEXT)
        notes = [*undoing._note_folders(make_host(str(home)), (edit,))]  # noqa: SLF001
        assert bool(named) == bool(notes), name
        assert str(system) not in str(notes)
        assert not any(note.endswith(f"rmdir {home}") for note in notes)
