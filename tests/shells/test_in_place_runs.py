"""Files that no new one can replace are served, no failure costs a byte; others stay out.

A kill at any call is one of the faults of tests/faults: its scenarios "in place".
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands import ensure_path
from judging import IS_ROOT, as_user, home_of, namespace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("files of Unix", allow_module_level=True)

TEXT = "".join(f"alias a{i}='echo {i}'\n" for i in range(400)) + "# without a last newline"
PLAIN_USER = 1234


@pytest.fixture(params=["root", "a plain user"])
def user(request: pytest.FixtureRequest) -> tuple[Path, tuple[str, ...]]:
    """Give a home with a `.bashrc` of two names, and the words that run a command as its user."""
    is_root = request.param == "root"
    words = () if is_root else tuple(as_user(PLAIN_USER))
    home = request.getfixturevalue("home_of_root" if is_root else "home_of_user")
    (home / ".bashrc").write_text(TEXT)
    os.link(home / ".bashrc", home / "dotfiles")
    if not is_root:
        shutil.chown(home / ".bashrc", PLAIN_USER, PLAIN_USER)
    return home, words


@pytest.fixture
def home_of_root() -> Iterator[Path]:
    """Make a home of whoever runs this."""
    with home_of(None) as home:
        yield home


@pytest.fixture
def home_of_user() -> Iterator[Path]:
    """Make a home of a plain user."""
    with home_of(PLAIN_USER) as home:
        yield home


def whole(home: Path) -> bool:
    """Say whether the file is the old one, under both its names, and nothing lies beside it."""
    assert (home / ".bashrc").samefile(home / "dotfiles")
    left = [name for _, _, names in os.walk(home) for name in names if "backup" in name]
    return (home / ".bashrc").read_text() == TEXT and not left


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_write_that_fails_and_cannot_be_put_back_is_told_and_the_next_undo_repairs_it(
    user: tuple[Path, tuple[str, ...]],
) -> None:
    """A disk that fails for good while the file is written."""
    home, words = user
    fails = ("strace", "-qq", "-o", "/dev/null", "-e", "inject=ftruncate:error=EIO:when=1+")
    run = ensure_path(home, "--shell", "bash", "--no-verify", within=(*words, *fails))
    assert 0 != run.code
    assert "its old text is in" in run.stderr, run
    assert "ensure-path --undo" in run.stderr
    ensure_path(home, "--undo", within=words)
    assert whole(home)


def test_a_file_that_is_mounted_is_served_in_place(home: Path) -> None:
    """As containers do with one file of the host: nothing can take its place."""
    words = namespace("--mount")
    source = home.parent / "source"
    source.write_text(TEXT)
    (home / ".bashrc").touch()
    mount = (*words, "sh", "-c", f"mount --bind '{source}' '{home}/.bashrc' && exec \"$@\"", "sh")
    run = ensure_path(home, "--shell", "bash", "--mode", "interactive", within=mount)
    assert 0 == run.code, run
    assert "--- onpath: " in source.read_text()
    run = ensure_path(home, "--undo", within=mount)
    assert 0 == run.code, run
    assert TEXT == source.read_text()
    assert {".bashrc", ".local"} >= set(os.listdir(home))


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
def test_a_file_of_a_group_that_the_user_has_left_is_served_in_place(home_of_user: Path) -> None:
    words = tuple(as_user(PLAIN_USER))
    file = home_of_user / ".bashrc"
    file.write_text(TEXT)
    shutil.chown(file, PLAIN_USER, 4321)
    file.chmod(0o640)
    before = file.stat()
    run = ensure_path(home_of_user, "--shell", "bash", "--mode", "interactive", within=words)
    assert 0 == run.code, run
    assert "--- onpath: " in file.read_text()
    assert 0 == ensure_path(home_of_user, "--undo", within=words).code
    after = file.stat()
    assert (TEXT, before.st_ino) == (file.read_text(), after.st_ino)
    assert (before.st_mode, before.st_gid) == (after.st_mode, after.st_gid)


@pytest.mark.skipif(not IS_ROOT, reason="only root can make folders of others")
@pytest.mark.parametrize(
    "setting",
    [
        "mkdir -m 777 open",
        "mkdir open; chgrp 4321 open; chmod 775 open",
        "mkdir open; setfacl -m u:4321:rwx open",
        "mkdir open; setfacl -m u:4321:rwx . 2>/dev/null; mkdir -p open/bin",
        "mkdir -p real/bin; mkdir -m 777 open; ln -s ../real/bin open/bin; chown -h 1234 open/bin",
    ],
)
def test_a_directory_into_which_others_can_put_programs_is_refused_before_it_is_made(
    home_of_user: Path, setting: str
) -> None:
    """And served once the command that was told has been run."""
    words = tuple(as_user(PLAIN_USER))
    tools = home_of_user / "tools"
    tools.mkdir()
    subprocess.run(["sh", "-c", f"umask 022; {setting}"], cwd=tools, check=True)
    subprocess.run(["chown", "-R", "-h", str(PLAIN_USER), tools], check=True)
    if "chgrp" in setting:
        shutil.chown(tools / "open", group=4321)
    (home_of_user / ".bashrc").touch()
    shutil.chown(home_of_user / ".bashrc", PLAIN_USER, PLAIN_USER)
    there = sorted(os.walk(home_of_user))
    shell = ("--shell", "bash", "--mode", "interactive")
    run = ensure_path(home_of_user, *shell, f"{tools}/open/bin", within=words)
    assert 1 == run.code, run
    assert "so others could put programs before yours; run " in run.stderr
    assert there == sorted(os.walk(home_of_user))
    command = run.stderr.partition("yours; run ")[2].partition(", or insist")[0]
    cure = ["env", f"HOME={home_of_user}", "sh", "-c", command]
    subprocess.run([*words, *cure], check=True)
    run = ensure_path(home_of_user, *shell, f"{tools}/open/bin", within=words)
    assert 0 == run.code, run


@pytest.mark.skipif(not IS_ROOT, reason="only root can make links of others")
def test_a_directory_by_a_link_of_somebody_else_is_refused(home_of_user: Path) -> None:
    words = tuple(as_user(PLAIN_USER))
    (home_of_user / "real").mkdir()
    shutil.chown(home_of_user / "real", PLAIN_USER)
    (home_of_user / "link").symlink_to("real")
    os.lchown(home_of_user / "link", 4321, 4321)
    run = ensure_path(home_of_user, "--shell", "bash", f"{home_of_user}/link/bin", within=words)
    assert 1 == run.code, run
    assert "/link belongs to another user, so others could put programs" in run.stderr
    assert ["link", "real"] == sorted(os.listdir(home_of_user))
