"""A plan is carried out whole or not at all, whatever happens in the middle of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from onpath import changes as module
from onpath import stores
from onpath.changes import apply, put_back
from onpath.errors import ChangedError, OnpathError
from onpath.model import Edit, File
from samples import STRIDE, interrupt

if TYPE_CHECKING:
    from pathlib import Path

CHANGED = "# changed\n"


@pytest.fixture
def edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Edit, ...]:
    """Plan a change of a file, a new file in new folders, a removal, and a change again."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # disks are slow
    texts = {"a": "a\n", "c": "c\n", "d": "d\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return (
        Edit(File(f"{tmp_path}/a"), "a\n", CHANGED),
        Edit(File(f"{tmp_path}/new/folder/b"), None, CHANGED),
        Edit(File(f"{tmp_path}/c"), "c\n", None),
        Edit(File(f"{tmp_path}/d"), "d\n", CHANGED),
    )


def everything(folder: Path) -> dict[str, str | None]:
    """Return all that is in `folder`, with the texts of files."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in folder.rglob("*")
    }


BEFORE = {"a": "a\n", "c": "c\n", "d": "d\n"}
AFTER = {"a": CHANGED, "new": None, "new/folder": None, "new/folder/b": CHANGED, "d": CHANGED}


def test_every_edit_is_made_and_the_new_folders_are_told(
    tmp_path: Path, edits: tuple[Edit, ...]
) -> None:
    done = apply(edits)
    assert AFTER == everything(tmp_path)
    assert edits == tuple(applied.edit for applied in done)
    assert [(), (f"{tmp_path}/new", f"{tmp_path}/new/folder"), (), ()] == [
        applied.folders for applied in done
    ]


def test_what_was_done_can_be_put_back(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    put_back(apply(edits))
    assert BEFORE == everything(tmp_path)


def test_nothing_to_do_does_nothing() -> None:
    assert () == apply(())


def test_a_file_that_has_changed_stops_all_and_everything_is_put_back(
    tmp_path: Path, edits: tuple[Edit, ...]
) -> None:
    (tmp_path / "d").write_text("somebody's\n")
    with pytest.raises(ChangedError, match="/d has changed since the plan was made"):
        apply(edits)
    assert {**BEFORE, "d": "somebody's\n"} == everything(tmp_path)


def test_a_write_that_fails_stops_all_and_everything_is_put_back(
    tmp_path: Path, edits: tuple[Edit, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith("/d"):
            raise OSError(28, "No space left on device", target)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OnpathError, match=r"/d could not be written \(no space left on device\)"):
        apply(edits)
    assert BEFORE == everything(tmp_path)


def test_a_file_that_vanished_stops_all_and_everything_is_put_back(
    tmp_path: Path, edits: tuple[Edit, ...]
) -> None:
    (tmp_path / "d").unlink()
    with pytest.raises(ChangedError, match="/d has changed since the plan was made"):
        apply(edits)
    assert {"a": "a\n", "c": "c\n"} == everything(tmp_path)


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_interrupted_anywhere_everything_is_as_it_was(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    """At many lines (see `STRIDE`), also while a new file is there and its folder is synchronised."""
    number = 1
    files = (module.__file__ or "", stores.__file__ or "")
    while interrupt(lambda: apply(edits), number, *files):
        left = {name: text for name, text in everything(tmp_path).items() if ".onpath-" not in name}
        assert BEFORE == left, f"interrupted at line {number}"
        number += STRIDE
    assert number > 40
    assert AFTER == everything(tmp_path)
