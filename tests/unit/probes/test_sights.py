"""What stands on the file system: which programs hide which, and why none can run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.host import ways
from onpath.probes import sights

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("directories of Unix", allow_module_level=True)


@pytest.fixture
def tools(home: Path) -> Path:
    """Make the directory that is to be on PATH, with a command."""
    put_command(home / "tools", "one")
    return home / "tools"


def put_command(directory: Path, name: str) -> None:
    """Make a program in `directory`."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text("#!/bin/sh\n")
    (directory / name).chmod(0o755)


def test_only_what_could_run_hides_and_is_hidden(home: Path, tools: Path) -> None:
    put_command(home / "before", "one")
    path = (f"{home}/before", "", f"{home}/nothing", str(tools))
    assert (f"one is hidden by {home}/before/one",) == sights.shadows(path, str(tools))
    (home / "before" / "one").chmod(0o644)
    assert () == sights.shadows(path, str(tools))


def test_a_link_to_its_own_program_and_a_folder_of_its_name_hide_nothing(
    home: Path, tools: Path
) -> None:
    (home / "before").mkdir()
    path = (f"{home}/before", str(tools))
    (home / "before" / "one").symlink_to(tools / "one")
    assert () == sights.shadows(path, str(tools))
    (home / "before" / "one").unlink()
    (home / "before" / "one").mkdir()
    assert () == sights.shadows(path, str(tools))


def test_what_comes_after_the_directory_by_another_name_of_it_hides_nothing(
    home: Path, tools: Path
) -> None:
    put_command(home / "before", "one")
    (home / "name").symlink_to("tools")
    path = (f"{home}/name", f"{home}/before", str(tools))
    assert () == sights.shadows(path, str(tools))
    assert sights.shadows(path[1:], str(tools))


@pytest.mark.parametrize("number", [1, sights.MAX_LOOKS + 1])
def test_of_many_commands_the_hidden_ones_are_found_as_of_few(
    home: Path, tools: Path, number: int
) -> None:
    for each in range(number):
        put_command(tools, f"c{each}")
    put_command(home / "before", "c0")
    assert (f"c0 is hidden by {home}/before/c0",) == sights.shadows(
        (f"{home}/before", str(tools)), str(tools)
    )


def test_a_directory_that_is_not_there_is_told_with_what_makes_it(home: Path, tools: Path) -> None:
    assert "" == sights.unusable_reason(str(tools))
    reason = "the directory does not exist; make it: mkdir -p ~/nothing"
    assert reason == sights.unusable_reason(f"{home}/nothing")


def test_why_a_shell_was_not_started_is_told_where_it_is_seen(home: Path, tmp_path: Path) -> None:
    shell = tmp_path / "zsh"
    shell.write_text("#!/nowhere/sh -e\nls\n")
    told = f"was not started: {shell} is run by /nowhere/sh, which does not exist; install that"
    assert told == sights.unstarted_reason(str(shell), str(home))
    for text in ("#!/bin/sh\n", "", "\x7fELF"):
        shell.write_text(text)
        assert "" == sights.unstarted_reason(str(shell), str(home))
    assert "" == sights.unstarted_reason(str(tmp_path / "none"), str(home))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may search any folder")
def test_a_home_that_may_not_be_searched_starts_no_shell(home: Path) -> None:
    home.chmod(0o600)
    try:
        told = f"was not started: {home} may not be searched; run chmod u+x {ways.spelled(str(home))}"
        assert told == sights.unstarted_reason("/bin/sh", str(home))
    finally:
        home.chmod(0o700)
