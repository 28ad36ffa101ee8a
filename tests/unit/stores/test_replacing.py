"""Somebody else acts at the worst moment: no save is lost, and no file of others is touched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest

from onpath.errors import ChangedError, OnpathError
from onpath.model import File
from onpath.stores import files, rename
from onpath.stores.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

OLD, NEW, SAVED = "old\n", "new\n" * 20, "saved by somebody else\n"
EVE = 4321
Act = Callable[[], None]
CHANGING = (
    *("open", "write", "fsync", "fchown", "fchmod", "setxattr", "removexattr", "utime", "ftruncate"),
    *("replace", "link", "unlink", "mkdir", "stat"),
)
HAS_EXCHANGE = sys.platform in {"linux", "darwin"}


class Moments:
    """Acts just before the call with a number, of all that change or look at a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int, act: Act) -> None:
        self.left, self.act = number, act
        for name in CHANGING:
            if hasattr(os, name):
                monkeypatch.setattr(os, name, self.before(getattr(os, name)))
        monkeypatch.setattr(rename, "call", self.before(rename.call))

    def before(self, call: Any) -> Any:
        """Return `call` with the act before it, if its turn has come."""

        def called(*words: Any, **how: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.act()
            return call(*words, **how)

        return called


def at_every_moment(
    monkeypatch: pytest.MonkeyPatch, prepare: Act, act: Act, write: Act, check: Act
) -> int:
    """Let `act` happen at each moment of `write` in turn, and `check` afterwards; return how many."""
    number = 0
    unnamed: list[OSError] = []
    while True:
        number += 1
        prepare()
        with monkeypatch.context() as patch:
            moments = Moments(patch, number, act)
            # Else what the test itself does would count.
            moments_left = moments.left
            try:
                write()
            except OnpathError:
                pass
            except OSError as error:
                unnamed += [] if error.filename else [error]
            has_acted = moments.left <= 0 < moments_left
        if not has_acted:
            return number
        check()
        assert [] == unnamed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file that is written."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder / "startup"


REAL_RENAME = os.rename


def save(path: Path) -> None:
    """Save as an editor does: a new file in the place of the old one."""
    with open(path.parent.parent / "editor", "w") as file:
        file.write(SAVED)
    REAL_RENAME(path.parent.parent / "editor", path)


def append(path: Path) -> None:
    """Add a line as `echo line >>file` does."""
    subprocess.run(["/bin/sh", "-c", f"printf '{SAVED}' >>'{path}'"], check=True)


@pytest.mark.skipif(not HAS_EXCHANGE, reason="there is no call that exchanges two files")
@pytest.mark.parametrize("act", [save, append], ids=["rename", "append"])
@pytest.mark.parametrize(
    ("before", "after"), [(OLD, NEW), (OLD, None), (None, NEW)], ids=["replace", "remove", "create"]
)
def test_no_save_is_lost_at_any_moment(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Path], None],
    before: str | None,
    after: str | None,
) -> None:
    def prepare() -> None:
        for each in path.parent.iterdir():
            each.unlink()
        if before is not None:
            path.write_text(before)

    def check() -> None:
        assert SAVED in path.read_text()
        assert path.read_text() in {SAVED, *(f"{text or ''}{SAVED}" for text in (before, after))}
        assert ["startup"] == os.listdir(path.parent)

    number = at_every_moment(
        monkeypatch, prepare, lambda: act(path), lambda: files_write(path, after, before), check
    )
    assert number > 8


def files_write(path: Path, text: str | None, before: str | None) -> None:
    """Write as `changes` does."""
    files.write(File(str(path)), text, before)


