"""What is in the way of a file is named as what it is, with the command that helps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.host import folders, unix
from onpath.stores import files

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("owners of Unix", allow_module_level=True)

ADA = 4321
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")


@pytest.fixture
def of_ada(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of Ada's in which this process may write nothing, as she could not."""
    os.chown(home, ADA, ADA)
    for module in (folders, unix):
        monkeypatch.setattr(module, "user_name", {ADA: "ada", 0: "root"}.get)
    monkeypatch.setattr(os, "access", lambda path, _: os.stat(path).st_uid == ADA)
    return home


@needs_root
@pytest.mark.parametrize(
    ("made", "folder", "blocked", "cure"),
    [
        (".config", ".config/fish/conf.d", ".config", "sudo chown -R ada ~/.config"),
        (".config/fish", ".config/fish/conf.d", ".config/fish", "sudo chown -R ada ~/.config"),
        (".local/share", ".local/share", ".local/share", "sudo chown -R ada ~/.local"),
        ("my files/x", "my files/x/y", "my files/x", "sudo chown -R ada ~/'my files'"),
    ],
)
def test_roots_folders_in_a_home_of_the_users_are_given_back_from_the_outermost_on(
    of_ada: Path, made: str, folder: str, blocked: str, cure: str
) -> None:
    (of_ada / made).mkdir(parents=True)
    expected = (f"{of_ada}/{blocked} belongs to root", f"run {cure}")
    assert expected == folders.hindrance(f"{of_ada}/{folder}", ADA)


@needs_root
def test_only_what_is_roots_is_given_back(of_ada: Path) -> None:
    (of_ada / ".config" / "fish").mkdir(parents=True)
    os.chown(of_ada / ".config", ADA, ADA)
    (of_ada / ".bashrc").touch()
    assert "sudo chown -R ada ~/.config/fish" == folders.ownership_cure(f"{of_ada}/.config/fish", ADA)
    assert "sudo chown ada ~/.bashrc" == folders.ownership_cure(f"{of_ada}/.bashrc", ADA)
    assert "" == folders.ownership_cure(f"{of_ada}/.config", ADA)


@needs_root
def test_what_is_not_in_a_folder_of_the_users_is_not_theirs_to_take(
    of_ada: Path, tmp_path: Path
) -> None:
    (tmp_path / "opt").mkdir()
    assert (f"{tmp_path}/opt belongs to root", folders.ASK_OWNER) == folders.hindrance(
        f"{tmp_path}/opt/x", ADA
    )
    assert folders.hindrance(f"{of_ada}/a/b", ADA) is None


def test_what_is_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("disk/x")
    (tmp_path / "loop").symlink_to("loop")
    dangling = f"{tmp_path}/link is a dangling link to {tmp_path}/disk/x"
    assert folders.hindrance(f"{tmp_path}/a/b", os.geteuid()) is None
    told = {
        "file": ("is not a directory", "move it away"),
        "loop": ("is a link that leads back to itself", "have it lead to a directory"),
    }
    for name, (fact, cure) in told.items():
        expected = f"{tmp_path}/{name} {fact}", cure
        assert expected == folders.hindrance(f"{tmp_path}/{name}/a", 0)
    assert (dangling, "mount or create that") == folders.hindrance(f"{tmp_path}/link/a/b", 0)


def test_the_command_that_closes_folders_works_when_pasted(home: Path) -> None:
    names = ("a", "a b", "it's")
    for name in names:
        (home / name).mkdir()
        (home / name).chmod(0o777)
    command = folders.mode_cure(tuple(f"{home}/{name}" for name in names), os.geteuid())
    assert command.startswith("chmod go-w ~/a ")
    subprocess.run(
        ["/bin/sh", "-c", command], check=True, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}
    )
    assert {0o755} == {(home / name).stat().st_mode & 0o777 for name in names}


def test_folders_of_others_need_sudo(home: Path) -> None:
    command = folders.mode_cure((str(home),), home.stat().st_uid + 1)
    assert command.startswith("sudo chmod go-w ")


@pytest.mark.parametrize(
    ("mode", "file", "folder"),
    [(0o000, "rw", "wx"), (0o444, "w", "wx"), (0o555, "w", "w"), (0o040, "rw", "wx"), (0o200, "r", "x")],
)
def test_the_cure_gives_all_rights_that_lack_in_one_command(
    tmp_path: Path, mode: int, file: str, folder: str
) -> None:
    """Else the next run names the next one."""
    (tmp_path / "file").touch(mode)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder").chmod(mode)
    (tmp_path / "file").chmod(mode)
    for name, rights in (("file", file), ("folder", folder)):
        path = f"{tmp_path}/{name}"
        assert f"run chmod u+{rights} {path}" == folders.write_cure(path, os.geteuid())
    (tmp_path / "folder").chmod(0o755)


def test_a_file_without_any_right_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rc"
    file.touch(0o000)
    uid = os.geteuid() or ADA
    os.chown(file, uid, -1)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read it all the same
    cure = f"run chmod u+rw {file}"
    assert cure == folders.read_cure(str(file))
    reason = files._write_refusal(str(file), file.stat(), uid)  # noqa: SLF001
    assert f"may be neither read nor written; {cure}" == reason


def test_what_root_alone_may_read_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not own it cannot change its mode."""
    if not hasattr(os, "geteuid"):
        pytest.skip("files have no such owner here")
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(folders, "ownership_cure", lambda path, uid: f"sudo chown {uid} {path}")
    assert f"run sudo chown 4321 {file}" == folders.read_cure(str(file))
    monkeypatch.setattr(folders, "ownership_cure", lambda *_: "")
    assert "ask its owner to let you read it" == folders.read_cure(str(file))


@pytest.mark.skipif(not shutil.which("chattr"), reason="chattr is not installed")
def test_a_flag_that_only_root_takes_away_is_named(tmp_path: Path) -> None:
    if subprocess.run(["chattr", "+i", tmp_path], check=False, capture_output=True).returncode:
        pytest.skip("only root may set it, where the file system has it")
    try:
        assert f"run sudo chattr -i {tmp_path}" == folders.write_cure(str(tmp_path), 1000)
        assert f"run chattr -i {tmp_path}" == folders.write_cure(str(tmp_path), 0)
    finally:
        subprocess.run(["chattr", "-i", tmp_path], check=True)
