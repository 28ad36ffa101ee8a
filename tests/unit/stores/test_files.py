"""A file is somebody's property: it keeps what it is, and is the old or the new one at any moment."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.errors import ChangedError, OnpathError, RefusedError
from onpath.host import folders, unix
from onpath.model import TOP, File
from onpath.places import fence
from onpath.stores import attributes, files, whose
from onpath.stores.folder import Folder, make_folders, remove_folders
from samples import BOUNDED, interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

MODULES = tuple(
    f"onpath/stores/{name}.py" for name in ("files", "replacing", "in_place", "folder", "attributes")
)
OLD, NEW = "old\n", "new\n" * 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a file that holds `OLD`."""
    file = tmp_path / "startup"
    file.write_text(OLD)
    return file


@contextmanager
def full_disk() -> Iterator[None]:
    """Let this process make no file grow beyond 40 bytes; also not that into which pytest reports."""
    import resource  # noqa: PLC0415  (Unix)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def write(path: Path, text: str | None, before: str | None) -> tuple[str, ...]:
    """Write as `changes` does."""
    return files.write(File(str(path)), text, before)


def refusal(path: Path) -> str | None:
    """Ask as a plan does."""
    return files.refusal(File(str(path)), os.geteuid())


def names(folder: Path) -> list[str]:
    """Return what is in `folder`."""
    return sorted(os.listdir(folder))


# The lines that a diff compares.


@BOUNDED
@given(st.text("ab\n\r\x0b\x0c\x85\u2028", max_size=12))
def test_only_a_newline_ends_a_line(text: str) -> None:
    """As for `patch`; Python would end one at a form feed too."""
    found = files.lines(text)
    assert text == "".join(found)
    assert all(line.endswith("\n") for line in found[:-1])
    assert [] == [line for line in found if "\n" in line[:-1] or not line]


def test_a_file_that_does_not_exist_has_no_lines() -> None:
    assert [] == files.lines(None)


# Which file a name names.


def test_all_names_of_a_file_are_one(path: Path, tmp_path: Path) -> None:
    """Links of both kinds, of the file and of a folder above it; also where it does not exist yet."""
    os.link(path, tmp_path / "hard")
    (tmp_path / "soft").symlink_to(path.name)
    (tmp_path / "folder").symlink_to(".")
    for name in ("hard", "soft", "folder/startup"):
        assert files.identity(str(path)) == files.identity(str(tmp_path / name))
    assert files.identity(str(path)) != files.identity(str(tmp_path / "new"))
    assert files.identity(str(tmp_path / "new")) == files.identity(str(tmp_path / "folder" / "new"))


# Reading.


@BOUNDED
@given(st.binary(max_size=40))
def test_any_bytes_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(raw)
    text = files.read(File(str(path)))
    assert text is not None
    path.unlink()
    write(path, text, None)
    assert raw == path.read_bytes()


def test_what_does_not_exist_is_none(tmp_path: Path) -> None:
    assert files.read(File(str(tmp_path / "nothing"))) is None
    (tmp_path / "dangling").symlink_to("nothing")
    assert files.read(File(str(tmp_path / "dangling"))) is None


def test_a_name_that_is_longer_than_any_is_none(tmp_path: Path) -> None:
    """Somebody may have written it into a receipt: no file to be looked at, or to be repaired."""
    assert files.read(File(f"{tmp_path}/{'a' * 300}")) is None
    assert files.read(File(f"{tmp_path}{'/aaaa' * 1000}")) is None


def fifo(path: Path) -> None:
    """Make a FIFO: who opens it waits for a writer."""
    os.mkfifo(path)


def folder(path: Path) -> None:
    """Make a folder."""
    path.mkdir()


def device(path: Path) -> None:
    """Make a link to a device that never ends."""
    path.symlink_to("/dev/zero")