def test_without_a_call_that_exchanges_a_file_is_replaced_and_compared_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system that cannot, or on another system."""
    monkeypatch.setattr(rename, "call", lambda *_: False)
    files_write(path, OLD, None)
    files_write(path, NEW, OLD)
    assert NEW == path.read_text()
    with pytest.raises(ChangedError):
        files_write(path, OLD, OLD)
    files_write(path, None, NEW)
    assert [] == os.listdir(path.parent)
    monkeypatch.setattr(os, "link", fail)
    files_write(path, OLD, None)
    assert ["startup"] == os.listdir(path.parent)


@pytest.mark.parametrize("spare", ["", ".startup.onpath-old-0123456789ab"])
@pytest.mark.parametrize("has_links", [True, False])
def test_without_such_a_call_what_is_added_at_the_last_moment_is_found(
    path: Path, monkeypatch: pytest.MonkeyPatch, spare: str, *, has_links: bool
) -> None:
    """By the second name of the old file, when the new one is in its place; also in putting back."""
    monkeypatch.setattr(rename, "call", lambda *_: False)
    real = Folder.replace
    lines = iter(["mine\n", "", "mine too\n"])  # the second call is that which puts it back

    def replace(self: Folder, name: str, to: str) -> None:
        if to == path.name:
            with path.open("a") as file:
                file.write(next(lines, ""))
        real(self, name, to)

    path.write_text(OLD)
    if not has_links:
        monkeypatch.setattr(os, "link", fail)
    monkeypatch.setattr(Folder, "replace", replace)
    whole = spare and str(path.with_name(spare))
    if not has_links:
        files.write(File(str(path)), NEW, OLD, whole)
        assert NEW == path.read_text()  # nothing can be told there
        return
    with pytest.raises(ChangedError):
        files.write(File(str(path)), NEW, OLD, whole)
    assert f"{OLD}mine\n" == path.read_text()
    path.with_name("before").write_text(OLD)
    with pytest.raises(ChangedError):
        files.restore(File(str(path)), str(path.with_name("before")), f"{OLD}mine\n")
    assert f"{OLD}mine\nmine too\n" == path.read_text()
    assert ["before", "startup"] == sorted(os.listdir(path.parent))


@pytest.mark.skipif(not HAS_EXCHANGE, reason="there is no call that exchanges two files")
@pytest.mark.parametrize("saves", range(5))
def test_who_saves_while_a_file_is_put_back_finds_the_last_save_there(
    path: Path, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    """Also who saves again each time that two files have changed names."""
    spare, real = path.with_name("before"), Folder.exchange
    spare.write_text(OLD)
    path.write_text(text := f"{NEW}mine\n")
    texts = [f"{number}\n" for number in range(saves)]

    def exchange(folder: Folder, one: str, other: str) -> bool:
        nonlocal text
        done = real(folder, one, other)
        if texts:
            text = texts.pop(0)
            path.with_name("new").write_text(text)
            path.with_name("new").replace(path)
        return done

    monkeypatch.setattr(Folder, "exchange", exchange)
    with pytest.raises(ChangedError):
        files.restore(File(str(path)), str(spare), NEW)
    assert not texts
    assert text == path.read_text()
    assert saves or spare.read_text() == OLD


def fail(*_: object, **__: object) -> None:
    """Be a file system without links."""
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("kind", ["temporary", "link", "hard link", "folder"])
@pytest.mark.parametrize("names_of_it", [1, 2])
def test_nothing_of_others_changes_whatever_is_swapped_in(  # noqa: C901  (four acts of one play)
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, names_of_it: int
) -> None:
    """Root writes in the home of eve, who puts names of root's private file where it will write."""
    if os.geteuid() != 0:
        pytest.skip("only root can make files of two users")
    private = path.parent.parent / "private" / "startup"
    private.parent.mkdir(mode=0o700)
    private.write_text(OLD)
    private.chmod(0o600)
    os.chown(path.parent, EVE, EVE)
    away = path.parent.parent / "away"

    def state() -> object:
        info = private.stat()
        return info.st_mode, info.st_uid, info.st_gid, info.st_ino, private.read_text()

    before = state()

    def prepare() -> None:
        if away.exists():
            path.parent.unlink()
            REAL_RENAME(away, path.parent)
        for each in path.parent.iterdir():
            each.unlink()
        path.write_text(OLD)
        path.chmod(0o644)
        os.lchown(path, EVE, EVE)
        if names_of_it == 2:
            os.link(path, path.with_name("other"))

    real_link, real_symlink, real_unlink = os.link, os.symlink, os.unlink

    def act() -> None:
        if kind == "folder":
            REAL_RENAME(path.parent, away)
            real_symlink(private.parent, path.parent)
            os.lchown(path.parent, EVE, EVE)
            return
        there = os.listdir(path.parent)
        spots = [n for n in there if ".onpath-" in n] if kind == "temporary" else [path.name]
        for name in spots:
            if name in there:
                real_unlink(path.parent / name)
            if kind == "hard link":
                real_link(private, path.parent / name)
            else:
                real_symlink(private, path.parent / name)
                os.lchown(path.parent / name, EVE, EVE)

    def check() -> None:
        private_state = state()
        if kind == "hard link":
            for each in path.parent.iterdir():
                if each.samefile(private):
                    each.unlink()
        assert before == private_state

    number = at_every_moment(monkeypatch, prepare, act, lambda: files_write(path, NEW, OLD), check)
    assert number > 8
    prepare()


def test_a_link_of_somebody_else_is_not_followed(path: Path) -> None:
    """It may lead to a private file of the user's, or of root's."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a link of somebody else's")
    goal = path.parent.parent / "goal"
    goal.write_text(OLD)
    path.symlink_to(goal)
    os.lchown(path, 4321, 4321)
    said = files.refusal(File(str(path)), 0) or ""
    assert f"is reached by the link {path}, which belongs to 4321; remove the link, or if you" in said
    with pytest.raises(OnpathError, match="is reached by the link"):
        files_write(path, NEW, OLD)
    assert OLD == goal.read_text()
    subprocess.run(["sh", "-c", said.rpartition(" run ")[2]], check=True)
    assert files.refusal(File(str(path)), 0) is None


def test_a_second_name_of_a_private_file_in_a_folder_of_somebody_else_is_refused(path: Path) -> None:
    """Its owner can make such a name for any file."""
    if os.geteuid() != 0:
        pytest.skip("only root can make files of two users")
    private = path.parent.parent / "private"
    private.write_text(OLD)
    os.link(private, path)
    assert files.refusal(File(str(path)), 0) is None
    os.chown(path.parent, 4321, 4321)
    said = files.refusal(File(str(path)), 0)
    assert "has several names and belongs to root, but its folder to 4321; move it away" == said
    with pytest.raises(OnpathError, match="has several names"):
        files_write(path, NEW, OLD)
    assert OLD == private.read_text()


def test_a_users_file_that_is_like_a_temporary_one_stays(path: Path) -> None:
    path.write_text(OLD)
    mine = [".startup.onpath-my-notes", ".startup.onpath-0123abcde", ".startup.onpath-0123ABCD"]
    for name in mine:
        (path.parent / name).touch()
    (path.parent / ".startup.onpath-0123abcd").mkdir()
    files_write(path, NEW, OLD)
    assert sorted([*mine, "startup", ".startup.onpath-0123abcd"]) == sorted(os.listdir(path.parent))
    assert stat.S_ISDIR((path.parent / ".startup.onpath-0123abcd").stat().st_mode)
