"""What is told of the commands of a directory: whom they replace, and which of them cannot start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from onpath import listing

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("programs of Unix", allow_module_level=True)


def put(folder: Path, name: str, text: str = "") -> Path:
    """Make the program `name` in `folder`."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(text)
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("first", "gone"),
    [
        ("#!/usr/bin/env gone-9", "gone-9"),
        ("#! /usr/bin/env  gone-9", "gone-9"),
        ("#!/usr/bin/env -S gone-9 -u", "gone-9"),
        ("#!/usr/bin/env -Sgone-9 -u", "gone-9"),
        ("#!/usr/bin/env -S LANG=C gone-9", "gone-9"),
        ("#!/usr/bin/env python0.9", "python0.9"),
        ("#!/nowhere/python3", "/nowhere/python3"),
        ("#!/nowhere/env python3", "/nowhere/env"),
        ("#!/usr/bin/env /nowhere/gone", "/nowhere/gone"),
        ("#!/usr/bin/env sh", ""),
        ("#!/usr/bin/env -S sh -eu", ""),
        ("#!/usr/bin/env of-the-directory", ""),
        ("#!/usr/bin/env of-a-shell", ""),
        ("#!/usr/bin/env -S PATH=/opt/bin gone-9", ""),  # another PATH than the shells'
        ("#!/usr/bin/env -S -i gone-9", ""),
        ("#!/usr/bin/env -S ${HOME}/gone-9", ""),
        ("#!/usr/bin/env", ""),
        ("#!/bin/sh", ""),
        (
            "#!/bin/sh\n'''exec' \"/nowhere/my venv/python\" \"$0\" \"$@\"\n' '''",
            "/nowhere/my venv/python",
        ),
        ("#!/bin/sh\n'''exec' /nowhere/python \"$0\" \"$@\"", "/nowhere/python"),
        ('#!/bin/sh\n"exec" "/nowhere/python" "$0" "$@"', "/nowhere/python"),
        ('#!/bin/sh\n"exec" "$(dirname $0)/python" "$0" "$@"', ""),
        ("#!/bin/sh\nexec /nowhere/python", ""),  # it may come to something else
        ("#!gone-9", ""),
        ("\x7fELF", ""),
        ("", ""),
    ],
)
def test_a_command_whose_interpreter_is_gone_is_told(tmp_path: Path, first: str, gone: str) -> None:
    directory, other = tmp_path / "bin", tmp_path / "other"
    put(directory, "mine", f"{first}\nexit 0\n")
    put(directory, "of-the-directory", "#!/bin/sh\n")
    put(other, "of-a-shell", "#!/bin/sh\n")
    found = list(listing.notes(str(directory), ("/usr/bin", "/bin"), frozenset([str(other)])))
    told = [note for note in found if "cannot start" in note]
    expected = f"mine in {directory} cannot start, as {gone} is gone; install "
    assert [expected] * bool(gone) == [note[: len(expected)] for note in told]


def test_what_else_keeps_a_command_from_starting_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a", "#!/bin/sh\r\nls\r\n")
    (tmp_path / "b").symlink_to("/nowhere/venv/bin/b")
    put(tmp_path, "c", f"#!{tmp_path}/plain\n")
    (tmp_path / "plain").write_text("")
    put(tmp_path, "d", "#!/usr\n")
    assert [
        f"c in {tmp_path} cannot start, as {tmp_path}/plain may not be run; install plain, or it again",
        f"d in {tmp_path} cannot start, as /usr may not be run; install usr, or it again",
        (
            f"a in {tmp_path} cannot start, as the first line ends as on Windows; run sed -i 's/\\r$//' "
            f"{tmp_path}/a"
        ),
        f"b in {tmp_path} cannot start, as /nowhere/venv/bin/b is gone; install it again, or remove it",
    ] == [*listing.notes(str(tmp_path), ("/usr/bin",))]


def test_the_cure_is_of_the_interpreter_that_is_gone(tmp_path: Path) -> None:
    put(tmp_path, "a", "#!/usr/bin/env node-9\n")
    put(tmp_path, "b", "#!/usr/bin/env node-9\n")
    put(tmp_path, "c", "#!/usr/bin/env python0.9\n")
    cures = [note.partition("; ")[2] for note in listing.notes(str(tmp_path), ("/usr/bin",))]
    assert ["install node-9, or them again", "install it again with a Python that is there"] == cures
