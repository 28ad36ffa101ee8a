"""An installer that was told to edit nothing is obeyed by all later runs, until it is told otherwise."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import onpath
from onpath import consent
from onpath.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

NO_MODIFY = consent.NO_MODIFY


def settle(home: Path, told: str | None = None) -> bool:
    """Call `settle` as an installer does that was told this."""
    return consent.settle({"HOME": str(home), **({NO_MODIFY: told} if told is not None else {})})


def everything(home: Path) -> list[Path]:
    """Return all that is in the home."""
    return sorted(home.rglob("*"))


def test_nothing_told_allows_edits_and_writes_nothing(home: Path) -> None:
    for told in (None, "", "0"):
        assert settle(home, told)
    assert [] == everything(home)


def test_what_was_told_is_kept_until_told_otherwise(home: Path) -> None:
    assert not settle(home, "1")
    assert not settle(home)
    assert not settle(home, "")
    assert not settle(home, "yes")
    assert settle(home, "0")
    assert settle(home)
    assert [] == everything(home)


def test_folders_that_a_receipt_needs_stay_and_go_with_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".bashrc").write_text("")
    before = everything(home)
    settle(home, "1")
    monkeypatch.setenv(NO_MODIFY, "0")
    assert 0 == onpath.ensure(str(home / "tools"), shells=("bash",)).exit_code
    settle(home, "0")
    assert (home / ".local" / "state" / "onpath" / "receipt.json").exists()
    onpath.undo()
    assert before == everything(home)


def test_a_run_without_consent_looks_only_and_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(home, "1")
    before = everything(home)
    report = onpath.ensure(str(home / "tools"), shells=("bash",))
    assert ("missing", 1) == (report.status, report.exit_code)
    assert "--no-modify-path" in report.notes[0]
    assert f"{NO_MODIFY}=0" in report.notes[0]
    assert before == everything(home)
    monkeypatch.setenv(NO_MODIFY, "0")  # for this run alone
    assert 0 == onpath.ensure(str(home / "tools"), shells=("bash",)).exit_code
    monkeypatch.delenv(NO_MODIFY)
    assert not settle(home)


def test_an_undo_needs_no_consent_and_keeps_the_answer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".bashrc").write_text("")
    assert 0 == onpath.ensure(str(home / "tools"), shells=("bash",)).exit_code
    settle(home, "1")
    assert 0 == onpath.undo().exit_code
    assert "" == (home / ".bashrc").read_text()
    assert not settle(home)
    monkeypatch.delenv(NO_MODIFY, raising=False)


def test_a_failed_write_leaves_no_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from onpath import stores  # noqa: PLC0415  (to be hindered)

    def fail(*_words: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(stores, "write", fail)
    with pytest.raises(OSError, match="no room"):
        settle(home, "1")
    assert [] == everything(home)


def test_a_mark_that_cannot_be_read_is_an_error(home: Path) -> None:
    os.makedirs(home / ".local" / "state" / "onpath" / consent.NAME)
    with pytest.raises((RefusedError, OSError)):
        settle(home, "0")
