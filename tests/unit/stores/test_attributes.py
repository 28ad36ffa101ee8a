"""A new file in the place of an old one is that one: its owner, mode, group and access list, no more."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.model import File
from onpath.stores import files

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip("access lists of Linux", allow_module_level=True)

OLD, NEW = "old\n", "new\n"


def access_list(path: Path) -> str:
    """Return who may do what with a file."""
    return subprocess.run(["getfacl", "-cn", path], capture_output=True, text=True, check=True).stdout


def set_list(*words: str | Path) -> None:
    """Change an access list, or skip."""
    if not shutil.which("setfacl") or subprocess.run(["setfacl", *words], check=False).returncode:
        pytest.skip("there are no access lists here")


def there_and_back(path: Path) -> None:
    """Check that a file keeps what it is when it is written, and when that is undone."""
    before = (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode, access_list(path))
    for text, old in ((NEW, OLD), (OLD, NEW)):
        number = path.stat().st_ino
        files.write(File(str(path)), text, old)
        assert number != path.stat().st_ino  # else it was written in place, and that says nothing
        now = (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode, access_list(path))
        assert before == now


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o660, 0o664])
def test_a_default_access_list_of_the_folder_is_not_given_to_a_file_that_has_none(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "startup"
    path.write_text(OLD)
    path.chmod(mode)
    set_list("-d", "-m", "u:4321:rwx,g:4322:rwx", tmp_path)
    there_and_back(path)
    assert "4321" not in access_list(path)


def test_an_access_list_of_the_file_is_kept_whatever_the_folder_has(tmp_path: Path) -> None:
    path = tmp_path / "startup"
    path.write_text(OLD)
    set_list("-m", "u:4323:r", path)
    set_list("-d", "-m", "u:4321:rwx", tmp_path)
    there_and_back(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
@pytest.mark.parametrize("mode", [0o640, 0o660, 0o664])
def test_the_group_of_the_folder_is_not_given_to_the_file(tmp_path: Path, mode: int) -> None:
    """With the mode 0664 all of that group could write to it."""
    path = tmp_path / "startup"
    path.write_text(OLD)
    path.chmod(mode)
    os.chown(tmp_path, 0, 4322)
    tmp_path.chmod(0o2755)
    there_and_back(path)
    assert 4322 != path.stat().st_gid


def test_a_new_file_in_a_folder_with_a_default_access_list_is_for_nobody_else_to_write(
    tmp_path: Path,
) -> None:
    set_list("-d", "-m", "u:4321:rwx,g:4322:rwx,o::rwx", tmp_path)
    before = os.umask(0)
    try:
        files.write(File(f"{tmp_path}/startup"), NEW, None)
    finally:
        os.umask(before)
    mode = (tmp_path / "startup").stat().st_mode
    assert 0 == mode & (stat.S_IWGRP | stat.S_IWOTH)  # the former is the most that a list gives


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("chattr"), reason="chattr needs root")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_append_only_is_refused_or_written_in_place(tmp_path: Path, what: str) -> None:
    """What does not prove itself could not be taken back; and a temporary file could not be removed."""
    path = tmp_path / "startup"
    path.write_text(OLD)
    it = path if what == "file" else tmp_path
    if subprocess.run(["chattr", "+a", it], check=False, capture_output=True).returncode:
        pytest.skip("this file system has no such attribute")
    try:
        said = files.refusal(File(str(path)), 0)
        if what == "file":
            assert f"is append-only; run chattr -a {path}" == said
        else:
            assert said is None
            there = files.refusal(File(f"{tmp_path}/new"), 0)
            cure = f"run chattr -a {tmp_path}"
            assert f"cannot be made: {tmp_path} is append-only; {cure}" == there
            state = tmp_path.parent / f"{tmp_path.name}-state"
            files.write(File(str(path)), NEW, OLD, state_folder=str(state))
            assert (NEW, ["startup"]) == (path.read_text(), os.listdir(tmp_path))
            assert not state.exists()
    finally:
        subprocess.run(["chattr", "-a", it], check=True)