def listener(path: Path) -> None:
    """Make a socket."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))


def loop(path: Path) -> None:
    """Make a link to itself."""
    path.symlink_to(path.name)


def below_a_file(path: Path) -> None:
    """Put a file where a folder should be."""
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (fifo, "is not a regular file"),
        (folder, "is not a regular file"),
        (device, "is a device; have what leads there lead to one of your own"),
        (listener, "is not a regular file|no such device or address|not supported"),
        (loop, "symbolic links"),
        (below_a_file, "not a directory"),
    ],
)
def test_what_is_no_file_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], reason: str
) -> None:
    """Before anything is written, and without waiting for anybody."""
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    path = tmp_path / "folder" / "startup"
    path.parent.mkdir()
    make(path)
    said = refusal(path)
    assert said
    assert re.search(reason, said)
    with pytest.raises(RefusedError, match=reason):
        files.read(File(str(path)))


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.touch()
    os.truncate(path, files.MAX_BYTES)
    assert refusal(path) is None
    os.truncate(path, files.MAX_BYTES + 1)
    assert "is larger than 16 MiB; make it shorter" == refusal(path)


@pytest.mark.parametrize("raw", ["ls\n".encode("utf-16"), "ls\n".encode("utf-16-be")])
def test_a_text_of_utf_16_is_refused(path: Path, raw: bytes) -> None:
    path.write_bytes(b"\xfe\xff" + raw if raw[:1] == b"\0" else raw)
    assert "is UTF-16; save it as UTF-8, which the shells read" == refusal(path)


def test_an_ordinary_file_is_not_refused(path: Path) -> None:
    assert refusal(path) is None
    assert refusal(path.with_name("new")) is None
    assert refusal(path.parent / "new" / "folders" / "file") is None


def test_a_read_only_file_is_refused_even_to_root(path: Path) -> None:
    path.chmod(0o444)
    assert f"is read-only; run chmod u+w {path}" == refusal(path)


ROOT, EVE, ME, STRANGER = 0, 1000, 1001, 54321
STAFF = 50
ASK, ALONE = folders.ASK_OWNER, "ask its owner to let nobody but you write there"


@pytest.mark.parametrize(
    ("owner", "group", "mode", "may_write", "said"),
    [
        (ROOT, ROOT, 0o644, False, f"belongs to root; {ASK}"),
        (ROOT, ROOT, 0o664, True, None),
        (ROOT, ME, 0o664, True, None),
        (ROOT, ROOT, 0o644, True, None),
        (ROOT, STAFF, 0o664, True, f"belongs to root, and its group can write to it; {ALONE}"),
        (ROOT, ROOT, 0o666, True, f"belongs to root, and everybody can write to it; {ALONE}"),
        (EVE, EVE, 0o644, False, f"belongs to eve; {ASK}"),
        (EVE, EVE, 0o664, True, f"belongs to eve, and its group can write to it; {ALONE}"),
        (EVE, STAFF, 0o644, True, f"belongs to eve; {ASK}"),
        (EVE, ROOT, 0o664, True, None),
        (STRANGER, STRANGER, 0o644, False, f"belongs to 54321; {ASK}"),
        (STRANGER, STRANGER, 0o644, True, None),
        (ME, STAFF, 0o666, True, None),
    ],
)
def test_a_file_of_somebody_else_is_judged_by_who_may_write_it(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: int,
    group: int,
    mode: int,
    may_write: bool,
    said: str | None,
) -> None:
    """A container runs as a number, in a home that was made for a group or has an access list."""
    names = {ROOT: "root", EVE: "eve", ME: "me"}
    real = os.stat
    given = os.stat_result((stat.S_IFREG | mode, *os.stat(path)[1:4], owner, group, *os.stat(path)[6:]))
    monkeypatch.setattr(os, "stat", lambda at, **how: given if at == str(path) else real(at, **how))
    monkeypatch.setattr(os, "access", lambda *_: may_write)
    for module in (whose, unix):
        monkeypatch.setattr(module, "user_name", names.get)
    monkeypatch.setattr(unix, "group_name", {**names, STAFF: "staff"}.get)
    assert said == files.refusal(File(str(path)), ME)
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert files.refusal(File(str(path)), ROOT) is None


def test_a_file_whose_owner_a_new_one_cannot_have_is_written_in_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root gives files away; and a user's file may have a group in which the user is not."""
    before = path.stat()

    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(attributes, "copy", fail)
    write(path, NEW, OLD)
    after = path.stat()
    assert (NEW, before.st_ino) == (path.read_text(), after.st_ino)
    assert (before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
    write(path, OLD, NEW)
    assert ([path.name], OLD) == (os.listdir(path.parent), path.read_text())


def test_a_new_file_in_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    cure = f"run chmod u+w {tmp_path}"
    assert f"cannot be made: {tmp_path} is read-only; {cure}" == refusal(tmp_path / "a" / "b")
    tmp_path.chmod(0o755)


def test_a_new_file_below_a_file_is_refused(path: Path) -> None:
    said = refusal(path / "below")
    assert said
    assert "not a directory" in said


CURE = "mount or create that"


def test_a_dangling_link_into_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A store that is not mounted, or a repository that was not cloned yet."""
    (tmp_path / "link").symlink_to(tmp_path / "store" / "file")
    assert f"is a dangling link to {tmp_path}/store/file; {CURE}" == refusal(tmp_path / "link")


@pytest.mark.parametrize("link", ["a", "a/b"])
def test_a_dangling_link_anywhere_on_the_way_is_refused_by_its_name(tmp_path: Path, link: str) -> None:
    """And nothing is made where it leads to, also if it was refused by nobody."""
    path = tmp_path / "a" / "b" / "c" / "file"
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "disk" / "x")
    expected = f"cannot be made: {tmp_path}/{link} is a dangling link to {tmp_path}/disk/x; {CURE}"
    assert expected == refusal(path)
    with pytest.raises(RefusedError) as caught:
        write(path, NEW, None)
    assert f"{path} {expected}" == str(caught.value)
    assert not (tmp_path / "disk").exists()


def test_a_link_to_a_dangling_link_is_one(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("disk/x")
    expected = f"cannot be made: {tmp_path}/one is a dangling link to {tmp_path}/disk/x; {CURE}"
    assert expected == refusal(tmp_path / "one" / "file")


# Writing.


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o755, 0o666])
def test_a_file_keeps_its_mode(path: Path, mode: int) -> None:
    path.chmod(mode)
    write(path, NEW, OLD)
    assert (NEW, mode) == (path.read_text(), stat.S_IMODE(path.stat().st_mode))


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002, 0o000])
def test_a_new_file_is_never_for_others_to_write(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write(tmp_path / "new", NEW, None)
    finally:
        os.umask(before)
    assert 0o644 & ~mask == stat.S_IMODE((tmp_path / "new").stat().st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_keeps_its_owner(path: Path) -> None:
    os.chown(path, 4321, 4322)
    write(path, NEW, OLD)
    assert (4321, 4322) == (path.stat().st_uid, path.stat().st_gid)


def test_a_file_keeps_its_extended_attributes(path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("Python reads them on Linux only")
    try:
        os.setxattr(path, "user.onpath", b"kept")
    except OSError:
        pytest.skip("this file system has none")
    write(path, NEW, OLD)
    assert b"kept" == os.getxattr(path, "user.onpath")


def test_a_file_keeps_its_access_list(path: Path) -> None:
    if not shutil.which("setfacl") or sys.platform != "linux":
        pytest.skip("there is no setfacl")
    if subprocess.run(["setfacl", "-m", "u:4321:r", path], capture_output=True, check=False).returncode:
        pytest.skip("this file system has none")
    before = subprocess.check_output(["getfacl", "-c", path], stderr=subprocess.DEVNULL)
    write(path, NEW, OLD)
    assert before == subprocess.check_output(["getfacl", "-c", path], stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_stays_a_link(path: Path, absolute: bool) -> None:
    """Into a repository of dotfiles, say: the file in the repository is the one that changes."""
    home = path.parent / "home"
    home.mkdir()
    link = home / "startup"
    link.symlink_to(path if absolute else "../startup")
    write(link, NEW, OLD)
    assert link.is_symlink()
    assert NEW == path.read_text()
    assert ["startup"] == names(home)


def test_a_link_to_a_file_that_is_not_there_yet_leads_to_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write(tmp_path / "link", NEW, None)
    assert NEW == (tmp_path / "file").read_text()
    write(tmp_path / "link", None, NEW)
    assert ["link"] == names(tmp_path)


def test_a_file_with_two_names_stays_one(path: Path) -> None:
    other = path.with_name("other")
    os.link(path, other)
    write(path, NEW, OLD)
    assert NEW == other.read_text()
    assert path.samefile(other)
    assert ["other", "startup"] == names(path.parent)


def test_a_shorter_text_leaves_no_rest_in_a_file_with_two_names(path: Path) -> None:
    path.write_text(NEW)
    os.link(path, path.with_name("other"))
    write(path, "x", NEW)
    assert "x" == path.read_text()


def test_a_file_in_a_folder_that_takes_no_other_is_written_in_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = path.stat().st_ino
    monkeypatch.setattr(Folder, "may_change", lambda _: False)
    write(path, NEW, OLD)
    assert (NEW, number) == (path.read_text(), path.stat().st_ino)
    assert ["startup"] == names(path.parent)


def test_folders_are_made_and_named_from_the_outside_in(tmp_path: Path) -> None:
    made = write(tmp_path / "a" / "b" / "file", NEW, None)
    assert (f"{tmp_path}/a", f"{tmp_path}/a/b") == made
    assert () == write(tmp_path / "a" / "b" / "other", NEW, None)


def test_the_folders_that_would_be_made_are_told_beforehand(tmp_path: Path) -> None:
    """Through a link, too, and without making any."""
    (tmp_path / "link").symlink_to("b")
    (tmp_path / "b").mkdir()
    targets = [File(f"{tmp_path}/{name}") for name in ("a/b/file", "link/c/file", "file")]
    told = [files.folders_to_make(target) for target in targets]
    assert [] == names(tmp_path / "b")
    assert ["b", "link"] == names(tmp_path)
    assert [files.write(target, NEW, None) for target in targets] == told
    assert (f"{tmp_path}/a", f"{tmp_path}/a/b") == told[0]


def test_folders_go_if_they_are_empty(tmp_path: Path) -> None:
    made = make_folders(str(tmp_path / "a" / "b"))
    (tmp_path / "a" / "file").touch()
    remove_folders(made)
    assert ["a"] == names(tmp_path)
    assert ["file"] == names(tmp_path / "a")


def test_none_removes_the_file(path: Path) -> None:
    assert () == write(path, None, OLD)
    assert [] == names(path.parent)


def test_nothing_but_the_file_is_left_in_its_folder(path: Path) -> None:
    """What a killed run left goes too: the file once more, with a block of ours or without."""
    path.with_name(".startup.onpath-0123abcd").write_text(OLD)
    with_block = fence.insert(OLD, "~/bin", "export PATH\n", TOP)
    path.with_name(".startup.onpath-new-0123456789ab").write_text(with_block)
    write(path, NEW, OLD)
    assert ["startup"] == names(path.parent)


@pytest.mark.parametrize("text", ["mine\n", "", f"{OLD}mine\n"])
def test_a_file_of_the_users_with_a_name_like_ours_stays(path: Path, text: str) -> None:
    """Only the run that has recorded its names knows its files by these alone."""
    nonce, other = "0123456789ab", "123456789abc"
    mine = [f".startup.onpath-{end}" for end in ("0123abcd", f"new-{nonce}", f"old-{nonce}")]
    for name in mine:
        path.with_name(name).write_text(text)
    write(path, NEW, OLD)
    for spare in ("", files.spare(File(str(path)), other)):
        files.sweep(File(str(path)), spare=spare, has_spares=True)
    assert sorted([*mine, "startup"]) == names(path.parent)
    files.sweep(File(str(path)), spare=files.spare(File(str(path)), nonce), has_spares=True)
    assert [mine[0], "startup"] == names(path.parent)
    files.sweep(File(str(path)), is_own=True)
    assert ["startup"] == names(path.parent)


def test_a_name_as_long_as_names_can_be_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write(path, OLD, None)
    write(path, NEW, OLD)
    os.link(path, tmp_path / "other")
    write(path, OLD, NEW)
    assert OLD == path.read_text()


def test_what_zsh_has_compiled_is_older_than_the_file(path: Path) -> None:
    """zsh runs a `.zwc` in place of a file that is not newer by a whole second."""
    compiled = path.with_name("startup.zwc")
    compiled.touch()
    os.utime(compiled, (2e9, 2e9))
    write(path, NEW, OLD)
    assert path.stat().st_mtime >= 2e9 + 1


# A file that is not what the plan saw.


@pytest.mark.parametrize(
    ("now", "before", "after"),
    [
        ("changed", OLD, NEW),
        ("changed", OLD, None),
        ("there", None, NEW),
        (None, OLD, NEW),
        (None, OLD, None),
    ],
    ids=["changed", "changed-remove", "appeared", "vanished", "vanished-remove"],
)
@pytest.mark.parametrize("names_of_it", [1, 2])
def test_a_file_that_has_changed_is_left_as_it_is(
    tmp_path: Path, now: str | None, before: str | None, after: str | None, names_of_it: int
) -> None:
    path = tmp_path / "startup"
    if now is not None:
        path.write_text(now)
        if names_of_it == 2:
            os.link(path, tmp_path / "other")
    there = names(tmp_path)
    with pytest.raises(ChangedError, match="has changed since"):
        write(path, after, before)
    assert there == names(tmp_path)
    assert now == files.read(File(str(path)))


def test_folders_made_for_a_file_that_has_changed_go_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Folder, "move", fail)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a" / "b" / "file", NEW, None)
    assert [] == names(tmp_path)


def test_folders_made_before_one_that_cannot_be_made_go_again(tmp_path: Path) -> None:
    """A name may be longer than the file system takes."""
    with pytest.raises(OSError, match="name too long"):
        make_folders(str(tmp_path / "a" / ("b" * 300)))
    assert [] == names(tmp_path)


# Writes that fail.


@pytest.mark.parametrize("names_of_it", [1, 2])
def test_a_full_disk_leaves_the_old_file(path: Path, names_of_it: int) -> None:
    if names_of_it == 2:
        os.link(path, path.with_name("other"))
    there = names(path.parent)
    with full_disk(), pytest.raises(OSError, match="too large"):
        write(path, NEW, OLD)
    assert (OLD, there) == (path.read_text(), names(path.parent))


def test_a_full_disk_leaves_no_new_file(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(OSError, match="too large"):
        write(tmp_path / "folder" / "new", NEW, None)
    assert [] == names(tmp_path)


def test_where_no_backup_can_be_made_a_file_with_two_names_is_not_touched(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(path, path.with_name("other"))
    real = os.open

    def open_old(name: str, flags: int, *rest: int, **how: Any) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", name)
        return real(name, flags, *rest, **how)

    monkeypatch.setattr(os, "open", open_old)
    with pytest.raises(OSError, match="no folder takes a backup"):
        write(path, NEW, OLD)
    assert OLD == path.read_text()


def test_the_old_text_is_somewhere_even_if_it_cannot_be_put_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails while a file with two names is written fails again while it is restored."""
    os.link(path, path.with_name("other"))
    real = os.fsync
    count = 0

    def fail_then_vanish(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count <= 2:  # the backup and its folder
            real(descriptor)
            return
        os.ftruncate(descriptor, len(OLD) + 1)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail_then_vanish)
    with pytest.raises(OnpathError, match=r"its old text is in .*, and ensure-path --undo puts it back"):
        write(path, NEW, OLD)
    assert OLD != path.read_text()
    monkeypatch.undo()
    assert (str(path),) == files.recover("", [str(path)], os.geteuid())
    assert (OLD, ["other", "startup"]) == (path.read_text(), names(path.parent))


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
@pytest.mark.parametrize("names_of_it", [1, 2])
@pytest.mark.parametrize("after", [NEW, None], ids=["write", "remove"])
def test_interrupted_anywhere_a_file_is_the_old_one_or_the_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch, names_of_it: int, after: str | None
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # disks are slow
    if names_of_it == 2:
        os.link(path, path.with_name("other"))
    number = 0
    while True:
        number += 1
        if not interrupt(lambda: write(path, after, OLD), number, *MODULES):
            break
        assert files.read(File(str(path))) in {OLD, after}
        path.write_text(OLD)
    assert number > 10
    assert after == files.read(File(str(path)))


@pytest.mark.filterwarnings("ignore:.*unclosed", "ignore:Exception ignored")
def test_interrupted_anywhere_a_new_file_is_there_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # disks are slow
    path = tmp_path / "a" / "new"
    number = 0
    while True:
        number += 1
        if not interrupt(lambda: write(path, NEW, None), number, *MODULES):
            break
        assert files.read(File(str(path))) in {None, NEW}
        shutil.rmtree(tmp_path / "a", ignore_errors=True)
    assert number > 10


def test_who_reads_meanwhile_sees_the_old_file_or_the_new_one(path: Path) -> None:
    texts = [OLD * 500, NEW * 500]
    path.write_text(texts[0])
    seen: set[str] = set()
    is_done = threading.Event()

    def look() -> None:
        while not is_done.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(10):
        write(path, texts[1], texts[0])
        write(path, texts[0], texts[1])
    is_done.set()
    reader.join()
    assert seen <= set(texts)


def test_what_is_refused_by_a_link_is_told_by_where_that_leads(path: Path) -> None:
    path.chmod(0o444)
    link = path.with_name("link")
    link.symlink_to(path.name)
    assert f"leads to {path}, which is read-only; run chmod u+w {path}" == refusal(link)
    link.unlink()
    link.symlink_to(os.devnull)
    real = os.path.realpath(os.devnull)
    assert (
        refusal(link)
        == f"leads to {real}, which is a device; have what leads there lead to one of your own"
    )
