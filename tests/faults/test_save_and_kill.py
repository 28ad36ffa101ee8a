"""Somebody saves a file at the last moment, and the run is killed before it has seen that."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands import PATIENCE_S, TIMEOUT_S, changed, ensure_path, environment, snapshot
from scenarios import BASHRC, BOTH

if TYPE_CHECKING:
    from pathlib import Path

SAVE = "# saved by somebody else\n"
# Before the exchange (or the rename) that is meant somebody saves; after it the run is killed.
RUN = """
import os, pathlib, sys
from onpath.cli import main
from onpath.stores import folder, rename

file, way, has_exchange, *words = sys.argv[1:]
call = {"1": "exchange", "": "replace"}[has_exchange]
real = getattr(folder.Folder, call)

def made(self, one, other):
    if other != file:
        return real(self, one, other)
    path = pathlib.Path(self.whole(file))
    text = path.read_text() + "# saved by somebody else\\n"
    if way == "renamed":
        beside = path.with_name(file + ".swp")
        beside.write_text(text)
        beside.replace(path)
    else:
        with path.open("a") as opened:
            opened.write("# saved by somebody else\\n")
    real(self, one, other)
    os.kill(os.getpid(), 9)

if not has_exchange:
    rename.call = lambda *_: False
setattr(folder.Folder, call, made)
sys.exit(main(words))
"""
# What replaces a file without an exchange, between the last look and that call, is lost.
WAYS = [("renamed", "1"), ("appended", "1"), ("appended", "")]


@pytest.mark.parametrize(("way", "has_exchange"), WAYS)
@pytest.mark.parametrize("is_undone", [False, True], ids=["next run", "undo"])
@pytest.mark.parametrize("is_edited", [False, True], ids=["", "edited since"])
def test_the_save_is_there_after_the_next_run(
    home: Path, way: str, has_exchange: str, *, is_undone: bool, is_edited: bool
) -> None:
    """In its place; or, if the file was edited once more before that, beside it, which is told."""
    for name, text in BOTH.items():
        (home / name).write_text(text)
    before = snapshot(home)
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            RUN,
            ".bashrc",
            way,
            has_exchange,
            "--shell",
            "bash",
            "--timeout",
            PATIENCE_S,
        ],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert killed.returncode == -9, killed
    assert SAVE not in (home / ".bashrc").read_text()
    if is_edited:
        with (home / ".bashrc").open("a") as file:
            file.write("mine\n")
    done = ensure_path(home, "--undo") if is_undone else ensure_path(home, "--shell", "bash")
    assert 0 == done.code, done
    last = ensure_path(home, "--undo")
    assert 0 == last.code, last
    if not is_edited:
        assert BASHRC + SAVE == (home / ".bashrc").read_text()
        assert [".bashrc"] == list(changed(before, snapshot(home)))
        return
    assert f"{BASHRC}mine\n" == (home / ".bashrc").read_text()
    (kept,) = set(changed(before, snapshot(home))) - {".bashrc"}
    assert SAVE in (home / kept).read_text()
    assert kept in done.stdout + done.stderr
