"""A file that is written in place loses no byte, wherever the write is cut."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.model import File
from onpath.stores import files, in_place
from onpath.stores.folder import Folder
from samples import BOUNDED

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

TEXTS = st.binary(max_size=60) | st.binary(max_size=60).map(lambda raw: raw * 200)


def cuts(old: bytes, new: bytes) -> list[bytes]:
    """Return what a cut may leave: the new bytes are written from the start, then the rest goes."""
    steps = sorted({0, 1, 7, 4095, 4096, 4097, 8192, len(new) // 2, len(new)})
    return [new[:k] + old[k:] for k in steps if k <= len(new)]


@BOUNDED
@given(TEXTS, TEXTS)
def test_what_a_cut_leaves_is_known_for_torn(old: bytes, new: bytes) -> None:
    for now in cuts(old, new):
        assert in_place.is_torn(now, old, new)


@BOUNDED
@given(TEXTS, TEXTS, st.integers(0, 59), st.integers(1, 255))
def test_a_byte_that_is_of_neither_text_is_an_edit(old: bytes, new: bytes, at: int, by: int) -> None:
    for now in cuts(old, new):
        if at < len(now):
            byte = now[at] ^ by
            edited = now[:at] + bytes([byte]) + now[at + 1 :]
            is_known = byte in {*old[at : at + 1], *new[at : at + 1], 0}
            assert is_known == in_place.is_torn(edited, old, new)
    longer = max(old, new, key=len) + b"x"
    assert not in_place.is_torn(longer, old, new)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file with a second name, in a home."""
    file = tmp_path / "home" / "startup"
    file.parent.mkdir()
    file.write_text("old\n" * 3)
    os.link(file, tmp_path / "other")
    return file


def leave_backup(path: Path, state: Path, old: bytes, new: bytes) -> None:
    """Leave the backup that a run left which was killed while it wrote `path`."""
    state.mkdir(exist_ok=True)
    with Folder(os.path.realpath(state)) as folder:
        in_place.write_backup(
            folder, f"startup{in_place.MARK}0123abcd", in_place.Backup(str(path), old, new)
        )


@pytest.mark.parametrize("where", ["state", "home"])
@pytest.mark.parametrize(
    ("old", "new"), [(b"old\n" * 3, b"new\n" * 9000), (b"old\n" * 9000, b"new\n" * 3)]
)
def test_a_torn_file_gets_its_old_text_and_the_backup_goes(
    path: Path, tmp_path: Path, old: bytes, new: bytes, where: str
) -> None:
    """Wherever it was cut; and a file that is the old one or the new one stays as it is."""
    for now in (*cuts(old, new), old, new):
        path.write_bytes(now)
        leave_backup(path, tmp_path / where, old, new)
        restored = files.recover(str(tmp_path / "state"), [str(path)], os.geteuid())
        is_whole = now in {old, new}
        assert ((), now) if is_whole else ((str(path),), old) == (restored, path.read_bytes())
        assert ["startup"] == os.listdir(path.parent)
        assert not (tmp_path / "state").exists()
        assert path.samefile(tmp_path / "other")


@pytest.mark.parametrize(
    ("now", "stays"),
    [(b"a\nb\nmine\n", False), (b"mine\n", True), (b"new\nb\nmine\n", True)],
)
def test_a_file_that_was_edited_since_is_left_alone(
    path: Path, tmp_path: Path, now: bytes, stays: bool
) -> None:
    """The backup too, if it has a line that is nowhere else."""
    path.write_bytes(now)
    leave_backup(path, tmp_path / "state", b"a\nb\n", b"new\na\nb\n")
    assert () == files.recover(str(tmp_path / "state"), (), os.geteuid())
    assert now == path.read_bytes()
    assert stays == (tmp_path / "state").exists()


def test_a_half_written_backup_goes(path: Path, tmp_path: Path) -> None:
    """The file was not yet touched then."""
    leave_backup(path, tmp_path / "state", b"old\n", b"new\n")
    kept = next((tmp_path / "state").iterdir())
    raw = kept.read_bytes()
    for length in range(len(raw)):
        (tmp_path / "state").mkdir(exist_ok=True)
        kept.write_bytes(raw[:length])
        kept.chmod(0o600)
        assert () == files.recover(str(tmp_path / "state"), (), os.geteuid())
        assert not kept.exists()
    assert b"old\n" * 3 == path.read_bytes()


def test_a_file_of_the_users_that_is_named_like_a_backup_stays(path: Path) -> None:
    mine = path.with_name(f"startup{in_place.MARK}0123abcd")
    mine.write_text("mine\n")
    mine.chmod(0o600)
    assert () == files.recover("", [str(path)], os.geteuid())
    assert "mine\n" == mine.read_text()


def test_a_backup_that_others_could_have_written_is_not_believed(path: Path, tmp_path: Path) -> None:
    """Else it could have this user write anywhere."""
    for mode, uid in ((0o660, os.geteuid()), (0o600, os.geteuid() + 1)):
        leave_backup(path, tmp_path / "state", b"evil\n" * 3, b"old\n" * 3 + b"xyz")
        kept = next((tmp_path / "state").iterdir())
        kept.chmod(mode)
        assert () == files.recover(str(tmp_path / "state"), (), uid)
        assert b"old\n" * 3 == path.read_bytes()
        kept.unlink()


def test_the_backup_is_in_the_state_folder_which_goes_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    real = os.ftruncate

    def look(descriptor: int, length: int) -> None:
        seen.append(os.listdir(tmp_path / "state" / "onpath"))
        real(descriptor, length)

    monkeypatch.setattr(os, "ftruncate", look)
    before = path.read_text()
    files.write(File(str(path)), "new\n", before, state_folder=f"{tmp_path}/state/onpath")
    assert [1] == [len(names) for names in seen]
    assert seen[0][0].startswith("startup.onpath-backup-")
    assert ["home", "other"] == sorted(os.listdir(tmp_path))
    assert "new\n" == (tmp_path / "other").read_text()


def test_where_there_is_no_state_folder_it_is_beside_the_file_and_never_elsewhere(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = in_place.write_backup

    def keep(folder: Folder, name: str, backup: in_place.Backup) -> None:
        made.append(folder.path)
        real(folder, name, backup)

    monkeypatch.setattr(in_place, "write_backup", keep)
    (tmp_path / "file").touch()
    files.write(File(str(path)), "new\n", path.read_text(), f"{tmp_path}/file/onpath")
    assert [str(path.parent)] == made


def test_nobody_reads_half_a_text_where_there_are_leases(path: Path) -> None:
    """Whoever opens the file waits until it is whole."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        in_place.lease(descriptor)
        if sys.platform != "linux" or not has_lease(descriptor):
            pytest.skip("this file system has no leases")
        with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as reader:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"whole\n", 0)
            os.close(descriptor)
            descriptor = -1
            assert b"whole\n" == reader.communicate(timeout=30)[0]
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def has_lease(descriptor: int) -> bool:
    """Tell whether a lease is held."""
    import fcntl  # noqa: PLC0415  (Unix)

    return bool(fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_WRLCK)
