"""An installer that was told to edit nothing is obeyed by all later runs, until it is told otherwise."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from onpath import changes, consent, receipts, stores
from onpath.errors import OnpathError, RefusedError
from onpath.host import detect
from onpath.model import Receipt
from samples import everything, make_host

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("no_shell")

NO_MODIFY = consent.NO_MODIFY


def settle(home: Path, told: str | None = None) -> bool:
    """Ask for consent as an installer does that was told this."""
    return consent.resolve_and_remember(
        {"HOME": str(home), **({NO_MODIFY: told} if told is not None else {})}
    )


def test_nothing_told_allows_edits_and_writes_nothing(home: Path) -> None:
    for told in (None, "", "0"):
        assert settle(home, told)
    assert {} == everything(home)


def test_what_was_told_is_kept_until_told_otherwise(home: Path) -> None:
    assert not settle(home, "1")
    assert not settle(home)
    assert not settle(home, "")
    assert not settle(home, "yes")
    assert settle(home, "0")
    assert settle(home)
    assert {} == everything(home)


def test_a_0_in_the_environment_overrules_what_was_told(home: Path) -> None:
    settle(home, "1")
    for environ, is_refused in (({}, True), ({NO_MODIFY: ""}, True), ({NO_MODIFY: "0"}, False)):
        host = detect({"HOME": str(home), **environ})
        assert is_refused == consent.is_refused(host)
    assert not settle(home)


def test_the_variable_is_named_only_to_those_who_have_set_it(home: Path) -> None:
    """An installer passes its --no-modify-path on in it; what it has kept then counts as the reason."""
    environ = {"HOME": str(home), NO_MODIFY: "1"}
    assert f"{NO_MODIFY} is set (unset it to have the files edited)" == consent.why_forbidden(environ)
    settle(home, "1")
    told = consent.why_forbidden(environ)
    assert told == consent.why_refused(detect({"HOME": str(home)}))
    assert "is set" not in told
    assert "run the installer with --modify-path" in told
    for overruled in ({**environ, NO_MODIFY: "0"}, {"HOME": str(home)}):
        assert "" == consent.why_forbidden(overruled)


def test_folders_that_a_receipt_needs_pass_on_to_it(home: Path) -> None:
    """Those that were made for the mark: the receipt sees to them from then on."""
    settle(home, "1")
    folder = home / ".local" / "state" / "onpath"
    with changes.Changes(lambda: str(folder), make_host(str(home))) as done:
        done.save(Receipt(("/rc",)))
    settle(home, "0")
    made = (f"{home}/.local", f"{home}/.local/state", str(folder))
    assert Receipt(("/rc",), made) == receipts.load(str(folder), str(home))
    assert ["receipt.json"] == os.listdir(folder)


@pytest.mark.parametrize("has_full_paths", [False, True])
def test_in_a_copied_home_the_folders_of_the_copy_go(
    home: Path, tmp_path: Path, *, has_full_paths: bool
) -> None:
    """The first release wrote them down in full."""
    settle(home, "1")
    mark = home / ".local/state/onpath" / consent.NO_MODIFY_NAME
    assert "~/.local\n~/.local/state\n~/.local/state/onpath\n" == mark.read_text()
    if has_full_paths:
        mark.write_text(mark.read_text().replace("~", str(home)))
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    mark.unlink()  # the folders are empty now
    before = everything(home)
    assert settle(copy, "0")
    assert ({}, before) == (everything(copy), everything(home))


def test_a_failed_write_leaves_no_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_words: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(stores, "put", fail)
    with pytest.raises(OnpathError, match=r"could not be written \(no room\); nothing was changed"):
        settle(home, "1")
    assert {} == everything(home)


def test_a_mark_that_cannot_be_read_is_an_error(home: Path) -> None:
    os.makedirs(home / ".local" / "state" / "onpath" / consent.NO_MODIFY_NAME)
    with pytest.raises((RefusedError, OSError)):
        settle(home, "0")
