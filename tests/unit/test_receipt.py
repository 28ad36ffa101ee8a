"""The record of what stays: it comes back as it was, never holds the user's text, and may be lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath import receipt
from onpath.changes import Applied, apply
from onpath.model import Edit, File, Receipt, RegistryValue
from samples import BOUNDED

if TYPE_CHECKING:
    from pathlib import Path

PATHS = st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3, unique=True)
RECEIPTS = st.builds(Receipt, PATHS.map(tuple), PATHS.map(tuple))


@BOUNDED
@given(RECEIPTS)
def test_what_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, saved: Receipt) -> None:
    folder = str(tmp_path_factory.getbasetemp())
    receipt.save(folder, saved)
    assert saved == receipt.load(folder)


def test_names_of_odd_bytes_come_back(tmp_path: Path) -> None:
    saved = Receipt(("/home/\udce9/.bashrc",), ("/home/\udce9",))
    receipt.save(str(tmp_path), saved)
    assert saved == receipt.load(str(tmp_path))


def test_the_folders_that_were_made_for_it_are_in_it(tmp_path: Path) -> None:
    """Undo removes them if they are empty."""
    folder = tmp_path / "state" / "onpath"
    receipt.save(str(folder), receipt.EMPTY)
    assert (f"{tmp_path}/state", str(folder)) == receipt.load(str(folder)).folders


def test_what_was_done_is_added_to_what_was_there() -> None:
    before = Receipt(("/a", "/z"), ("/y",))
    done = (
        Applied(Edit(File("/a"), "text", "text\nmore")),
        Applied(Edit(File("/b/c"), None, "new\udce9"), ("/b",)),
    )
    expected = Receipt(("/a", "/z", "/b/c"), ("/y", "/opt/tools", "/b"))
    assert expected == receipt.add(before, done, ["/opt/tools"])


def test_what_was_done_twice_stands_there_once() -> None:
    done = (Applied(Edit(File("/b/c"), None, "new"), ("/b",)),)
    once = receipt.add(receipt.EMPTY, done)
    assert once == receipt.add(once, done)


def test_the_registry_is_not_recorded() -> None:
    """What is ours in it is known by itself."""
    done = (Applied(Edit(RegistryValue("HKCU", "Path"), None, "x")),)
    assert receipt.EMPTY == receipt.add(receipt.EMPTY, done)


def test_the_users_text_is_not_in_it(tmp_path: Path) -> None:
    done = (Applied(Edit(File("/a"), "secret", "secret\nmore")),)
    receipt.save(str(tmp_path), receipt.add(receipt.EMPTY, done))
    assert "secret" not in (tmp_path / receipt.NAME).read_text()


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
        "[" * 100_000,
    ],
)
def test_a_receipt_that_cannot_be_understood_is_as_none(tmp_path: Path, text: str) -> None:
    """Undo works without it."""
    (tmp_path / receipt.NAME).write_text(text)
    assert receipt.EMPTY == receipt.load(str(tmp_path))


def test_a_receipt_that_is_a_folder_is_as_none(tmp_path: Path) -> None:
    (tmp_path / receipt.NAME).mkdir()
    assert receipt.EMPTY == receipt.load(str(tmp_path))


def test_no_receipt_is_an_empty_one(tmp_path: Path) -> None:
    assert receipt.EMPTY == receipt.load(str(tmp_path / "nothing"))


def test_the_same_receipt_is_not_written_again(tmp_path: Path) -> None:
    receipt.save(str(tmp_path), receipt.EMPTY)
    number = (tmp_path / receipt.NAME).stat().st_ino
    receipt.save(str(tmp_path), receipt.EMPTY)
    assert number == (tmp_path / receipt.NAME).stat().st_ino


def test_it_is_json_with_a_version(tmp_path: Path) -> None:
    receipt.save(str(tmp_path), receipt.EMPTY)
    document = json.loads((tmp_path / receipt.NAME).read_text())
    assert {"version": 1, "files": [], "folders": []} == document


def test_its_removal_is_an_edit_like_any(tmp_path: Path) -> None:
    folder = tmp_path / "onpath"
    receipt.save(str(folder), receipt.EMPTY)
    assert receipt.is_there(str(folder))
    apply(receipt.removal(str(folder)))
    assert not receipt.is_there(str(folder))
    assert () == receipt.removal(str(folder))  # and again


def test_what_cannot_be_a_receipt_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / receipt.NAME).mkdir()
    assert () == receipt.removal(str(tmp_path))
