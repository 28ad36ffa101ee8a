"""The runs that tests of faults disturb."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from faults import Scenario

if TYPE_CHECKING:
    from pathlib import Path

# Long enough that what is written in place takes more than the first bytes.
BASHRC = "alias ll='ls -l'\n" * 40
PROFILE = "umask 022\n" * 40
BOTH = {".bashrc": BASHRC, ".profile": PROFILE}
# What takes every entry off PATH again, before and after a block.
RESET = "PATH=/usr/bin:/bin\n"
HOPELESS = {".bashrc": f"{RESET}return 0\n", ".profile": f"{RESET}return 0\n"}


def link_both(home: Path) -> None:
    """Give both files a second name, so that they are written in place."""
    for name in BOTH:
        os.link(home / name, home / f"other{name}")


def take_no_file(home: Path) -> None:
    """Make a home in which no file can be made, though those that are there can be written."""
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/state").mkdir()
    home.chmod(0o555)


def with_tools(home: Path) -> None:
    """Make the scripts directory, in which the user has a program of nearly our names."""
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/bin/onpath-probe-of-mine").write_text("#!/bin/sh\n")
    for ending in ("my-notes", "01234567", "new-0123456789ab", "old-0123456789ab", "backup-01234567"):
        (home / f"..bashrc.onpath-{ending}").write_text("mine\n")
        (home / f".bashrc.onpath-{ending}").write_text("mine\n")
        (home / f".bashrc.onpath-{ending}").chmod(0o600)


SCENARIOS = (
    Scenario("look", words=("--check", "--shell", "bash"), files=BOTH, code=1),
    Scenario("first run", files=BOTH),
    Scenario("first run beside files with names like ours", files=BOTH, make=with_tools),
    Scenario("create only", words=("--shell", "bash", "--shell", "zsh")),
    Scenario(
        "create folders",
        words=("--shell", "fish"),
        without=(".config/fish/fish_variables", ".local/share/fish", ".cache/fish"),
    ),
    Scenario("roll back", files=HOPELESS, code=1),
    Scenario("in part", files={**BOTH, ".bashrc": HOPELESS[".bashrc"]}, code=3),
    Scenario("move to the end", files={".bashrc": BASHRC + RESET, ".profile": PROFILE}),
    Scenario("move after a later reset", files=BOTH, later={".bashrc": RESET}),
    Scenario("roll back after a later reset", files=BOTH, later=HOPELESS, code=1),
    Scenario("nothing to do", files=BOTH, later={}),
    Scenario("undo", words=("--undo",), files=BOTH, later={}),
    Scenario("undo after a change", words=("--undo",), files=BOTH, later={".bashrc": "true\n"}),
    Scenario("in place", files=BOTH, make=link_both),
    Scenario("undo in place", words=("--undo",), files=BOTH, make=link_both, later={}),
    Scenario("a folder that takes no file", files=BOTH, make=take_no_file, is_for_root=False),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
