"""Which version a shell is, by what it says of itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from onpath.model import Installed
from onpath.shells import TABLE, versions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.115.1\n", "0.115.1"),  # nu
        ("0.102.0-nightly.5+abc\n", "0.102.0"),
        ("0.19.2\n", "0.19.2"),  # elvish
        ("0.21.0+official\n", "0.21.0"),
        ("0.22.0-dev.0.20250101000000-abcdef123456\n", "0.22.0"),
        ("v0.18.0\n", "0.18.0"),
        ("Yet another shell, version 2.52\nCopyright (C) 2007-2021 magicant\n", "2.52"),
        ("Yet another shell, version 2.60\n", "2.60"),
        ("fish, version 3.6.0\n", "3.6.0"),
        ("xonsh/0.25.0\n", "0.25.0"),
        ("zsh 5.9 (x86_64-debian-linux-gnu)\n", "5.9"),
        ("PowerShell 7.4.1\n", "7.4.1"),
        ("tcsh 6.24.07 (Astron) 2022-12-28 (x86_64-unknown-linux)", "6.24.07"),
        ("", None),
        ("unknown option --version\n", None),
        ("no. 5\n", None),
        ("1..2\n", None),
        ("5\n", None),
    ],
)
def test_a_shell_says_its_version(text: str, version: str | None) -> None:
    assert version == versions.parse(text)


def make_shell(folder: Path, code: str) -> Installed:
    """Return a shell that runs `code` whatever it is asked."""
    program = folder / "shell"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    return Installed("nushell", str(program))


@pytest.mark.parametrize(
    ("said", "specifier", "matches"),
    [
        ("0.102.0", ">=0.102", True),
        ("0.101.0", ">=0.102", False),
        ("0.115.1", ">=0.102", True),
        ("0.19.2", "<0.20", True),
        ("0.21.0-dev.5", "<0.20", False),
        ("Yet another shell, version 2.60", ">=2.60", True),
        ("Yet another shell, version 2.52", ">=2.60", False),
        ("nothing of the kind", ">=0.102", True),
        ("nothing of the kind", "<0.20", False),
    ],
)
def test_a_version_is_compared_by_its_numbers(
    tmp_path: Path, said: str, specifier: str, matches: bool
) -> None:
    """One that is not told counts as the newest."""
    assert matches == versions.version_matches(make_shell(tmp_path, f"echo '{said}'"), specifier)


@pytest.mark.parametrize("code", ["exit 1", "kill -9 $$", "printf '\\377\\376'", "cat", "echo 0.1 >&2"])
def test_a_shell_that_tells_nothing_is_the_newest(tmp_path: Path, code: str) -> None:
    assert versions.version_matches(make_shell(tmp_path, code), ">=9000")


def test_a_shell_that_does_not_answer_is_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "TIMEOUT_S", 0.1)
    start = time.monotonic()
    assert versions.version_matches(make_shell(tmp_path, "exec sleep 30"), ">=9000")
    assert time.monotonic() - start < 5


def test_a_shell_that_is_not_there_is_the_newest() -> None:
    assert versions.version_matches(Installed("nushell", "/nowhere/nu"), ">=9000")


def test_every_specifier_of_the_table_is_one(tmp_path: Path) -> None:
    shell = make_shell(tmp_path, "echo 1.0")
    found = {s.versions for row in TABLE for startups in row.startup.values() for s in startups} - {""}
    assert found
    for specifier in found:
        assert versions.version_matches(shell, specifier) in {True, False}
